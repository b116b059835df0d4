// What keeps a process alive, what ends it, and what closing does to commands under way.
import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { createClient } from "../dist/index.mjs";
import { event, Lab, packageFolder, run } from "./lab.mjs";

const entry = pathToFileURL(join(packageFolder, "dist", "index.mjs")).href;
let lab;
before(async () => {
  lab = await Lab.up();
});
after(() => lab.down());

/** Runs a module in a process of its own, which must end by itself. */
function script(body, environment = {}) {
  const text = `import { createClient, fromEnv } from ${JSON.stringify(entry)};\n${body}`;
  return run(["--input-type=module", "--unhandled-rejections=strict", "-e", text], {
    env: lab.environment(environment),
  });
}

const HELLO = `const client = await fromEnv({ pollInterval: 50 }).connect();
console.log(await client.ping());`;

test("a process ends after close, quit, disconnect and destroy", () => {
  for (const word of ["close", "quit", "disconnect", "destroy"]) {
    assert.deepEqual(script(`${HELLO}\nawait client.${word}();`), { status: 0, output: "PONG\n" });
  }
});

test("a process ends with an unref'd client, and with one that never connected", () => {
  assert.deepEqual(script(`${HELLO}\nclient.unref();`), { status: 0, output: "PONG\n" });
  assert.deepEqual(script("fromEnv();"), { status: 0, output: "" });
});

test("an open client keeps its process, also while its server is away", () => {
  const { status, output } = script(
    `const client = fromEnv({ backoffMin: 200 });
    let errors = 0;
    client.on("error", (error) => {
      if (++errors === 3) { console.log(error.code); client.destroy(); }
    });
    client.connect().catch((error) => console.log(error.code));`,
    { REDIS_PORT: "1" },
  );
  assert.equal(status, 0);
  assert.deepEqual(output.split("\n").filter(Boolean).sort(), ["client.closed", "net.refused"]);
});

test("a failure to connect that nobody handles ends the process with its code", () => {
  const { status, output } = script("await fromEnv().connect();", {
    REDIS_PASSWORD: "wrong",
    REDIS_PASSWORD_FILE: "",
  });
  assert.equal(status, 1);
  assert.match(output, /auth\.rejected/);
});

test("no rejection is left unhandled when the server dies", () => {
  const { status, output } = script(
    `const client = fromEnv({ timeout: 300 });
    client.on("error", () => {});
    const failed = await client.connect().catch((error) => error.code);
    const late = await client.get("x").catch((error) => error.code);
    console.log(failed, late);`,
    { REDIS_PORT: "1" },
  );
  assert.deepEqual({ status, output }, { status: 0, output: "net.refused client.closed\n" });
});

test("the seed's example runs with nothing but the name changed", () => {
  const { ca_file, host, password, port } = lab.facts;
  const example = join(packageFolder, "..", "tests", "examples", "node", "tls_redis_client.js");
  const hook = `const resolve = require("module")._resolveFilename;
    require("module")._resolveFilename = (name, ...rest) =>
      resolve(name === "redlatch" ? ${JSON.stringify(packageFolder)} : name, ...rest);
    require(${JSON.stringify(example)});`;
  const done = run(["-e", hook], {
    env: {
      ...process.env,
      REDIS_CA_CERT: ca_file,
      REDIS_HOST: host,
      REDIS_PORT: String(port),
      REDIS_AUTH: password,
    },
  });
  assert.deepEqual(done, {
    status: 0,
    output: "Connected to Redis with TLS encryption\nValue: encrypted in transit\n",
  });
});

test("close waits for replies, destroy does not", async () => {
  const client = await createClient(lab.options()).connect();
  const replies = Array.from({ length: 1000 }, (_, at) => client.set(`close:${at}`, at));
  const closing = client.close();
  await assert.rejects(client.get("late"), { code: "client.closed" });
  await closing;
  assert.ok((await Promise.all(replies)).every((reply) => reply === "OK"));

  await client.connect();
  const lost = client.incr("close:1").catch((error) => error);
  const end = event(client, "end");
  client.destroy();
  assert.equal((await lost).code, "client.closed");
  await end;
  await assert.rejects(client.get("late"), { code: "client.closed" });
  assert.equal(client.status().state, "closed");
  assert.throws(() => client.destroy(), { code: "client.closed" });
});

test("commands before connect are refused", async () => {
  const client = createClient(lab.options());
  assert.equal(client.isOpen, false);
  await assert.rejects(client.get("key"), { code: "client.closed" });
  await assert.rejects(client.close(), { code: "client.closed" });
});

test("await using closes", async () => {
  const client = await createClient(lab.options()).connect();
  await client[Symbol.asyncDispose]();
  assert.equal(client.isOpen, false);
  await client[Symbol.asyncDispose]();
});

test("works in worker threads, and ends with them", async () => {
  const body = `import { createClient } from ${JSON.stringify(entry)};
    import { parentPort, workerData } from "node:worker_threads";
    const client = await createClient(workerData).connect();
    parentPort.on("message", async (key) => {
      if (key === "close") { await client.close(); parentPort.close(); return; }
      await client.set(key, key);
      parentPort.postMessage(await client.get(key));
    });
    parentPort.postMessage("ready");`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(body)}`);
  const workers = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const worker = new Worker(url, { workerData: lab.options() });
      assert.deepEqual(await once(worker, "message"), ["ready"]);
      return worker;
    }),
  );
  for (const [at, worker] of workers.entries()) {
    worker.postMessage(`worker ${at}`);
    assert.deepEqual(await once(worker, "message"), [`worker ${at}`]);
  }
  // Half of them close, half are torn down in the middle of things.
  for (const [at, worker] of workers.entries()) {
    const exit = once(worker, "exit");
    if (at % 2 === 0) {
      worker.postMessage("close");
    } else {
      worker.postMessage("again");
      worker.terminate();
    }
    await exit;
  }
});

test("many clients leave nothing behind", async () => {
  const before_ = process.getActiveResourcesInfo().length;
  for (let at = 0; at < 20; at++) {
    const client = await createClient(lab.options()).connect();
    await client.ping();
    await client.close();
  }
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => createClient(lab.options()).connect()),
  );
  await Promise.all(clients.map((client) => client.ping()));
  for (const client of clients) {
    client.destroy();
  }
  // Sockets end one turn of the loop after they were told to.
  while (process.getActiveResourcesInfo().length > before_) {
    await new Promise(setImmediate);
  }
});
