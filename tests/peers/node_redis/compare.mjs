// The same random calls go to node-redis and to redlatch on one TLS server, each in a database of its
// own; replies must be deeply and strictly equal, prototypes included, and errors say the same.
//
// Usage: node compare.mjs [--seed N] [--rounds N]     prints `N passed, N failed`
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import * as redlatch from "../../../node/dist/index.mjs";
import { Lab } from "../../../node/test/lab.mjs";
import { areas, HOW } from "./calls.mjs";
import { Random } from "./random.mjs";

const require = createRequire(new URL("../../../node/package.json", import.meta.url));
const { createClient, defineScript, RESP_TYPES } = require("redis");

const { values: given } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "1" },
  },
});

const shout = {
  NUMBER_OF_KEYS: 0,
  parseCommand: (parser, word) => parser.push(word),
  transformReply: (reply) => reply,
};
const listed = {
  NUMBER_OF_KEYS: 1,
  IS_READ_ONLY: true,
  parseCommand(parser, key, value) {
    parser.pushKey(key);
    parser.push(value);
  },
  transformReply: { 2: (reply) => ["two", reply], 3: (reply) => ["three", reply] },
};
const attached = {
  scripts: {
    square: defineScript({
      SCRIPT: "return {tonumber(ARGV[1]) * tonumber(ARGV[1]), ARGV[1]}",
      NUMBER_OF_KEYS: 0,
      parseCommand: (parser, number) => parser.push(String(number)),
      transformReply: ([square, text]) => ({ square, text }),
    }),
  },
  functions: { library: { shout, listed } },
  modules: {
    own: {
      repeated: {
        parseCommand: (parser, value) => parser.push("ECHO", value),
        transformReply: (reply) => [reply, reply],
      },
    },
  },
};
const LIBRARY = `#!lua name=library
redis.register_function('shout', function(keys, args) return args[1] .. '!' end)
redis.register_function{function_name='listed', flags={'no-writes'},
  callback=function(keys, args) return {keys, args, {}, false} end}`;

const mappings = {
  "as it is": undefined,
  bytes: { [RESP_TYPES.BLOB_STRING]: Buffer },
  "all bytes": {
    [RESP_TYPES.BLOB_STRING]: Buffer,
    [RESP_TYPES.SIMPLE_STRING]: Buffer,
    [RESP_TYPES.VERBATIM_STRING]: Buffer,
  },
  "maps and sets": { [RESP_TYPES.MAP]: Map, [RESP_TYPES.SET]: Set },
  lists: { [RESP_TYPES.MAP]: Array, [RESP_TYPES.SET]: Array },
  text: {
    [RESP_TYPES.NUMBER]: String,
    [RESP_TYPES.DOUBLE]: String,
    [RESP_TYPES.BIG_NUMBER]: String,
  },
  "maps of bytes": { [RESP_TYPES.MAP]: Map, [RESP_TYPES.BLOB_STRING]: Buffer },
};

let passed = 0;
const differences = [];
const covered = new Set();

function compare(title, how, theirs, ours) {
  try {
    assert.deepStrictEqual(comparable(ours, how), comparable(theirs, how));
    passed++;
  } catch (error) {
    differences.push(`${title}\n${error.message}`);
  }
}

/** What became of a call. */
async function outcome(call) {
  try {
    return { reply: await call() };
  } catch (error) {
    return { error };
  }
}

function comparable({ reply, error }, how) {
  if (error !== undefined) {
    // What never left is worded by each in its own way.
    return /^[A-Za-z]+Error$|^client\./.test(error.code ?? error.name) &&
      (error instanceof TypeError || error.code === "client.misuse")
      ? "refused at once"
      : { ...errorOf(error), replies: error.replies && plain(error.replies, how) };
  }
  return plain(reply, how);
}

function errorOf(error) {
  return { error: error.message };
}

/** Errors as their words; and how much of the rest counts. */
function plain(value, how) {
  if (value instanceof Error) {
    return errorOf(value);
  }
  if (how === "skeleton") {
    return skeleton(value);
  }
  if (Array.isArray(value)) {
    const list = value.map((one) => plain(one));
    return how === "unordered" ? list.sort(byText) : list;
  }
  if (value instanceof Set) {
    const list = [...value].map((one) => plain(one));
    return new Set(how === "unordered" ? list.sort(byText) : list);
  }
  if (value instanceof Map) {
    return new Map([...value].map(([key, one]) => [plain(key), plain(one)]));
  }
  if (value !== null && typeof value === "object" && !Buffer.isBuffer(value)) {
    const copy = Object.create(Object.getPrototypeOf(value));
    for (const [key, one] of Object.entries(value)) {
      const field = { value: plain(one), enumerable: true, writable: true, configurable: true };
      Object.defineProperty(copy, key, field);
    }
    return copy;
  }
  return value;
}

function byText(one, other) {
  const [first, second] = [one, other].map((value) => JSON.stringify(value));
  return first < second ? -1 : Number(first > second);
}

function skeleton(value) {
  if (Array.isArray(value)) {
    return value.slice(0, 1).map(skeleton);
  }
  if (value instanceof Map) {
    return new Map([...value].slice(0, 1).map(([key, one]) => [skeleton(key), skeleton(one)]));
  }
  if (value !== null && typeof value === "object" && !Buffer.isBuffer(value)) {
    const fields = Object.entries(value).map(([key, one]) => [key, skeleton(one)]);
    return [Object.getPrototypeOf(value), Object.fromEntries(fields)];
  }
  return Buffer.isBuffer(value) ? "Buffer" : value === null ? null : typeof value;
}

/** A method, or one of a namespace. */
function invoke(client, name, args) {
  const [space, method] = Array.isArray(name) ? name : [undefined, name];
  const owner = space === undefined ? client : client[space];
  return owner[method](...args);
}

async function one(pair, title, [name, ...args]) {
  covered.add(String(name));
  const [theirs, ours] = [
    await outcome(() => invoke(pair.theirs, name, args)),
    await outcome(() => invoke(pair.ours, name, args)),
  ];
  compare(`${title}: ${describe([name, ...args])}`, HOW[name], theirs, ours);
}

const UNQUEUED = /^(blPop|brPop|blMove|blmPop|bz|info|client|swapDb|wait|sendCommand)/;

/** Types of EXEC's replies: node-redis declares that it maps them, and does not. */
async function queue({ theirs: client, ours: mine, plain: unmapped }, title, calls, way) {
  const pair = way === "exec" ? unmapped : { theirs: client, ours: mine };
  const chosen = calls.filter(([name]) => HOW[name] === undefined && !UNQUEUED.test(name));
  const run = (client) =>
    outcome(() => {
      const multi = client.multi();
      for (const [name, ...args] of chosen) {
        invoke(multi, name, args);
      }
      return multi[way]();
    });
  const [theirs, ours] = [await run(pair.theirs), await run(pair.ours)];
  compare(`${title}: ${way} of ${chosen.map(describe).join("; ")}`, undefined, theirs, ours);
}

function describe([name, ...args]) {
  const text = args.map((arg) => JSON.stringify(arg)?.slice(0, 60)).join(", ");
  return `${name}(${text})`;
}

async function play(random, pair, title) {
  await pair.theirs.flushAll();
  await pair.theirs.functionLoad(LIBRARY, { REPLACE: true });
  const calls = () => Object.values(areas).flatMap((area) => area(random));
  // Data first, so that reads find something.
  const writes = /Add$|Set$|Push$|GroupCreate$/;
  for (const call of random.shuffled(calls().filter(([name]) => writes.test(String(name))))) {
    await one(pair, title, call);
  }
  for (const call of random.shuffled(calls())) {
    await one(pair, title, call);
  }
  for (let number = 0; number < 10; number++) {
    const some = random.shuffled(calls()).slice(0, 1 + random.below(12));
    await queue(pair, title, some, random.of(["exec", "execAsPipeline"]));
  }
}

const lab = await Lab.up();
const { host, port, ca_file, password_file } = lab.facts;
const options = {
  socket: { host, port, tls: true, ca: readFileSync(ca_file) },
  password: readFileSync(password_file, "utf8").trim(),
};
try {
  for (let seed = Number(given.seed); seed < Number(given.seed) + Number(given.rounds); seed++) {
    for (const RESP of [2, 3]) {
      const theirs = await createClient({ ...options, ...attached, RESP, database: 1 }).connect();
      const ours = await redlatch
        .createClient({ ...options, ...attached, RESP, database: 2 })
        .connect();
      for (const [name, mapping] of Object.entries(mappings)) {
        const of = (client) => (mapping === undefined ? client : client.withTypeMapping(mapping));
        const pair = { theirs: of(theirs), ours: of(ours), plain: { theirs, ours } };
        await play(new Random(seed), pair, `seed ${seed}, RESP ${RESP}, ${name}`);
      }
      await Promise.all([theirs.close(), ours.close()]);
    }
  }
} finally {
  await lab.down();
}
for (const difference of differences.slice(0, 30)) {
  console.log(difference);
}
console.log(`${covered.size} methods`);
console.log(`${passed} passed, ${differences.length} failed`);
process.exitCode = differences.length > 0 ? 1 : 0;
