#!/usr/bin/env node
// A bounded queue of jobs with retries and dead letters, on one stream and its consumer group.
//
// Promised: a job that `submit` has told of is done at least once, or ends among the dead letters,
// whatever is replaced or restarted meanwhile and whichever worker is killed; submitted twice, it is
// queued once. There are never more unfinished jobs than the bound: `submit` waits for room.
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { defineScript, fromEnv, RedlatchError } from "redlatch";

const HELP = `Usage: work_queue.mjs [OPTIONS] submit|work|dead

\`submit\` reads jobs from standard input, one a line: {"id": "a", "seconds": 0.1}

  --queue NAME       (queue)
  --bound N          unfinished jobs at most (1000)
  --remember SECONDS how long an id is known (86400)
  --lease SECONDS    until a job is retried (60)
  --tries N          before a job is a dead letter (3)
  --parallel N       jobs at once (4)

REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is.`;

const GROUP = "workers";

const script = (SCRIPT) =>
  defineScript({
    SCRIPT,
    NUMBER_OF_KEYS: 2,
    parseCommand(parser, keys, words) {
      parser.pushKeys(keys);
      parser.push(...words);
    },
    transformReply: (reply) => reply,
  });

// A job counts until it is done. One that was queued before is not queued again, so that a call
// whose answer was lost can be repeated. KEYS: mark of the id, stream. ARGV: bound, seconds, id, job.
const enqueue = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], '', 'EX', ARGV[2])
redis.call('XADD', KEYS[2], '*', 'id', ARGV[3], 'job', ARGV[4])
return 1
`);

// Whoever acknowledges first decides. KEYS: stream, dead letters. ARGV: group, entry, and the fields
// of the dead letter, none if the job is done.
const settle = script(`
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
if #ARGV > 2 then redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3)) end
return 1
`);

/** Stands for your work. Done twice, it must come to the same as once. */
async function handle(job) {
  if (typeof job.seconds !== "number") {
    throw new TypeError("no number of seconds");
  }
  await sleep(job.seconds * 1000);
}

/** Repeats what may run twice until the server has answered. */
async function insist(call) {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RedlatchError) || error.retry === "never") {
        throw error;
      }
      console.error("again after", error.code);
      await sleep(100);
    }
  }
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    queue: { type: "string", default: "queue" },
    bound: { type: "string", default: "1000" },
    remember: { type: "string", default: "86400" },
    lease: { type: "string", default: "60" },
    tries: { type: "string", default: "3" },
    parallel: { type: "string", default: "4" },
    help: { type: "boolean", short: "h" },
  },
});
// One slot of a cluster holds all keys of a queue.
const jobs = `{${options.queue}}:jobs`;
const dead = `{${options.queue}}:dead`;
let stopped = false;

async function submit() {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id } = JSON.parse(line);
    const keys = [`{${options.queue}}:seen:${id}`, jobs];
    const words = [options.bound, options.remember, id, line];
    while (!(await insist(() => redis.enqueue(keys, words)))) {
      await sleep(50);
    }
    console.log("queued", id);
  }
}

/** A job whose lease has ended, else a new one, if one comes soon. */
async function take(consumer) {
  const lease = Math.round(Number(options.lease) * 1000);
  const overdue = await redis.xAutoClaim(jobs, GROUP, consumer, lease, "0-0", { COUNT: 1 });
  if (overdue.messages[0]) {
    return overdue.messages[0];
  }
  const streams = [{ key: jobs, id: ">" }];
  const fresh = await redis.xReadGroup(GROUP, consumer, streams, { COUNT: 1, BLOCK: 500 });
  return fresh?.[0].messages[0];
}

/** Does the job, and takes it off the queue unless it is to be tried again. */
async function finish({ id: entry, message: fields }) {
  const [pending] = await insist(() => redis.xPendingRange(jobs, GROUP, entry, entry, 1));
  if (!pending) {
    return; // somebody else finished it meanwhile
  }
  const tries = pending.deliveriesCounter;
  let reason = tries > options.tries ? "its workers ended before it did" : undefined;
  try {
    await (reason ?? handle(JSON.parse(fields.job)));
  } catch (error) {
    if (tries < options.tries) {
      console.log("retry", fields.id); // at the end of its lease
      return;
    }
    reason = String(error);
  }
  const letter = reason ? [...Object.entries(fields).flat(), "reason", reason] : [];
  console.log(reason ? "dead" : "done", fields.id);
  await insist(() => redis.settle([jobs, dead], [GROUP, entry, ...letter]));
}

/** One job after the other; one that was begun when told to stop is finished. */
async function work() {
  const consumer = randomUUID();
  while (!stopped) {
    // What was taken although the answer was lost comes back at the end of its lease.
    const taken = await insist(() => take(consumer));
    if (taken) {
      await finish(taken);
    }
  }
}

async function begin() {
  process.on("SIGTERM", () => {
    stopped = true;
  });
  await insist(() => redis.xGroupCreate(jobs, GROUP, "0", { MKSTREAM: true })).catch((error) => {
    if (!error.message.includes("BUSYGROUP")) {
      throw error;
    }
  });
  await Promise.all(Array.from({ length: Number(options.parallel) }, work));
}

async function show() {
  for (const { message } of await redis.xRange(dead, "-", "+")) {
    console.log(JSON.stringify(message));
  }
}

const verb = { submit, work: begin, dead: show }[positionals[0]];
if (options.help || !verb || positionals.length !== 1) {
  console.log(HELP);
  process.exit(options.help ? 0 : 2);
}
// Losses are told by the calls they concern.
const redis = await fromEnv({ scripts: { enqueue, settle } })
  .on("error", () => {})
  .connect();
await verb();
await redis.close();
