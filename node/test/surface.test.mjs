// What node-redis's clients do besides plain commands, over one engine.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, test } from "node:test";
import * as redlatch from "../dist/index.mjs";
import { Lab } from "./lab.mjs";

const { RESP_TYPES, WatchError } = redlatch;
let lab;
let client;
before(async () => {
  lab = await Lab.up();
  client = await redlatch.createClient(lab.options()).connect();
});
after(async () => {
  await client?.close();
  await lab.down();
});
beforeEach(() => client.flushAll());

/** Its own and those it inherits. */
function namesOf(object) {
  const names = [];
  for (let from = object; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    names.push(...Object.getOwnPropertyNames(from));
  }
  return names;
}

test("every command of node-redis is there, in both spellings", async () => {
  const { RedisClient } = await import("@redis/client");
  const theirs = RedisClient.create();
  const names = namesOf(theirs);
  const callable = (object, name) => {
    try {
      return typeof object[name] === "function";
    } catch {
      return false;
    }
  };
  const missing = names.filter((name) => callable(theirs, name) && !callable(client, name));
  assert.deepEqual(
    missing.filter(
      (name) => !/^_|^Multi$|Identity$|^setDirtyWatch$|^resetIfDirty$|^reAuthenticate$/.test(name),
    ),
    [],
  );
  assert.ok(names.length > 800);
});

test("pools, queues and the module have what node-redis's have", async () => {
  const theirs = await import("@redis/client");
  const pool = redlatch.createClientPool(lab.options());
  const absent = (of, ours) => namesOf(of).filter((name) => !(name in ours));
  const other = theirs.createClientPool({});
  assert.deepEqual(
    absent(other, pool).filter((name) => !/^_|^Multi$|^identity$/.test(name)),
    ["cleanupTimeout", "isClosing", "clientSideCache"],
  );
  assert.deepEqual(absent(theirs.createClient().multi(), client.multi()), []);
  // What is left out is not there: clusters, sentinels, caches, telemetry.
  const unknown = Object.keys(theirs).filter((name) => !(name in redlatch));
  const others =
    /Cluster|Sentinel|SideCache|^RedisClient|Telemetry|RootNodes|Maintenance|Redirect|Interrupted/;
  assert.deepEqual(unknown.filter((name) => !others.test(name)).sort(), [
    "CHANNELS",
    "DEFAULT_RESP",
    "ReconnectStrategyError",
  ]);
});

test("replies have node-redis's shapes", async () => {
  await client.zAdd("z", [
    { score: 1.5, value: "a" },
    { score: 2, value: "b" },
  ]);
  assert.deepEqual(await client.zRangeWithScores("z", 0, -1), [
    { value: "a", score: 1.5 },
    { value: "b", score: 2 },
  ]);
  await client.xAdd("s", "1-1", { field: "value" });
  const [entry] = await client.xRange("s", "-", "+");
  assert.deepEqual([entry.id, entry.message.field], ["1-1", "value"]);
  assert.deepEqual(await client.geoAdd("g", { longitude: 1, latitude: 2, member: "m" }), 1);
  assert.equal(typeof (await client.info()), "string");
});

test("types are mapped as asked, one view at a time", async () => {
  await client.hSet("h", { a: "1" });
  await client.sAdd("s", ["x"]);
  await client.zAdd("z", { score: 0.5, value: "m" });
  const mapped = client.withTypeMapping({
    [RESP_TYPES.MAP]: Map,
    [RESP_TYPES.SET]: Set,
    [RESP_TYPES.DOUBLE]: String,
    [RESP_TYPES.NUMBER]: String,
    [RESP_TYPES.BLOB_STRING]: Buffer,
    [RESP_TYPES.SIMPLE_STRING]: Buffer,
  });
  assert.deepEqual(await mapped.hGetAll("h"), new Map([["a", Buffer.from("1")]]));
  assert.deepEqual(await mapped.sMembers("s"), new Set([Buffer.from("x")]));
  assert.equal(await mapped.zScore("z", "m"), "0.5");
  assert.equal(await mapped.incr("n"), "1");
  assert.deepEqual(await mapped.sendCommand(["SET", "k", "v"]), Buffer.from("OK"));
  assert.deepEqual({ ...(await client.hGetAll("h")) }, { a: "1" });
});

test("commands that block hold up nobody", async () => {
  const popped = client.blPop("list", 0);
  assert.equal(await client.get("none"), null);
  await client.rPush("list", "item");
  assert.deepEqual(await popped, { key: "list", element: "item" });
});

test("a transaction fails if somebody changed what it watches", async () => {
  await client.watch("key");
  assert.equal(client.isWatching, true);
  await client.set("key", "theirs");
  await assert.rejects(client.multi().set("key", "mine").exec(), (error) => {
    assert.equal(error.code, "client.watch_changed");
    return error instanceof WatchError;
  });
  assert.equal(client.isWatching, false);
  await client.watch(["key", "other"]);
  assert.deepEqual(await client.multi().set("key", "mine").get("key").exec(), ["OK", "mine"]);
  await client.watch("key");
  await client.unwatch();
  await client.set("key", "theirs");
  assert.deepEqual(await client.multi().get("key").exec(), ["theirs"]);
});

test("listeners hear what is published, as text or bytes", async () => {
  const heard = [];
  const note = (...message) => heard.push(message);
  await client.subscribe(["one", "two"], note);
  await client.subscribe("one", note, true);
  await client.pSubscribe("t*", note);
  assert.equal(client.isPubSubActive, true);
  assert.deepEqual(await client.pubSubChannels("*").then((all) => all.sort()), ["one", "two"]);
  for (const [channel, message] of [
    ["one", "1"],
    ["two", "2"],
  ]) {
    await client.publish(channel, message);
  }
  const marker = new Promise((resolve) => {
    client.subscribe("marker", resolve).then(() => client.publish("marker", ""));
  });
  await marker;
  assert.deepEqual(heard, [
    ["1", "one"],
    [Buffer.from("1"), Buffer.from("one")],
    ["2", "two"],
    ["2", "two"],
  ]);
  await client.unsubscribe("one", note);
  assert.deepEqual(await client.pubSubNumSub(["one"]).then((found) => ({ ...found })), { one: 1 });
  await client.unsubscribe();
  await client.pUnsubscribe();
  assert.equal(client.isPubSubActive, false);
});

test("what a listener throws is an error event, and the others hear it all the same", async () => {
  const heard = new Promise((resolve) => {
    client
      .subscribe("c", () => {
        throw new Error("listener");
      })
      .then(() => client.subscribe("c", resolve))
      .then(() => client.publish("c", "message"));
  });
  const [error] = await once(client, "error");
  assert.equal(error.message, "listener");
  assert.equal(await heard, "message");
  await client.unsubscribe();
});

test("MONITOR shows commands", async () => {
  const shown = new Promise((resolve) => {
    client.monitor((line) => line.includes("seen") && resolve(line)).then(() => client.get("seen"));
  });
  assert.match(await shown, /"GET" "seen"/);
  await client.reset();
});

test("a client changes its database", async () => {
  await client.set("key", "zero");
  const other = await client.duplicate().connect();
  await other.select(3);
  assert.equal(await other.get("key"), null);
  assert.equal(other.config.db, 3);
  const popped = other.blPop("list", 0);
  await other.rPush("list", "three");
  assert.equal((await popped).element, "three");
  await other.select(0);
  assert.equal(await other.get("key"), "zero");
  await other.subscribe("c", () => {});
  await assert.rejects(other.select(1), { code: "client.misuse" });
  await assert.rejects(other.select(-1), { code: "client.misuse" });
  await other.close();
});

test("keys get their prefix, channels do not", async () => {
  const prefixed = await client.duplicate({ keyPrefix: "app:" }).connect();
  await prefixed.set("a", "1");
  await prefixed.hSet("h", "f", "v");
  await prefixed.multi().set("m", "2").exec();
  await prefixed.watch("a");
  await client.set("app:a", "changed");
  await assert.rejects(prefixed.multi().get("a").exec(), { code: "client.watch_changed" });
  assert.deepEqual((await client.keys("*")).sort(), ["app:a", "app:h", "app:m"]);
  assert.equal(await prefixed.get("a"), "changed");
  await prefixed.close();
});

test("scripts, functions and modules are attached", async () => {
  const half = {
    parseCommand(parser, key, by) {
      parser.pushKey(key);
      parser.push(String(by));
    },
    transformReply: (reply) => Number(reply) / 2,
  };
  const code =
    "#!lua name=lib\nredis.register_function('grow', function(k, a) return redis.call('INCRBY', k[1], a[1]) end)";
  await client.functionLoad(code, { REPLACE: true });
  const attached = {
    scripts: {
      grow: redlatch.defineScript({
        SCRIPT: "return redis.call('INCRBY', KEYS[1], ARGV[1])",
        NUMBER_OF_KEYS: 1,
        ...half,
      }),
    },
    functions: { lib: { grow: { NUMBER_OF_KEYS: 1, ...half } } },
    modules: {
      grown: {
        by: {
          ...half,
          parseCommand(parser, ...args) {
            parser.push("INCRBY");
            half.parseCommand(parser, ...args);
          },
        },
      },
    },
  };
  await client.scriptFlush();
  const rich = await client.duplicate(attached).connect();
  // The server does not know the script yet, then it does.
  assert.equal(await rich.grow("n", 2), 1);
  assert.equal(await rich.grow("n", 2), 2);
  assert.equal(await rich.lib.grow("n", 2), 3);
  assert.equal(await rich.grown.by("n", 2), 4);
  const all = rich.multi().grow("n", 2).grow("n", 2);
  all.lib.grow("n", 2);
  assert.deepEqual(await all.exec(), [5, 6, 7]);
  const bytes = rich.withTypeMapping({ [RESP_TYPES.NUMBER]: String });
  assert.equal(await bytes.lib.grow("n", 2), 8);
  await rich.close();
});

test("iterators end", async () => {
  for (let at = 0; at < 100; at++) {
    await client.sAdd("set", `m${at}`);
  }
  const found = new Set();
  for await (const page of client.sScanIterator("set", { COUNT: 7 })) {
    for (const member of page) {
      found.add(member);
    }
  }
  assert.equal(found.size, 100);
  const keys = [];
  for await (const page of client.scanIterator()) {
    keys.push(...page);
  }
  assert.deepEqual(keys, ["set"]);
});

test("an aborted command is given up", async () => {
  const stop = new AbortController();
  const waiting = client.withAbortSignal(stop.signal).blPop("none", 0);
  stop.abort();
  await assert.rejects(waiting, (error) => {
    assert.equal(error.code, "client.cancelled");
    return error instanceof redlatch.AbortError;
  });
  await assert.rejects(client.withAbortSignal(AbortSignal.abort()).get("key"), {
    code: "client.cancelled",
  });
  assert.equal(await client.get("key"), null);
});

test("many commands pass one that blocks for ever", async () => {
  const blocked = client.blPop("list", 0);
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 1000 }, () => client.incr("count")));
  }
  assert.equal(await client.get("count"), "20000");
  await client.rPush("list", "late");
  assert.equal((await blocked).element, "late");
});

test("events are read one after the other", async () => {
  const watched = redlatch.createClient(lab.options());
  const events = watched.events();
  await watched.connect();
  const kinds = [];
  for await (const { kind } of events) {
    kinds.push(kind);
    if (kind === "connected") {
      setImmediate(() => watched.destroy());
    }
  }
  assert.ok(kinds.includes("connected"));
});

test("a pool lends connections", async () => {
  const pool = await redlatch
    .createClientPool(lab.options(), { maximum: 2, acquireTimeout: 5000 })
    .connect();
  assert.equal(await pool.set("key", "1"), "OK");
  const numbers = await Promise.all(
    Array.from({ length: 20 }, () =>
      pool.execute(async (own) => {
        for (;;) {
          await own.watch("key");
          const next = Number(await own.get("key")) + 1;
          try {
            await own.multi().set("key", next).exec();
            return next;
          } catch (error) {
            assert.equal(error.code, "client.watch_changed");
          }
        }
      }),
    ),
  );
  assert.equal(new Set(numbers).size, 20);
  assert.equal(await pool.get("key"), "21");
  const bytes = pool.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  assert.deepEqual(await bytes.get("key"), Buffer.from("21"));
  await bytes.execute(async (own) => {
    assert.deepEqual(await own.get("key"), Buffer.from("21"));
    assert.equal(pool.clientsInUse, 1);
  });
  assert.equal(pool.clientsInUse, 0);
  await pool.close();
});

test("a pool that lends all it has lets callers wait, but not for ever", async () => {
  const pool = await client.createPool({ maximum: 1, acquireTimeout: 20 }).connect();
  const busy = pool.execute((own) => own.blPop("list", 0));
  await assert.rejects(
    pool.execute((own) => own.get("key")),
    { code: "client.queue_full" },
  );
  await client.rPush("list", "item");
  await busy;
  assert.equal(await pool.execute((own) => own.get("key")), null);
  await pool.close();
});
