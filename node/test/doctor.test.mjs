// The doctor's report, from JavaScript: what it finds is the core's business and tested there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { doctor } from "redlatch";
import { Lab } from "./lab.mjs";

let lab;
before(async () => {
  lab = await Lab.up();
});
after(() => lab.down());

test("all is well", async () => {
  const report = await doctor(lab.options());
  assert.equal(report.ok, true, JSON.stringify(report));
  assert.deepEqual([report.code, report.stage, report.remedy], [null, null, null]);
  assert.deepEqual(new Set(report.stages.map(({ status }) => status)), new Set(["ok"]));
});

test("the cause is named, and the event loop goes on meanwhile", async () => {
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  const report = await doctor(lab.options({ expectedName: "cache.example" }));
  clearInterval(turning);
  assert.deepEqual([report.ok, report.code, report.stage], [false, "tls.name_mismatch", "name"]);
  assert.equal(report.evidence.expected, "cache.example");
  assert.match(report.remedy, /cache\.example/);
  assert.equal(report.stages.at(-1).status, "not_reached");
  assert.ok(turns > 0);
});

test("providers are asked", async () => {
  const { passwordFile, ...bare } = lab.options();
  const secret = readFileSync(passwordFile, "utf8").trim();
  const given = await doctor({ ...bare, credentialsProvider: async () => secret });
  assert.equal(given.ok, true, JSON.stringify(given));
  const report = await doctor({
    ...bare,
    credentialsProvider: async () => {
      throw new Error("the vault is sealed");
    },
  });
  assert.equal(report.code, "auth.unavailable");
  assert.match(report.message, /the vault is sealed/);
});

test("the environment counts if asked", async () => {
  const before = process.env.REDIS_PORT;
  process.env.REDIS_PORT = "many";
  try {
    assert.equal((await doctor({}, { fromEnv: true })).code, "config.invalid");
  } finally {
    if (before === undefined) {
      delete process.env.REDIS_PORT;
    } else {
      process.env.REDIS_PORT = before;
    }
  }
});

test("a mistake in the options rejects", async () => {
  await assert.rejects(doctor({ hots: "localhost" }), { code: "config.unknown" });
});
