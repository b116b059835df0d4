package io.github.redlatch

import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.assertThrows
import java.net.ServerSocket
import java.time.Duration

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailuresTest {
    private val lab = Lab()
    private val stranger = Lab()

    @AfterAll
    fun end() {
        lab.close()
        stranger.close()
    }

    @Test
    fun `a CA that did not issue the certificate is refused, with what to do`() {
        lab.open { set("ca_file", stranger.caFile.toPath()) }.use { redis ->
            val failed = assertThrows<RedlatchException.Tls> { redis.get("key") }
            assertEquals("tls.untrusted", failed.code)
            assertEquals(501, failed.number)
            assertEquals("tls", failed.family)
            assertEquals(Retry.AFTER_ROTATION, failed.retry)
            assertTrue(failed.remedy.startsWith("Add the issuing CA"), failed.remedy)
            assertTrue(failed.evidence.isNotEmpty())
            assertFalse(failed.maybeExecuted)
            assertEquals(failed.failure.toString(), failed.message)
            assertTrue(failed.message!!.startsWith("tls.untrusted: "), failed.message)
            assertEquals("failing", redis.status().state)
            assertEquals("tls.untrusted", redis.health(Duration.ofSeconds(5)).code)
        }
    }

    @Test
    fun `a wrong password is refused, and never told`() {
        lab.open { set("password_file", null); set("password", "hunter2") }.use { redis ->
            val failed = assertThrows<RedlatchException.Auth> { redis.get("key") }
            assertEquals("auth.rejected", failed.code)
            val texts = listOf(
                failed.toString(), failed.failure, redis, redis.status(), redis.events(), redis.config(),
                redis.health(), redis.metrics(), Setting.Text("hunter2"), Credentials("app", "hunter2"),
                Material.Credentials(Credentials(null, "hunter2")), redis.subscriber(), redis.hold(),
            )
            texts.forEach { assertFalse("hunter2" in it.toString(), it.toString()) }
            assertEquals("***", redis.config()["password"])
        }
    }

    @Test
    fun `each family has a class`() {
        val nobody = ServerSocket(0).use { it.localPort }
        Redlatch.open("redis://127.0.0.1:$nobody?timeout=100ms").use { redis ->
            val failed = assertThrows<RedlatchException.Net> { redis.ping() }
            assertEquals("net.refused", failed.code)
            assertEquals(Retry.BACKOFF, failed.retry)
        }
        lab.open().use { redis ->
            redis.set("text", "x")
            val failed = assertThrows<RedlatchException.Server> { redis.call("LPUSH", "text", "x") }
            assertEquals("server.wrong_type", failed.code)
            assertTrue(failed.failure.detail.startsWith("WRONGTYPE"))
            for (command in listOf("SELECT 1", "WATCH key", "SUBSCRIBE news", "MULTI")) {
                val misuse = assertThrows<RedlatchException.Client> { redis.call(*command.split(" ").toTypedArray()) }
                assertEquals("client.misuse", misuse.code, command)
            }
            val nameless = assertThrows<RedlatchException.Client> { redis.call() }
            assertEquals("client.misuse", nameless.code)
        }
        val unknown = assertThrows<RedlatchException.Config> { Redlatch.open { set("hots", "x") } }
        assertEquals("config.unknown", unknown.code)
        val bundle = assertThrows<RedlatchException.Trust> { readBundle("no certificate".toByteArray()) }
        assertEquals("trust.empty", bundle.code)
        val families = RedlatchException.codes().map { it.family }.distinct()
        val classes = RedlatchException::class.java.declaredClasses.map { it.simpleName.lowercase() }
        assertEquals(families.toSet(), classes.toSet() - "companion")
    }

    @Test
    fun `the doctor finds what is wrong`() {
        val settings: Options.() -> Unit = {
            set("host", "127.0.0.1")
            set("port", lab.port)
            set("ca_file", lab.caFile.toPath())
            set("password", lab.password)
        }
        val well = doctor(configure = settings)
        assertTrue(well.ok, well.toString())
        assertEquals("latency", well.stages.last().stage)
        val ill = doctor { settings(); set("ca_file", stranger.caFile.toPath()) }
        assertEquals(listOf("chain", "tls.untrusted"), listOf(ill.stage, ill.code))
        assertTrue(ill.remedy!!.isNotEmpty())
        assertTrue(ill.evidence.any { it.name == "sha256" || "sha256" in it.value }, ill.evidence.toString())
        val provided = doctor { settings(); set("password", null); credentials { Credentials(null, lab.password) } }
        assertTrue(provided.ok, provided.toString())
        assertEquals("config.unknown", doctor { set("hots", 1) }.code)
        assertFalse(lab.password in listOf(well, ill, provided).toString())
    }

    @Test
    fun `health follows the server`() {
        lab.open().use { redis ->
            val well = redis.health()
            assertTrue(well.ok && well.live && well.alive == true, well.toString())
            assertEquals("primary", well.role)
            redis.call("REPLICAOF", "127.0.0.1", 1)
            assertEquals("server.readonly", redis.health().code)
            assertEquals("replica", redis.health(readOnly = true).role)
            redis.call("REPLICAOF", "NO", "ONE")
            assertTrue("redlatch_up{client=\"127.0.0.1:${lab.port}\"} 1\n" in redis.metrics())
            val both = metrics(listOf(redis, Redlatch.open("redis://localhost?client_name=other")))
            assertTrue("redlatch_commands_total{client=\"other\"} 0\n" in both, both)
        }
    }
}
