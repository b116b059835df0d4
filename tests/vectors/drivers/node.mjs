// Does what the vectors ask with the Node package: a line in, a line out. Decides nothing.
// Usage: node.mjs [wasm]    wasm: with the WebAssembly package, whose face is the same
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { inspect } from "node:util";

const redlatch =
  process.argv[2] === "wasm"
    ? await import("../../../bindings/wasm/dist/index.js")
    : createRequire(import.meta.url)("../../../node");

let client;
let connecting;
let events = [];
let seen = [];

const acts = {
  open({ settings, env }) {
    drop();
    Object.assign(process.env, env);
    try {
      const options = Object.fromEntries(
        Object.entries(settings).map(([name, value]) => [camelCase(name), value]),
      );
      client = env === null ? redlatch.createClient(options) : redlatch.fromEnv(options);
    } finally {
      for (const name of Object.keys(env ?? {})) {
        delete process.env[name];
      }
    }
    client.on("error", () => {});
    // Of this client only: one that ended may still have something to say.
    const heard = events;
    client.on("event", (event) => heard.push(event));
  },
  config: () => client.config,
  bundle: ({ file }) => redlatch.readBundle(readFileSync(file)),
  codes: () =>
    redlatch.codes.map((row) => {
      const name = `${row.family[0].toUpperCase()}${row.family.slice(1)}Error`;
      return { ...row, is: [...lineage(redlatch[name].prototype)] };
    }),
  call: ({ args }) => call(args),
  async burst({ args, times }) {
    const calls = await Promise.allSettled(Array.from({ length: times }, () => call(args)));
    return calls.map(({ value, reason }) => (reason ? shown(reason) : value));
  },
  events() {
    const found = events.splice(0);
    seen.push(...found);
    return found;
  },
  status: () => client.status(),
  reload: () => client.reload(),
  close: () => client.close(),
  texts: () =>
    [client, client.config, client.status(), seen].flatMap((thing) => [
      inspect(thing, { depth: 20, showHidden: true, getters: true, maxStringLength: null }),
      String(thing),
    ]),
};

/** node-redis's clients connect when they are told to. */
async function call(args) {
  if (!client.isOpen && connecting === undefined) {
    connecting = client.connect();
    connecting.catch(() => {
      connecting = undefined;
    });
  }
  await connecting;
  return client.sendCommand(args);
}

function drop() {
  if (client?.isOpen) {
    client.destroy();
  }
  [client, connecting, events, seen] = [undefined, undefined, [], []];
}

function camelCase(name) {
  return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

function* lineage(prototype) {
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    yield at.constructor.name;
  }
}

function shown(error) {
  const { code, number, retry, remedy, evidence, maybeExecuted } = error;
  return {
    code: error instanceof redlatch.RedlatchError ? code : null,
    number,
    retry,
    remedy,
    evidence,
    maybe_executed: maybeExecuted,
    is: [...lineage(Object.getPrototypeOf(error))],
    texts: [String(error), inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error)],
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await acts[ask.do](ask)) ?? null };
  } catch (error) {
    answer = { error: shown(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
drop();
