package io.github.redlatch

import java.io.Closeable
import java.time.Duration

/**
 * A connection that one caller keeps to themselves until it is closed, for `WATCH` and what follows
 * it. Calls of several threads take turns.
 *
 * ```
 * redis.hold().use { held ->
 *     held.call("WATCH", "stock")
 *     val left = held.call("GET", "stock").long()
 *     held.transaction { call("SET", "stock", left - 1) }
 * }
 * ```
 */
public class Held internal constructor(private val native: NativeHeld) : Closeable {
    /** Runs one command, which may be `WATCH`. An error of the server is thrown. */
    @JvmOverloads
    public fun call(vararg args: Any, timeout: Duration? = null): Value =
        attempt { native.call(args.map(::bytesOf), timeout) }

    /** Runs commands in one flight; an error of the server is among the values. */
    public fun pipeline(timeout: Duration? = null, build: Batch.() -> Unit): List<Value> {
        val commands = Batch().apply(build).commands
        return attempt { native.pipeline(commands, timeout) }
    }

    /**
     * Runs commands as one transaction. `client.watch_changed` if somebody else changed a watched key:
     * read it again and repeat.
     */
    public fun transaction(timeout: Duration? = null, build: Batch.() -> Unit): List<Value> {
        val commands = Batch().apply(build).commands
        return attempt { native.transaction(commands, timeout) }
    }

    /** Gives the connection back; what is still watched is not any more. */
    override fun close(): Unit = native.release()
}
