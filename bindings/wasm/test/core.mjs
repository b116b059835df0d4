// The core alone, as a WebAssembly module: what it asks of its host, and that it runs on that.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { certificate } from "./certificates.mjs";

const module = new WebAssembly.Module(readFileSync(process.env.MODULE));

test("the core asks its host for randomness, and for nothing else", () => {
  const asked = WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`);
  assert.deepEqual(asked, ["redlatch.random"]);
});

test("a client begins to greet a server, at the time it is told", () => {
  let asked = 0;
  const random = (at, length) => {
    asked += length;
    crypto.getRandomValues(new Uint8Array(exports.memory.buffer, at, length));
    return true;
  };
  const { exports } = new WebAssembly.Instance(module, { redlatch: { random } });
  const ca = certificate({ name: "CA", from: "2031-01-01", to: "2032-01-01" });
  const put = (text) => {
    const bytes = new TextEncoder().encode(text);
    const at = exports.reserve(bytes.length);
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
    return [at, bytes.length];
  };
  const settings = JSON.stringify({ host: "cache", ca_pem: ca.pem });
  const greeted = (now, answer) =>
    exports.drive(...put(settings), ...put(answer), BigInt(Date.parse(now) / 1000));
  // A ClientHello of TLS is longer, and needs a secret.
  assert.ok(greeted("2031-06-01", "") > 150);
  assert.ok(asked >= 64);
  // The CA has ended by then: nobody is greeted.
  assert.equal(greeted("2033-06-01", ""), 0);
});
