package io.github.redlatch

/** The text of a string of any kind, or of a number; null if there is no value. */
public fun Value.text(): String? = when (this) {
    is Value.Nil -> null
    is Value.Integer -> value.toString()
    is Value.Double -> value.toString()
    is Value.Bool -> value.toString()
    is Value.BigNumber -> digits
    else -> bytes()?.decodeToString()
}

/** The bytes of a string of any kind; null if there is no value. */
public fun Value.bytes(): ByteArray? = when (this) {
    is Value.Nil -> null
    is Value.Bulk -> `data`
    is Value.Verbatim -> `data`
    is Value.Simple -> text.toByteArray()
    is Value.BigNumber -> digits.toByteArray()
    else -> throw IllegalStateException("this is no string but ${javaClass.simpleName}")
}

/** An integer, also one in a string. */
public fun Value.long(): Long = when (this) {
    is Value.Integer -> value
    else -> text()?.toLong() ?: throw IllegalStateException("there is no value")
}

/** A floating point number, also one in a string. */
public fun Value.double(): Double = when (this) {
    is Value.Double -> value
    else -> text()?.toDouble() ?: throw IllegalStateException("there is no value")
}

/** The elements of a list, a set or a message; none if there is no value. */
public fun Value.list(): List<Value> = when (this) {
    is Value.Nil -> emptyList()
    is Value.Array -> items
    is Value.Set -> items
    is Value.Push -> items
    else -> throw IllegalStateException("this is no list but ${javaClass.simpleName}")
}

/** Keys, as text, and values, in the server's order; of RESP2 as of RESP3. */
public fun Value.map(): Map<String, Value> = when (this) {
    is Value.Map -> pairs.associate { (key, value) -> key.text().orEmpty() to value }
    else -> list().chunked(2).associate { (key, value) -> key.text().orEmpty() to value }
}
