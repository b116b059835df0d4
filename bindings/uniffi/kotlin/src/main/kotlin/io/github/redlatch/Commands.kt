package io.github.redlatch

import java.time.Duration

// Only what nearly every program uses: all other commands are `call`.

/** The text of a key; null if there is none. */
public fun Redlatch.get(key: String): String? = call("GET", key).text()

/** The bytes of a key; null if there is none. */
public fun Redlatch.getBytes(key: String): ByteArray? = call("GET", key).bytes()

/** Sets a key to text, bytes or a number, for a time if [ttl] says so. */
public fun Redlatch.set(key: String, value: Any, ttl: Duration? = null) {
    if (ttl == null) call("SET", key, value) else call("SET", key, value, "PX", ttl.toMillis())
}

/** Removes keys; how many there were. */
public fun Redlatch.delete(vararg keys: String): Long = call("DEL", *keys).long()

/** Adds to the number of a key; what it is now. */
public fun Redlatch.increment(key: String, by: Long = 1): Long = call("INCRBY", key, by).long()

/** Publishes text or bytes; how many heard it. */
public fun Redlatch.publish(channel: String, message: Any): Long =
    call("PUBLISH", channel, message).long()

/** Asks the server for a sign of life. */
public fun Redlatch.ping(): String? = call("PING").text()

/** What a CA bundle holds, in any text form. Fails with the family `trust`. */
public fun readBundle(data: ByteArray): Bundle = attempt { nativeReadBundle(data) }

/**
 * Finds out step by step why the server of these settings cannot be reached, or that it can. With
 * [fromEnv] the environment counts, too; with [readOnly] a server that takes no writes will do.
 */
public fun doctor(
    fromEnv: Boolean = false,
    readOnly: Boolean = false,
    configure: Options.() -> Unit = {},
): Report = Options().apply(configure).examine(fromEnv, readOnly)

/** Metrics of several clients, in Prometheus's text format. */
public fun metrics(clients: Iterable<Redlatch>): String = nativeMetrics(clients.map { it.native })
