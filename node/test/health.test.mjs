// Health for probes and metrics for Prometheus.
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createClient, createClientPool, metrics } from "../dist/index.mjs";
import { Lab } from "./lab.mjs";

/** A lab of its own, and a client of it. */
async function connected(t, more = {}) {
  const lab = await Lab.up();
  t.after(() => lab.down());
  const client = createClient(lab.options({ pollInterval: 50, ...more }));
  client.on("error", () => {});
  t.after(() => client.isOpen && client.destroy());
  return { lab, client };
}

test("ready until the server is gone", async (t) => {
  const { lab, client } = await connected(t);
  await client.connect();
  const health = await client.health();
  assert.deepEqual(
    { ...health, seconds: 0 },
    {
      ok: true,
      live: true,
      alive: true,
      authenticated: true,
      writable: true,
      role: "primary",
      trust: "ok",
      code: null,
      text: null,
      remedy: null,
      problems: [],
      seconds: 0,
      state: "ready",
      address: `${lab.facts.host}:${lab.facts.port}`,
    },
  );
  assert.ok(health.seconds > 0);
  assert.match(client.metrics(), /^redlatch_up\{client="[^"]+"\} 1$/m);
  await lab.verb("kill");
  const gone = await client.health();
  assert.deepEqual([gone.ok, gone.live, gone.alive], [false, true, false]);
  assert.equal(gone.code, "net.refused");
  assert.match(client.metrics(), /redlatch_last_error_info\{.*code="net.refused"\} 1/);
  client.destroy();
  const closed = await client.health();
  assert.deepEqual([closed.live, closed.code], [false, "client.closed"]);
});

test("a bundle that is refused is a warning, a CA that is distrusted is not", async (t) => {
  const [lab, other] = await Promise.all([Lab.up(), Lab.up()]);
  t.after(() => Promise.all([lab.down(), other.down()]));
  const caFile = join(lab.root, "ca.pem");
  copyFileSync(lab.facts.ca_file, caFile);
  const client = createClient(lab.options({ pollInterval: 50, distrustGrace: 100, caFile }));
  client.on("error", () => {});
  t.after(() => client.destroy());
  await client.connect();
  writeFileSync(caFile, "cut off");
  const warned = await until(client, (health) => health.trust === "warning");
  assert.deepEqual([warned.ok, warned.code], [true, "trust.empty"]);
  copyFileSync(other.facts.ca_file, caFile);
  const health = await until(client, ({ ok }) => !ok);
  assert.deepEqual([health.trust, health.code], ["failing", "tls.untrusted"]);
});

/** Asks the server again and again, until health is as wanted. */
async function until(client, wanted) {
  for (;;) {
    const health = await client.health();
    if (wanted(health)) {
      return health;
    }
  }
}

test("a replica is enough for readers", async (t) => {
  const { client } = await connected(t);
  await client.connect();
  await client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
  assert.equal((await client.health()).code, "server.readonly");
  const health = await client.health({ readOnly: true });
  assert.deepEqual([health.ok, health.role, health.writable], [true, "replica", false]);
});

test("a server that does not answer", async (t) => {
  const { client } = await connected(t, { liveness: 0, timeout: 60_000 });
  await client.connect();
  await client.sendCommand(["CLIENT", "PAUSE", "600000"]);
  const health = await client.health({ timeout: 50 });
  assert.deepEqual([health.alive, health.code], [false, "client.timeout"]);
});

test("several clients in one exposition", async (t) => {
  const { lab, client } = await connected(t, { clientName: "named" });
  await client.connect();
  const pool = createClientPool(lab.options());
  const text = metrics(client, pool, createClient(lab.options()));
  const place = `${lab.facts.host}:${lab.facts.port}`;
  for (const [name, up] of [
    ["named", 1],
    [place, 0],
    [`${place}-2`, 0],
  ]) {
    assert.ok(text.includes(`redlatch_up{client="${name}"} ${up}\n`), text);
  }
  assert.ok(!text.includes(lab.facts.password));
});
