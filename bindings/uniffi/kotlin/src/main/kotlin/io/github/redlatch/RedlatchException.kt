package io.github.redlatch

/**
 * Why something failed: a class for each family, and the [code] for what exactly.
 *
 * ```
 * try {
 *     redis.get("key")
 * } catch (failed: RedlatchException.Tls) {
 *     log.error("{} {} {}", failed.code, failed.remedy, failed.evidence)
 * }
 * ```
 */
public sealed class RedlatchException(
    /** All there is to know. */
    public val failure: Failure,
) : RuntimeException(failure.toString()) {
    /** The settings cannot be used. Nothing was connected. */
    public class Config internal constructor(failure: Failure) : RedlatchException(failure)

    /** The trusted CAs cannot be used. */
    public class Trust internal constructor(failure: Failure) : RedlatchException(failure)

    /** The client certificate or its key cannot be used. */
    public class Identity internal constructor(failure: Failure) : RedlatchException(failure)

    /** Username and secret, and what the user may do. */
    public class Auth internal constructor(failure: Failure) : RedlatchException(failure)

    /** The handshake with the server failed. */
    public class Tls internal constructor(failure: Failure) : RedlatchException(failure)

    /** The server was not reached, or the connection was lost. */
    public class Net internal constructor(failure: Failure) : RedlatchException(failure)

    /** The server sent something that cannot be understood. */
    public class Protocol internal constructor(failure: Failure) : RedlatchException(failure)

    /** The server answered with an error. */
    public class Server internal constructor(failure: Failure) : RedlatchException(failure)

    /** The client gave up, or was used in a way that cannot work. */
    public class Client internal constructor(failure: Failure) : RedlatchException(failure)

    /** A defect of redlatch. */
    public class Internal internal constructor(failure: Failure) : RedlatchException(failure)

    /** The dotted code, such as `tls.untrusted`: what a program compares. */
    public val code: String get() = failure.code

    /** The number of the code; hundreds are families. */
    public val number: Int get() = failure.number

    /** The part of the code before the dot. */
    public val family: String get() = failure.family

    /** Whether, and when, to try again. */
    public val retry: Retry get() = failure.retry

    /** What to do about it: a sentence for people. */
    public val remedy: String get() = failure.remedy

    /** Named facts: expected and presented names, dates, fingerprints. */
    public val evidence: Map<String, String> get() = failure.evidence

    /** Whether the server may have executed the command: it was sent, and no reply came. */
    public val maybeExecuted: Boolean get() = failure.maybeExecuted

    public companion object {
        /** Every error there is. */
        @JvmStatic
        public fun codes(): List<CodeRow> = nativeCodes()

        internal fun of(failed: CallException): RedlatchException = when (failed) {
            is CallException.Config -> Config(failed.failure)
            is CallException.Trust -> Trust(failed.failure)
            is CallException.Identity -> Identity(failed.failure)
            is CallException.Auth -> Auth(failed.failure)
            is CallException.Tls -> Tls(failed.failure)
            is CallException.Net -> Net(failed.failure)
            is CallException.Protocol -> Protocol(failed.failure)
            is CallException.Server -> Server(failed.failure)
            is CallException.Client -> Client(failed.failure)
            is CallException.Internal -> Internal(failed.failure)
        }
    }
}

internal inline fun <T> attempt(work: () -> T): T = try {
    work()
} catch (failed: CallException) {
    throw RedlatchException.of(failed)
}
