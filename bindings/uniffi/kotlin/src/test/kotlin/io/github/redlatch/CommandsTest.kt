package io.github.redlatch

import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.assertThrows
import java.time.Duration
import kotlin.concurrent.thread

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandsTest {
    private val lab = Lab()
    private val redis = lab.open()

    @AfterAll
    fun end() {
        redis.close()
        lab.close()
    }

    @Test
    fun `commands that nearly every program uses`() {
        redis.set("greeting", "hällo")
        assertEquals("hällo", redis.get("greeting"))
        assertNull(redis.get("nothing"))
        redis.set("short", 1, ttl = Duration.ofMinutes(1))
        assertTrue(redis.call("PTTL", "short").long() in 1..60_000)
        assertEquals(42, redis.increment("short", by = 41))
        assertEquals(2, redis.delete("short", "greeting", "nothing"))
        assertEquals("PONG", redis.ping())
    }

    @Test
    fun `keys and values are any bytes, of any size`() {
        val key = byteArrayOf(0, 13, 10, -1)
        val value = ByteArray(9_000_000) { (it * 31).toByte() }
        redis.call("SET", key, value)
        assertArrayEquals(value, redis.call("GET", key).bytes())
        redis.call("SET", "empty", "")
        assertArrayEquals(byteArrayOf(), redis.getBytes("empty"))
    }

    @Test
    fun `replies of every shape`() {
        val script = "redis.setresp(3) redis.call('ZADD', 'z', 1.5, 'm') return {7, 2.5, true, {set = {a = true}}, " +
            "{map = {k = 'v'}}, {double = 0.25}, {big_number = '123'}, false, redis.status_reply('FINE'), " +
            "redis.error_reply('OOPS x'), {verbatim_string = {format = 'txt', string = 'words'}}}"
        val shapes = redis.call("EVAL", script, 0).list()
        assertEquals(
            "Integer Integer Bool Set Map Double BigNumber Bool Simple Error Verbatim",
            shapes.joinToString(" ") { it.javaClass.simpleName },
        )
        assertEquals(listOf("a"), shapes[3].list().map { it.text() })
        assertEquals("v", shapes[4].map()["k"]?.text())
        assertEquals(0.25, shapes[5].double())
        assertEquals("123", shapes[6].text())
        assertEquals("FINE", shapes[8].text())
        assertEquals("server.error", (shapes[9] as Value.Error).failure.code)
        assertEquals(Value.Verbatim::class, shapes[10]::class)
        assertEquals("words", shapes[10].text())
        redis.call("RPUSH", "list", "a", "b")
        assertEquals(listOf("a", "b"), redis.call("LRANGE", "list", 0, -1).list().map { it.text() })
    }

    @Test
    fun `a pipeline is one flight, and an error one of its values`() {
        val values = redis.pipeline {
            call("SET", "n", 1)
            call("LPUSH", "n", "x")
            call("INCR", "n")
        }
        assertEquals("OK", values[0].text())
        assertEquals("server.wrong_type", (values[1] as Value.Error).failure.code)
        assertEquals(2, values[2].long())
        assertEquals(emptyList<Value>(), redis.pipeline { })
    }

    @Test
    fun `a transaction is all or nothing`() {
        val values = redis.transaction {
            call("SET", "t", 5)
            call("INCR", "t")
        }
        assertEquals(6, values[1].long())
        val refused = assertThrows<RedlatchException.Server> {
            redis.transaction { call("SET", "t", 9); call("INCR") }
        }
        assertEquals("server.exec_abort", refused.code)
        assertEquals("6", redis.get("t"))
    }

    @Test
    fun `a held connection watches`() {
        redis.hold().use { held ->
            held.call("WATCH", "w")
            redis.set("w", "changed by somebody else")
            val lost = assertThrows<RedlatchException.Client> { held.transaction { call("SET", "w", "mine") } }
            assertEquals("client.watch_changed", lost.code)
            held.call("WATCH", "w")
            assertEquals("OK", held.transaction { call("SET", "w", "mine") }.single().text())
        }
        assertEquals("mine", redis.get("w"))
        val held = redis.hold().apply { close() }
        assertEquals("client.closed", assertThrows<RedlatchException.Client> { held.call("PING") }.code)
    }

    @Test
    fun `a call ends in time`() {
        val late = assertThrows<RedlatchException.Client> {
            redis.call("BLPOP", "nothing", 30, timeout = Duration.ofMillis(100))
        }
        assertEquals("client.timeout", late.code)
        assertTrue(late.maybeExecuted)
        assertEquals(Value.Nil, redis.call("BLPOP", "nothing", 0.1, timeout = Duration.ZERO))
    }

    @Test
    fun `closing from another thread ends calls under way`() {
        val other = lab.open()
        var failed: RedlatchException? = null
        val waits = thread {
            failed = assertThrows<RedlatchException.Client> {
                other.call("BLPOP", "never", 0, timeout = Duration.ZERO)
            }
        }
        while ("blocked_clients:1" !in redis.call("INFO", "clients").text()!!) Thread.onSpinWait()
        other.close()
        waits.join()
        assertEquals("client.closed", failed?.code)
        assertEquals("client.closed", assertThrows<RedlatchException.Client> { other.ping() }.code)
        assertEquals("closed", other.status().state)
        other.close()
    }

    @Test
    fun `what an argument cannot be is told at once`() {
        assertThrows<IllegalArgumentException> { redis.call("SET", "key", listOf("no")) }
        assertThrows<IllegalArgumentException> { Redlatch.open { set("ca_file", Any()) } }
    }

    @Test
    fun `the settings in force are told`() {
        val settings = redis.config()
        assertEquals(lab.port.toLong(), settings["port"])
        assertEquals("127.0.0.1:${lab.port}", settings["address"])
        assertEquals(20.0, settings["timeout"])
    }
}
