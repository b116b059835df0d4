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

test("text of any length and characters", () => {
  const packer = new Packer();
  for (const last of ["", "a", "é", "€", "😀", "\ud800", "é😀", "😀é"]) {
    for (const filler of ["x", "é", "€"]) {
      for (const count of [0, 8, 9, 10, 70, 72, 73, 99, 5000]) {
        for (const text of [filler.repeat(count) + last, last + filler.repeat(count)]) {
          packer.begin();
          packer.command([text]);
          assert.equal(packer.finish(1, 0, 0), undefined);
          const packed = packer.payload.subarray(0, packer.length).toString();
          const bytes = Buffer.from(text);
          assert.equal(packed, `*1\r\n$${bytes.length}\r\n${bytes}\r\n`);
          packer.clear();
        }
      }
    }
  }
});
