// The module itself: what it asks of its host, and how large it is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** In bytes, compressed. */
const BUDGET = 450_000;
/** What `host/module.ts` lends, by what it is for. */
const LENT = {
  randomness: ["random"],
  time: ["monotonic", "wall"],
  arguments: ["flag", "text", "bytes", "number", "count", "part"].map((it) => `argument_${it}`),
  bytes: ["take", "fill"],
  values: ["make_array", "make_bytes", "make_number", "make_text", "set", "convert"],
  table: ["mark", "release_to"],
  errors: ["throw"],
  // Files, commands and the environment: refused where there are none.
  system: ["ask"],
};

const bytes = readFileSync(new URL("../dist/redlatch.wasm", import.meta.url));

test("it asks for what it is lent, and for nothing else", () => {
  const asked = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  assert.deepEqual(asked.map(({ module, name }) => `${module}.${name}`).sort(), [
    ...Object.values(LENT)
      .flat()
      .map((name) => `redlatch.${name}`)
      .sort(),
  ]);
});

test("it is small", () => {
  // As gzip does it: Node's zlib gives away a percent to be quick.
  const { length } = execFileSync("gzip", ["-9", "-c"], { input: bytes });
  console.log(`redlatch.wasm: ${bytes.length} bytes, ${length} compressed, of ${BUDGET}`);
  assert.ok(length < BUDGET, `${length} bytes`);
});
