package io.github.redlatch

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.assertThrows
import java.time.Duration
import java.time.Instant
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

@Timeout(60)
class RotationTest {
    @Test
    fun `no command fails while CA, certificate and password rotate`() = inLab { lab ->
        lab.open { set("distrust_grace", "1s") }.use { redis ->
            val rounds = AtomicInteger()
            val failures = mutableListOf<Throwable>()
            var busy = true
            val threads = List(4) { number ->
                thread {
                    try {
                        while (busy) {
                            val value = "round ${rounds.incrementAndGet()}"
                            redis.set("key $number", value)
                            check(redis.get("key $number") == value)
                        }
                    } catch (failed: Throwable) {
                        synchronized(failures) { failures += failed }
                    }
                }
            }
            fun generation(material: String, number: Int) = redis.event {
                it.kind == "rotation" && it.fields["material"] == material && it.fields["generation"] == "$number"
            }
            lab.verb("rotate-password")
            generation("credentials", 2)
            lab.verb("add-ca")
            generation("trust", 2)
            lab.verb("switch-leaf")
            lab.verb("drop-ca")
            generation("trust", 3)
            redis.event { it.kind == "replaced" }
            val before = rounds.get()
            while (rounds.get() < before + 100 && threads.all { it.isAlive }) Thread.onSpinWait()
            busy = false
            threads.forEach { it.join() }
            assertEquals(emptyList<Throwable>(), failures)
            val status = redis.status()
            assertEquals(0, status.counters.failures)
            assertEquals(3, status.trust!!.generation)
            val anchor = status.trust!!.certificates.single()
            // Until the connection that is used has followed, too.
            fun verifier() = redis.status().sessions.singleOrNull { it.active }?.anchorSha256
            while (verifier() != anchor.sha256) redis.ping()
            assertTrue(anchor.daysLeft > 0)
            assertEquals(readBundle(lab.caFile.readBytes()).certificates.single().sha256, anchor.sha256)
        }
    }

    @Test
    fun `a refused bundle leaves what was good, and is told`() = inLab { lab ->
        lab.open().use { redis ->
            redis.ping()
            lab.verb("empty")
            val rejected = redis.event { it.kind == "rejected" }
            assertEquals("trust.empty", rejected.fields["code"])
            redis.ping()
            assertEquals("trust.empty", redis.status().trust!!.refused)
            lab.verb("repair")
            redis.reload()
            redis.call("PING")
        }
    }

    @Test
    fun `events come to who wants them until the end`() = inLab { lab ->
        val redis = lab.open()
        val heard = mutableListOf<String>()
        val listener = redis.onEvent { synchronized(heard) { heard += it.kind } }
        redis.ping()
        redis.close()
        listener.join()
        assertTrue("connected" in heard, heard.toString())
        assertNull(redis.nextEvent())
    }

    @Test
    fun `a provider is asked, and asked again when it is refused`() = inLab { lab ->
        val asked = AtomicInteger()
        lab.open {
            set("password_file", null)
            credentials {
                asked.incrementAndGet()
                Credentials(null, lab.password, Instant.now().plusSeconds(3600))
            }
        }.use { redis ->
            List(4) { thread { redis.ping() } }.forEach { it.join() }
            assertEquals(1, asked.get())
            lab.verb("rotate-password", "--server-first")
            lab.verb("disconnect")
            redis.ping()
            assertEquals(2, asked.get())
            assertTrue(redis.status().credentials!!.expiresIn!! > 3000)
        }
    }

    @Test
    fun `trust comes from a provider, or is handed in`() = inLab { lab ->
        lab.open { set("ca_file", null); trust { lab.caFile.readBytes() } }.use { it.ping() }
        val settings: Options.() -> Unit = { set("ca_file", null); set("tls", true) }
        lab.open(settings).use { redis ->
            assertThrows<RedlatchException.Tls> { redis.ping() }
            val empty = Material.Trust(listOf("nothing".toByteArray()))
            assertEquals("trust.empty", assertThrows<RedlatchException.Trust> { redis.supply(empty) }.code)
            redis.supply(Material.Trust(listOf(lab.caFile.readBytes())))
            redis.ping()
        }
    }

    @Test
    fun `a provider that fails is the reason of the failure`() = inLab { lab ->
        lab.open {
            set("password_file", null)
            set("timeout", "100ms")
            credentials { throw IllegalStateException("the vault is sealed") }
        }.use { redis ->
            val failed = assertThrows<RedlatchException.Auth> { redis.ping() }
            assertEquals("auth.unavailable", failed.code)
            assertTrue("the vault is sealed" in failed.message!!, failed.message)
        }
    }

    @Test
    fun `a provider must not use the client it provides for`() = inLab { lab ->
        lateinit var redis: Redlatch
        var misuse: RedlatchException? = null
        redis = lab.open {
            set("password_file", null)
            credentials {
                misuse = assertThrows<RedlatchException.Client> { redis.ping() }
                Credentials(null, lab.password)
            }
        }
        redis.use { it.ping() }
        assertEquals("client.misuse", misuse?.code)
    }

    @Test
    fun `a client certificate is presented`() = inLab("--mtls") { lab ->
        assertThrows<RedlatchException.Tls> { lab.open().use { it.ping() } }
        lab.open { identity { Identity(lab.certificate.readBytes(), lab.key.readBytes()) } }.use { redis ->
            redis.ping()
            assertFalse(redis.status().identity!!.subject!!.isEmpty())
        }
    }
}
