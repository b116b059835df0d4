/** Does what the vectors ask with the Kotlin package: a line in, a line out. Decides nothing. */
package io.github.redlatch.vectors

import com.google.gson.FieldNamingPolicy
import com.google.gson.GsonBuilder
import com.google.gson.JsonElement
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import com.sun.jna.Library
import com.sun.jna.Native
import io.github.redlatch.Event
import io.github.redlatch.Options
import io.github.redlatch.Redlatch
import io.github.redlatch.RedlatchException
import io.github.redlatch.Retry
import io.github.redlatch.Value
import io.github.redlatch.list
import io.github.redlatch.readBundle
import io.github.redlatch.text
import java.io.File
import java.util.concurrent.Callable
import java.util.concurrent.Executors

private val json = GsonBuilder().serializeNulls().disableHtmlEscaping().serializeSpecialFloatingPointValues()
    .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES).create()

/** Programs of the JVM cannot change their environment otherwise. */
private interface C : Library {
    fun setenv(name: String, value: String, overwrite: Int): Int
    fun unsetenv(name: String): Int
}

private val c = Native.load("c", C::class.java)

fun main() {
    val driver = Driver()
    for (line in generateSequence(::readLine)) {
        val answer = try {
            mapOf("value" to driver.act(JsonParser.parseString(line).asJsonObject))
        } catch (failed: RedlatchException) {
            mapOf("error" to shown(failed))
        } catch (failed: Exception) {
            mapOf("error" to mapOf("code" to null, "texts" to listOf(failed.stackTraceToString())))
        }
        println(json.toJson(answer))
    }
}

/** One client at a time. */
private class Driver {
    private var client: Redlatch? = null
    private val seen = mutableListOf<Event>()
    private val threads = Executors.newCachedThreadPool { Thread(it).apply { isDaemon = true } }

    fun act(ask: JsonObject): Any? = when (val act = ask["do"].asString) {
        "open" -> open(ask)
        "config" -> client!!.config()
        "bundle" -> readBundle(File(ask["file"].asString).readBytes())
        "codes" -> RedlatchException.codes().map {
            mapOf(
                "code" to it.code, "number" to it.number, "family" to it.family,
                "retry" to word(it.retry), "sentence" to it.sentence, "remedy" to it.remedy,
                "is" to listOf(it.family, it.code),
            )
        }
        "call" -> plain(call(ask))
        "burst" -> {
            val calls = List(ask["times"].asInt) {
                Callable {
                    try {
                        plain(call(ask))
                    } catch (failed: RedlatchException) {
                        shown(failed)
                    }
                }
            }
            threads.invokeAll(calls).map { it.get() }
        }
        "events" -> client!!.events().also(seen::addAll).map {
            it.fields + mapOf("kind" to it.kind, "at" to it.at)
        }
        "status" -> client!!.status()
        "reload" -> client!!.reload()
        "close" -> client!!.close()
        "texts" -> listOf(client, client!!.config(), client!!.status(), seen).map { it.toString() }
        else -> throw IllegalArgumentException("there is no act $act")
    }.let { if (it == Unit) null else it }

    private fun open(ask: JsonObject) {
        client?.close()
        client = null
        seen.clear()
        val variables = ask["env"].takeUnless { it.isJsonNull }?.asJsonObject?.asMap()
        variables?.forEach { (name, value) -> c.setenv(name, value.asString, 1) }
        try {
            val settings: Options.() -> Unit = {
                ask["settings"].asJsonObject.asMap().forEach { (name, value) -> set(name, setting(value)) }
            }
            client = if (variables == null) Redlatch.open(settings) else Redlatch.fromEnv(settings)
        } finally {
            variables?.keys?.forEach { c.unsetenv(it) }
        }
    }

    private fun call(ask: JsonObject): Value = client!!.call(*ask["args"].asJsonArray.map { it.asString }.toTypedArray())
}

private fun setting(value: JsonElement): Any? = when {
    value.isJsonNull -> null
    value.isJsonArray -> value.asJsonArray.map { it.asString }
    value.asJsonPrimitive.isBoolean -> value.asBoolean
    value.asJsonPrimitive.isNumber -> value.asString.toLongOrNull() ?: value.asDouble
    else -> value.asString
}

private fun plain(value: Value): Any? = when (value) {
    is Value.Nil -> null
    is Value.Bool -> value.value
    is Value.Integer -> value.value
    is Value.Double -> value.value
    is Value.Array, is Value.Set, is Value.Push -> value.list().map(::plain)
    is Value.Map -> value.pairs.associate { (key, value) -> key.text() to plain(value) }
    is Value.Error -> mapOf("error" to value.failure.detail)
    else -> value.text()
}

private fun word(retry: Retry) = retry.name.lowercase()

private fun shown(failed: RedlatchException) = mapOf(
    "code" to failed.code,
    "number" to failed.number,
    "family" to failed.family,
    "retry" to word(failed.retry),
    "remedy" to failed.remedy,
    "evidence" to failed.evidence,
    "maybe_executed" to failed.maybeExecuted,
    "is" to listOf(failed.javaClass.simpleName, failed.code),
    "texts" to listOf(failed.message, failed.toString(), failed.failure.toString()),
)
