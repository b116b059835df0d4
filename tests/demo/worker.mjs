// The demo's Node worker: loops that SET and GET with value checks until standard input ends.
import { fromEnv } from "../../node/dist/index.mjs";

const LOOPS = 32;

const name = process.env.REDLATCH_DEMO_NAME;
const client = fromEnv({ pollInterval: 1000, name });
const generations = new Set();
const errors = [];
const counts = { commands: 0, failed: 0, interrupted: 0, wrong: 0 };
let stall = 0;
let last = performance.now();
let over = false;

function done() {
  const now = performance.now();
  stall = Math.max(stall, now - last);
  last = now;
  counts.commands++;
}

/** Whether the command may have been executed all the same. */
function fail(error) {
  if (error.code === "client.interrupted") {
    counts.interrupted++;
    return true;
  }
  counts.failed++;
  if (errors.length < 5) {
    errors.push(`${error.code ?? error.name}: ${error.message}`);
  }
  return false;
}

async function work(at) {
  const key = `demo:${name}:${at}`;
  let expected = [null];
  await client.del(key).then(done, fail);
  for (let number = 1; !over; number++) {
    const value = String(number);
    try {
      await client.set(key, value);
      expected = [value];
      done();
    } catch (error) {
      if (fail(error)) {
        expected.push(value);
      }
    }
    try {
      const found = await client.get(key);
      done();
      if (!expected.includes(found)) {
        counts.wrong++;
      }
      expected = [found];
    } catch (error) {
      fail(error);
    }
  }
}

function tell() {
  const { counters, credentials, identity, sessions } = client.status();
  const line = {
    worker: name,
    ...counts,
    reconnects: counters.reconnects,
    replacements: counters.replacements,
    generation: Math.max(0, ...generations),
    generations: [...generations].sort((a, b) => a - b),
    credentials: credentials?.generation ?? 0,
    proven: sessions.find((session) => session.active)?.credentials_generation ?? 0,
    identity: identity?.sha256,
    stall_ms: Math.round(stall),
    errors,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

client.on("rotation", (event) => {
  if (event.material === "trust") {
    generations.add(Number(event.generation));
  }
});
// Commands carry their own errors; while away they wait.
client.on("error", () => {});

await client.connect();
const timer = setInterval(tell, 250);
process.stdin.resume().once("end", () => {
  over = true;
});
await Promise.all(Array.from({ length: LOOPS }, (_, at) => work(at)));
clearInterval(timer);
tell();
await client.close();
