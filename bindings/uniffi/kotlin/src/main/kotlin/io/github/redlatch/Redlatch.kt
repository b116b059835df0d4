package io.github.redlatch

import java.io.Closeable
import java.time.Duration
import kotlin.concurrent.thread

/**
 * A client of one Redis or Valkey server that any number of threads share.
 *
 * Trusted CAs, the client's certificate and the password may be replaced while commands run: no
 * restart, no failed command. Nothing is read and nothing is connected before the first call.
 *
 * ```
 * Redlatch.open("rediss://10.0.0.3:6378?ca_file=/etc/redis-tls/ca.pem").use { redis ->
 *     redis.set("greeting", "hello")
 *     println(redis.get("greeting"))
 * }
 * ```
 *
 * Arguments of commands are texts, byte arrays and numbers. A timeout of `null` means the setting
 * `timeout`, zero no limit. Failures are [RedlatchException]s.
 */
public class Redlatch private constructor(internal val native: Client) : Closeable {
    /** Runs one command. An error of the server is thrown. */
    @JvmOverloads
    public fun call(vararg args: Any, timeout: Duration? = null): Value =
        attempt { native.call(args.map(::bytesOf), timeout) }

    /** Runs commands in one flight; an error of the server is among the values. */
    public fun pipeline(timeout: Duration? = null, build: Batch.() -> Unit): List<Value> {
        val commands = Batch().apply(build).commands
        return attempt { native.pipeline(commands, timeout) }
    }

    /**
     * Runs commands as one transaction, between `MULTI` and `EXEC`: what `EXEC` gave. An error of the
     * server is among the values.
     */
    public fun transaction(timeout: Duration? = null, build: Batch.() -> Unit): List<Value> {
        val commands = Batch().apply(build).commands
        return attempt { native.transaction(commands, timeout) }
    }

    /** Keeps a connection to one caller, for `WATCH` and what follows it; give it back by closing. */
    public fun hold(): Held = Held(attempt { native.hold() })

    /** Subscriptions, on a connection of their own. */
    public fun subscriber(): Subscriber = Subscriber(attempt { native.subscriber() })

    /** The connection used last, of those that no call is using, and the counters of all. */
    public fun status(): Status = attempt { native.status() }

    /**
     * The settings in force by their names, durations in seconds, secrets `***`; and `address`,
     * `warnings`, `dangers`. What is not set is left out.
     */
    public fun config(): Map<String, Any> = native.config().mapValues { (_, value) -> plain(value) }

    /**
     * How the client is: asks the server and waits no longer than [limit], 900 ms unless it is given.
     * With [readOnly] a replica that takes no writes is ready, too.
     */
    @JvmOverloads
    public fun health(limit: Duration? = null, readOnly: Boolean = false): Health =
        attempt { native.health(limit, readOnly) }

    /** The client's metrics, in Prometheus's text format. */
    public fun metrics(): String = native.metrics()

    /** What happened since the last time, oldest first. The latest 1024 are kept. */
    public fun events(): List<Event> = native.events()

    /**
     * The next event; null if none came in time, or the client was closed. While a thread waits here,
     * idle connections are looked after.
     */
    @JvmOverloads
    public fun nextEvent(timeout: Duration? = null): Event? = native.nextEvent(timeout)

    /** Tells each event to [heard], on a daemon thread that ends when the client is closed. */
    public fun onEvent(heard: (Event) -> Unit): Thread =
        thread(isDaemon = true, name = "redlatch-events") {
            generateSequence { native.nextEvent(null) }.forEach(heard)
        }

    /** Looks at all watched files now, and asks providers again. */
    public fun reload(): Unit = attempt { native.reload() }

    /**
     * Hands material in, in place of what its source gave. If it cannot be used, what was good stays.
     */
    public fun supply(material: Material): Unit = attempt { native.supply(material) }

    /**
     * Ends calls under way and subscriptions with `client.closed`, and says goodbye to the server.
     * Calls after it fail with `client.closed`; closing again does nothing.
     */
    override fun close(): Unit = native.shutDown()

    override fun toString(): String = "Redlatch(${native.config()["address"].let { plain(it) }})"

    public companion object {
        /**
         * A client of the server at a `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`
         * URL; other settings may follow as its query, or in [configure].
         */
        @JvmStatic
        @JvmOverloads
        public fun open(url: String, configure: Options.() -> Unit = {}): Redlatch =
            open { set("url", url); configure() }

        /** A client of settings. */
        @JvmStatic
        public fun open(configure: Options.() -> Unit): Redlatch =
            Options().apply(configure).open(fromEnv = false)

        /**
         * A client of what `REDIS_URL`, or `REDIS_HOST` and its siblings, say; [configure] wins over
         * them.
         */
        @JvmStatic
        @JvmOverloads
        public fun fromEnv(configure: Options.() -> Unit = {}): Redlatch =
            Options().apply(configure).open(fromEnv = true)

        internal fun of(native: Client): Redlatch = Redlatch(native)
    }
}

/** Commands that leave together. */
public class Batch internal constructor() {
    internal val commands = mutableListOf<List<ByteArray>>()

    /** Adds a command. */
    public fun call(vararg args: Any) {
        commands += args.map(::bytesOf)
    }
}

/** An argument of a command as bytes. */
internal fun bytesOf(argument: Any): ByteArray = when (argument) {
    is ByteArray -> argument
    is String, is Number -> argument.toString().toByteArray()
    else -> throw IllegalArgumentException(
        "an argument is text, bytes or a number, not ${argument.javaClass.name}",
    )
}
