package io.github.redlatch

import java.io.Closeable
import java.time.Duration

/**
 * Subscriptions and what is heard by them, through rotations and lost connections. One thread may wait
 * for messages while others subscribe. A connection that was lost is an event `gap` of the client:
 * messages may have been lost, too.
 *
 * ```
 * redis.subscriber().use { subscriber ->
 *     subscriber.subscribe("news")
 *     subscriber.messages().forEach { println(it.text) }
 * }
 * ```
 */
public class Subscriber internal constructor(private val native: NativeSubscriber) : Closeable {
    /** Hears what is published to channels. Done once the server has confirmed it. */
    public fun subscribe(vararg channels: String): Unit =
        attempt { native.subscribe(channels.map(::bytesOf)) }

    /** Hears no more of channels; of none if none is given. */
    public fun unsubscribe(vararg channels: String): Unit =
        attempt { native.unsubscribe(channels.map(::bytesOf)) }

    /** Hears what is published to channels that match patterns. */
    public fun psubscribe(vararg patterns: String): Unit =
        attempt { native.psubscribe(patterns.map(::bytesOf)) }

    /** Hears no more of patterns; of none if none is given. */
    public fun punsubscribe(vararg patterns: String): Unit =
        attempt { native.punsubscribe(patterns.map(::bytesOf)) }

    /** Hears what is published to shard channels. */
    public fun ssubscribe(vararg channels: String): Unit =
        attempt { native.ssubscribe(channels.map(::bytesOf)) }

    /** Hears no more of shard channels; of none if none is given. */
    public fun sunsubscribe(vararg channels: String): Unit =
        attempt { native.sunsubscribe(channels.map(::bytesOf)) }

    /** The next message; null if none came in time. No timeout means no limit. */
    @JvmOverloads
    public fun next(timeout: Duration? = null): Message? = attempt { native.nextMessage(timeout) }

    /** Messages until this or the client is closed. */
    public fun messages(): Sequence<Message> = generateSequence {
        try {
            next()
        } catch (closed: RedlatchException.Client) {
            if (closed.code == "client.closed") null else throw closed
        }
    }

    /** Ends it: who waits for a message gets `client.closed`. */
    override fun close(): Unit = native.shutDown()
}

/** What was published, as text. */
public val Message.text: String get() = payload.decodeToString()
