package io.github.redlatch

import com.google.gson.JsonObject
import com.google.gson.JsonParser
import java.io.Closeable
import java.io.File
import java.nio.file.Files
import java.time.Duration

/** A running `redlatch lab`: a real TLS server whose CA, certificate and password rotate. */
class Lab(vararg options: String) : Closeable {
    private val folder = Files.createTempDirectory("redlatch-kotlin-").toFile()
    private val lab = File(folder, "lab")
    private val process: Process

    init {
        process = ProcessBuilder(PROGRAM, "lab", "up", "--dir", lab.path, "--until-eof", *options)
            .redirectError(ProcessBuilder.Redirect.INHERIT).start()
        check(process.inputReader().readLine() == "ready") { "the lab did not start" }
    }

    val port: Int get() = facts["port"].asInt
    val password: String get() = facts["password"].asString
    val passwordFile: File get() = File(facts["password_file"].asString)
    val caFile: File get() = File(facts["ca_file"].asString)
    val certificate: File get() = File(facts["cert_file"].asString)
    val key: File get() = File(facts["key_file"].asString)
    private val facts: JsonObject
        get() = JsonParser.parseString(File(lab, "lab.json").readText()).asJsonObject

    /** A client that follows the lab's files. */
    fun open(configure: Options.() -> Unit = {}): Redlatch = Redlatch.open("rediss://127.0.0.1:$port") {
        set("ca_file", caFile.toPath())
        set("password_file", passwordFile.path)
        set("poll_interval", Duration.ofMillis(50))
        set("timeout", "20s")
        configure()
    }

    /** Runs a verb; its effect holds when this returns. */
    fun verb(vararg words: String): String {
        val verb = ProcessBuilder(PROGRAM, "lab", *words, "--dir", lab.path)
            .redirectErrorStream(true).start()
        val output = verb.inputReader().readText()
        check(verb.waitFor() == 0) { "lab ${words.joinToString(" ")}: $output" }
        return output
    }

    override fun close() {
        process.outputStream.close()
        process.waitFor()
        folder.deleteRecursively()
    }

    private companion object {
        val PROGRAM: String = System.getenv("REDLATCH_CLI") ?: "../../../target/fast/redlatch"
    }
}

/** What a test does with a lab of its own. */
fun inLab(vararg options: String, work: (Lab) -> Unit): Unit = Lab(*options).use(work)

/** The first event that is wanted. */
fun Redlatch.event(wanted: (Event) -> Boolean): Event =
    generateSequence { checkNotNull(nextEvent(Duration.ofSeconds(20))) { "no such event" } }.first(wanted)
