// How much memory commands are packed in.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const { Packer } = createRequire(import.meta.url)("../dist/packer.js");

function pack(packer, size) {
  packer.begin();
  packer.command(["SET", "key", "x".repeat(size)]);
  assert.equal(packer.finish(1, 0, 0), undefined);
  const { length } = packer;
  packer.clear();
  return length;
}

test("a large payload's memory is used again, and let go when it is of no use", () => {
  const packer = new Packer();
  const first = packer.payload.length;
  const length = pack(packer, 1 << 20);
  const { payload } = packer;
  assert.ok(payload.length >= length);
  pack(packer, 1 << 20);
  assert.equal(packer.payload, payload);
  for (let times = 0; times < 100; times++) {
    pack(packer, 10);
  }
  assert.equal(packer.payload.length, first);
  pack(packer, 1 << 24);
  assert.equal(packer.payload.length, first);
});
