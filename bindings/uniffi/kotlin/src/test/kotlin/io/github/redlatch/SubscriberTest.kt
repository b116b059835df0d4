package io.github.redlatch

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.assertThrows
import java.time.Duration
import kotlin.concurrent.thread

@Timeout(60)
class SubscriberTest {
    @Test
    fun `messages are heard, whatever becomes of the connection`() = inLab { lab ->
        lab.open().use { redis ->
            val subscriber = redis.subscriber()
            subscriber.subscribe("news", "more")
            assertNull(subscriber.next(Duration.ofMillis(10)))
            assertEquals(1, redis.publish("news", byteArrayOf(0, -1)))
            val message = subscriber.next()!!
            assertArrayEquals(byteArrayOf(0, -1), message.payload)
            assertEquals("news", message.channel.decodeToString())
            assertFalse("-1" in message.toString(), message.toString())

            lab.verb("disconnect")
            val busy = thread { while (redis.publish("news", "again") == 0L) Thread.onSpinWait() }
            assertEquals("again", subscriber.next()!!.text)
            busy.join()
            redis.event { it.kind == "gap" }

            subscriber.psubscribe("ne*")
            subscriber.unsubscribe()
            redis.publish("news", "by pattern")
            val matched = subscriber.messages().first { it.kind == "pmessage" }
            assertEquals("ne*", matched.pattern?.decodeToString())
            subscriber.punsubscribe()
            assertEquals(0, redis.publish("news", "to nobody"))
        }
    }

    @Test
    fun `closing ends who listens`() = inLab { lab ->
        val redis = lab.open()
        val subscribers = List(2) { redis.subscriber().apply { subscribe("news") } }
        val heard = mutableListOf<String>()
        val listeners = subscribers.map { subscriber ->
            thread { subscriber.messages().forEach { synchronized(heard) { heard += it.text } } }
        }
        assertEquals(2, redis.publish("news", "one"))
        while (synchronized(heard) { heard.size } < 2) Thread.onSpinWait()
        subscribers[0].close()
        listeners[0].join()
        redis.close()
        listeners[1].join()
        assertEquals(listOf("one", "one"), heard)
        assertEquals("client.closed", assertThrows<RedlatchException.Client> { subscribers[0].next() }.code)
        assertEquals("client.closed", assertThrows<RedlatchException.Client> { redis.subscriber() }.code)
    }
}
