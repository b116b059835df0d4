// ioredis, and what is built on it, over connections of redlatch.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";
import { event, Lab } from "./lab.mjs";

const { connector } = createRequire(import.meta.url)("../dist/ioredis.js");
let lab;
before(async () => {
  lab = await Lab.up();
});
after(() => lab.down());

/** A client, and its failures. */
function ioredis(Connector, options = {}) {
  const redis = new Redis({ Connector, ...options });
  redis.failures = [];
  redis.on("error", (error) => redis.failures.push(error));
  return redis;
}

async function ended(redis) {
  // Between two connections ioredis tells nobody of the end.
  const end = redis.status === "reconnecting" ? undefined : event(redis, "end");
  redis.disconnect();
  await end;
}

test("commands, pipelines, subscriptions, and replies beyond one record", async () => {
  const redis = ioredis(connector(lab.options()));
  assert.equal(await redis.set("key", "value"), "OK");
  const replies = await redis.pipeline().get("key").hset("h", "f", "v").exec();
  assert.deepEqual(replies, [
    [null, "value"],
    [null, 1],
  ]);
  assert.deepEqual(await redis.multi().incr("n").get("key").exec(), [
    [null, 1],
    [null, "value"],
  ]);
  const large = "x".repeat(1 << 20);
  await redis.set("large", large);
  assert.equal(await redis.get("large"), large);
  const subscriber = redis.duplicate();
  await subscriber.subscribe("channel");
  const heard = new Promise((resolve) => {
    subscriber.on("message", (...message) => resolve(message));
  });
  await redis.publish("channel", "message");
  assert.deepEqual(await heard, ["channel", "message"]);
  await ended(subscriber);
  await ended(redis);
  assert.deepEqual(redis.failures, []);
});

test("a lost connection is made again", async () => {
  const redis = ioredis(connector(lab.options()));
  await redis.set("key", "1");
  const again = event(redis, "ready");
  await lab.verb("disconnect");
  await again;
  assert.equal(await redis.get("key"), "1");
  await ended(redis);
});

test("who is not trusted is told with the cause, and tried again", async () => {
  const { host, port, password_file } = lab.facts;
  const stranger = await Lab.up();
  const redis = ioredis(
    connector({ ...stranger.options(), host, port, passwordFile: password_file }),
  );
  const error = await event(redis, "error");
  assert.equal(error.code, "tls.untrusted");
  await event(redis, "reconnecting");
  redis.disconnect();
  await stranger.down();
  assert.throws(() => connector({ prot: 1 }), { code: "config.unknown" });
});

test("a client that is connecting can be ended", async () => {
  // It takes connections, and says nothing.
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address();
  const redis = ioredis(connector(lab.options({ port })));
  await once(silent, "connection");
  await ended(redis);
  silent.close();
});

test("a connection is left between two commands when its CA or secret is replaced", async () => {
  const Connector = connector(lab.options({ pollInterval: 50, distrustGrace: 60_000 }));
  const redis = ioredis(Connector);
  const first = await redis.client("ID");
  // It waits for its reply, however long that takes.
  const blocked = ioredis(Connector);
  const popped = blocked.blpop("list", 0);
  const moved = event(redis, "ready");
  for (const verb of ["add-ca", "switch-leaf", "drop-ca"]) {
    await lab.verb(verb);
  }
  await moved;
  assert.notEqual(await redis.client("ID"), first);
  await redis.rpush("list", "item");
  assert.deepEqual(await popped, ["list", "item"]);
  const renewed = event(redis, "ready");
  await lab.verb("rotate-password");
  await renewed;
  assert.equal(await redis.get("none"), null);
  assert.deepEqual([...redis.failures, ...blocked.failures], []);
  assert.equal(Connector.status().trust.certificates.length, 1);
  await ended(blocked);
  await ended(redis);
});

test("BullMQ does its jobs across a rotation of the CA", async () => {
  const Connector = connector(lab.options({ pollInterval: 50, distrustGrace: 60_000 }));
  const connection = () => ioredis(Connector, { maxRetriesPerRequest: null });
  const connections = Array.from({ length: 3 }, connection);
  const [ofQueue, ofWorker, ofEvents] = connections;
  const queue = new Queue("jobs", { connection: ofQueue });
  // Each job that is waited for listens.
  queue.setMaxListeners(0);
  // From the start: a job may be done before anybody listens.
  const finished = new QueueEvents("jobs", { connection: ofEvents, lastEventId: "0-0" });
  const worker = new Worker("jobs", async ({ data }) => data.number * 2, {
    connection: ofWorker,
    concurrency: 4,
    drainDelay: 1,
  });
  const failures = [];
  for (const part of [queue, worker, finished]) {
    part.on("error", (error) => failures.push(error));
  }
  let number = 0;
  const work = async (count) => {
    const jobs = await queue.addBulk(
      Array.from({ length: count }, () => ({ name: "double", data: { number: ++number } })),
    );
    const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(finished)));
    assert.deepEqual(
      results,
      jobs.map(({ data }) => data.number * 2),
    );
  };
  await work(20);
  const before = await ofQueue.client("ID");
  for (const verb of ["add-ca", "switch-leaf", "drop-ca"]) {
    await Promise.all([lab.verb(verb), work(20)]);
  }
  for (let moved = false; !moved; ) {
    await work(5);
    moved = (await ofQueue.client("ID")) !== before;
  }
  await work(20);
  assert.deepEqual(failures, []);
  await worker.close();
  await finished.close();
  await queue.close();
  for (const redis of connections) {
    redis.disconnect();
  }
});
