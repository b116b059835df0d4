// Trust and password rotate, the server dies: what callers notice.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { createClient, RESP_TYPES } from "../dist/index.mjs";
import { event, Lab } from "./lab.mjs";

let lab;
before(async () => {
  lab = await Lab.up();
});
after(() => lab.down());

/** Loops that set and check, until told to stop. */
function load(client, loops = 16) {
  const seen = { commands: 0, interrupted: 0, failures: [], wrong: 0 };
  let over = false;
  const work = async (at) => {
    let expected = [null];
    const key = `load:${at}`;
    await client.del(key);
    for (let number = 1; !over; number++) {
      const value = String(number);
      try {
        await client.set(key, value);
        expected = [value];
        const found = await client.get(key);
        seen.wrong += expected.includes(found) ? 0 : 1;
        seen.commands += 2;
      } catch (error) {
        if (error.code === "client.interrupted") {
          assert.equal(error.maybeExecuted, true);
          seen.interrupted++;
          expected.push(value);
        } else {
          seen.failures.push(error);
        }
      }
    }
  };
  const all = Promise.all(Array.from({ length: loops }, (_, at) => work(at)));
  return {
    seen,
    /** Resolves when so many more commands were answered. */
    async more(count) {
      for (const end = seen.commands + count; seen.commands < end; ) {
        await client.ping().catch(() => {});
      }
    },
    async stop() {
      over = true;
      await all;
      return seen;
    },
  };
}

test("a CA and a password are replaced under load without a failure", async () => {
  const client = createClient(lab.options({ pollInterval: 100, distrustGrace: 2000 }));
  const generations = [];
  client.on("rotation", ({ material, generation }) =>
    generations.push(`${material} ${generation}`),
  );
  client.on("error", (error) => assert.fail(error));
  await client.connect();
  const work = load(client);
  const trust = (number) =>
    event(client, "rotation", (fact) => fact.material === "trust" && fact.generation === number);

  const second = trust("2");
  await lab.verb("add-ca");
  await second;
  await work.more(200);
  await lab.verb("switch-leaf");
  const [third, replaced] = [trust("3"), event(client, "replaced")];
  await lab.verb("drop-ca");
  await third;
  await replaced;
  await work.more(200);

  const renewed = event(client, "reauthenticated");
  await lab.verb("rotate-password", "--overlap");
  await renewed;
  await lab.verb("rotate-password", "--finish");
  await work.more(200);

  const rejected = event(client, "rejected");
  await lab.verb("empty");
  assert.equal((await rejected).code, "trust.empty");
  await work.more(200);
  await lab.verb("repair");

  const { failures, interrupted, wrong } = await work.stop();
  assert.deepEqual({ failures, interrupted, wrong }, { failures: [], interrupted: 0, wrong: 0 });
  assert.ok(generations.includes("trust 3") && generations.includes("credentials 2"));
  const status = client.status();
  assert.equal(status.counters.replacements, 1);
  assert.equal(status.counters.reconnects, 0);
  await client.close();
});

test("a killed server interrupts what was under way, and nothing else", async () => {
  const client = createClient(lab.options({ timeout: 20_000 }));
  const told = [];
  for (const name of ["connect", "ready", "error", "reconnecting", "end"]) {
    client.on(name, (error) =>
      told.push(error?.code === undefined ? name : `${name} ${error.code}`),
    );
  }
  await client.connect();
  assert.deepEqual(told.splice(0), ["connect", "ready"]);
  await client.subscribe("channel", () => {});
  const work = load(client);
  await work.more(500);
  const lost = event(client, "error");
  await lab.verb("kill");
  assert.match((await lost).code, /^net\./);
  assert.equal(client.isReady, false);
  assert.equal(client.isOpen, true);
  const [ready, gap] = [event(client, "ready"), event(client, "gap")];
  await lab.verb("restart");
  await ready;
  await gap;
  await work.more(500);
  const { failures, wrong, interrupted } = await work.stop();
  assert.deepEqual({ failures, wrong }, { failures: [], wrong: 0 });
  assert.ok(interrupted <= 16, `${interrupted} interrupted`);
  assert.deepEqual([told[0].slice(0, 10), told[1]], ["error net.", "reconnecting"]);
  assert.deepEqual(told.slice(-2), ["connect", "ready"]);
  const end = event(client, "end");
  await client.close();
  await end;
});

test("a frozen server: commands end by their own deadline", async () => {
  const client = await createClient(lab.options()).connect();
  const hasty = client.withCommandOptions({ timeout: 100 });
  const frozen = lab.verb("pause", "1");
  const error = await (async () => {
    for (;;) {
      await hasty.get("key");
    }
  })().catch((reason) => reason);
  assert.equal(error.code, "client.timeout");
  assert.equal(error.maybeExecuted, true);
  await frozen;
  assert.equal(await client.ping(), "PONG");
  await client.close();
});

test("back-pressure: more than sockets hold, while nobody reads", async () => {
  const client = await createClient(lab.options({ timeout: 20_000 })).connect();
  const values = Array.from({ length: 48 }, () => randomBytes(1 << 20));
  const frozen = lab.verb("pause", "1");
  const writes = values.map((value, at) => client.set(`big:${at}`, value));
  await frozen;
  assert.ok((await Promise.all(writes)).every((reply) => reply === "OK"));
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  for (const [at, value] of values.entries()) {
    assert.ok(value.equals(await binary.get(`big:${at}`)), `value ${at} is another one`);
  }
  await client.close();
});
