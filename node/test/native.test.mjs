// The native boundary: whatever is passed, in whatever order, the process lives.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { packageFolder, run } from "./lab.mjs";

const require = createRequire(import.meta.url);
const file = join(packageFolder, `redlatch.${process.platform}-${process.arch}.node`);
const native = require(file);
const names = Object.keys(native);

test("a process survives whatever its extension is called with", () => {
  const storm = join(packageFolder, "test", "storm.mjs");
  for (let seed = 1; seed <= 3; seed++) {
    const { status, output } = run([storm, file, String(seed), "15000"]);
    assert.deepEqual({ seed, status, output }, { seed, status: 0, output: "alive\n" });
  }
});

test("wrong types are client.misuse", () => {
  native.install((_, value) => value);
  const without = ["codes", "healthPlan", "settings"];
  for (const name of names.filter((name) => !without.includes(name))) {
    for (const wrong of [undefined, null, {}, "x", Symbol("s"), 1.5, -1]) {
      const call = () => {
        const refusal = native[name](wrong, wrong, wrong, wrong, wrong);
        // A text of the right type is refused for what it says, and that is handed back.
        throw JSON.parse(refusal);
      };
      assert.throws(call, { code: "client.misuse" });
    }
  }
  assert.throws(() => native.submit(1e6, new Uint8Array(24), 24, new Uint8Array(8), 9), {
    code: "client.misuse",
  });
});

test("records that lie are refused one by one", () => {
  const failures = [];
  native.install((_, value) => value);
  const client = native.open('{"host":"127.0.0.1","port":1}', false);
  const payload = Buffer.from("*1\r\n$4\r\nPING\r\n");
  const submit = (fields, bytes = payload) => {
    const records = new Uint8Array(Uint32Array.from(fields.flat()).buffer);
    const out = native.submit(client, records, records.length, bytes, bytes.length) ?? [];
    for (let at = 0; at < out.length; at++) {
      if (typeof out[at] === "string" && out[at].includes('"code"')) {
        failures.push(JSON.parse(out[at]).code);
      }
    }
  };
  submit([[1, 0, 1, 9999, 0, 0]]);
  submit([[1, 0, 0, 14, 0, 0x8000_0000]]);
  submit([[1, 0, 0xffff_ffff, 14, 0, 0x8000_0000]]);
  submit([[1, 0, 1, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff]]);
  submit([
    [1, 0, 1, 14, 0, 0],
    [1, 0, 1, 14, 0, 0],
  ]);
  assert.deepEqual([...new Set(failures)], ["client.misuse"]);
  native.close(client);
  native.release(client);
  assert.throws(() => native.tick(client), { code: "client.misuse" });
});

test("calls from within a call find the client in use", () => {
  let inner;
  native.install((_, value) => {
    try {
      native.tick(client);
    } catch (error) {
      inner = error.code;
    }
    throw value;
  });
  const client = native.open('{"host":"127.0.0.1","port":1,"protocol":2}', false);
  const dial = native.submit(
    client,
    new Uint8Array(Uint32Array.from([1, 0, 1, 14, 0, 0]).buffer),
    24,
    Buffer.from("*1\r\n$4\r\nPING\r\n"),
    14,
  );
  const link = dial[dial.indexOf(5) + 1];
  native.dialed(client, link);
  const feed = (text) => native.received(client, link, Buffer.from(text), text.length);
  // HELLO, CLIENT SETINFO twice, PING, and then the command.
  for (const reply of ["*0\r\n", "+OK\r\n", "+OK\r\n", "+PONG\r\n", "-ERR inner\r\n"]) {
    feed(reply);
  }
  assert.equal(inner, "client.misuse");
  native.release(client);
});

test("a thread that ends in the middle of things", async () => {
  const body = `const native = require(${JSON.stringify(file)});
    native.install((_, value) => value);
    for (let at = 0; at < 50; at++) native.open('{"port":1}', false);
    for (;;) native.status(1 + Math.floor(Math.random() * 50));`;
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(body, { eval: true });
    await new Promise((resolve) => worker.once("online", resolve));
    await worker.terminate();
  }
});
