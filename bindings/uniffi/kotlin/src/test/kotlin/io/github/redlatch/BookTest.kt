package io.github.redlatch

import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory

/** The examples of `docs/start/uniffi.md` run as they stand. */
class BookTest {
    @TestFactory
    fun examples(): List<DynamicTest> {
        check(EXAMPLES.size > 2)
        return EXAMPLES.mapIndexed { at, example -> dynamicTest("example ${at + 1}") { inLab(work = example) } }
    }
}
