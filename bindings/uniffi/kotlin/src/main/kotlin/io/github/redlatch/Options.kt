package io.github.redlatch

import java.nio.file.Path
import java.time.Duration
import java.time.Instant

/** Settings by their names in [the table][settings], and providers. */
public class Options internal constructor() {
    private val settings = mutableMapOf<String, Setting>()
    private var credentials: CredentialsProvider? = null
    private var trust: TrustProvider? = null
    private var identity: IdentityProvider? = null

    /** A setting: text, a path, a number, a truth value, a duration, or a list of texts; null is unset. */
    public fun set(name: String, value: Any?) {
        if (value == null) settings.remove(name) else settings[name] = settingOf(name, value)
    }

    /** Settings. */
    public fun set(all: Map<String, Any?>): Unit = all.forEach { (name, value) -> set(name, value) }

    /**
     * Username and secret come from here: asked ahead of the end of what it gave, and when the server
     * refuses it. What it throws is told in events and errors, so no secret belongs into that. It must
     * not use the client it provides for.
     */
    public fun credentials(provide: () -> Credentials) {
        credentials = object : CredentialsProvider {
            override fun credentials() = provided(provide)
        }
    }

    /** The trusted CAs come from here, in any text form. */
    public fun trust(provide: () -> ByteArray) {
        trust = object : TrustProvider {
            override fun trust() = provided(provide)
        }
    }

    /** The client's certificate and its key come from here. */
    public fun identity(provide: () -> Identity) {
        identity = object : IdentityProvider {
            override fun identity() = provided(provide)
        }
    }

    internal fun open(fromEnv: Boolean): Redlatch = Redlatch.of(
        attempt { Client.withSettings(settings, fromEnv, credentials, trust, identity) },
    )

    internal fun examine(fromEnv: Boolean, readOnly: Boolean): Report =
        attempt { nativeDoctor(settings, fromEnv, readOnly, credentials, trust, identity) }
}

private fun <T> provided(provide: () -> T): T = try {
    provide()
} catch (failed: Exception) {
    throw ProviderException.Unavailable(failed.message ?: failed.javaClass.simpleName)
}

private fun settingOf(name: String, value: Any): Setting = when (value) {
    is String -> Setting.Text(value)
    is Path -> Setting.Text(value.toString())
    is Boolean -> Setting.Bool(value)
    is Duration -> Setting.Number(value.toNanos() / 1e9)
    is Float, is Double -> Setting.Number((value as Number).toDouble())
    is Number -> Setting.Integer(value.toLong())
    is Collection<*> -> Setting.Texts(value.map { it.toString() })
    else -> throw IllegalArgumentException("$name cannot be of ${value.javaClass.name}")
}

internal fun plain(setting: Setting?): Any = when (setting) {
    is Setting.Text -> setting.value
    is Setting.Integer -> setting.value
    is Setting.Number -> setting.value
    is Setting.Bool -> setting.value
    is Setting.Texts -> setting.values
    null -> ""
}
