// Providers and `supply`: who is asked, when, and what becomes of the answer.
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { inspect } from "node:util";
import * as redlatch from "../dist/index.mjs";
import { event, Lab } from "./lab.mjs";

let lab;
before(async () => {
  lab = await Lab.up();
});
after(() => lab.down());

const clients = [];
afterEach(() => {
  for (const client of clients.splice(0).filter(({ isOpen }) => isOpen)) {
    client.destroy();
  }
});

/** A client that ends with its test. */
function createClient(options) {
  const client = redlatch.createClient(options);
  clients.push(client);
  return client;
}

const secret = () => readFileSync(lab.facts.password_file, "utf8").trim();
const told = (client, kind, wanted) =>
  event(client, "event", (fact) => fact.kind === kind && (wanted?.(fact) ?? true));

/** Options of a client whose credentials come from `provider`. */
function options(provider, more = {}) {
  const { host, port, ca_file } = lab.facts;
  return { host, port, caFile: ca_file, credentialsProvider: provider, ...more };
}

/** Runs commands until told to stop; none may fail. */
function busy(client, loops = 8) {
  let over = false;
  let count = 0;
  const work = async (at) => {
    while (!over) {
      await client.set(`busy:${at}`, String(count));
      count++;
    }
  };
  const all = Promise.all(Array.from({ length: loops }, (_, at) => work(at)));
  return {
    async more(commands) {
      for (const end = count + commands; count < end; ) {
        await client.ping();
      }
    },
    async stop() {
      over = true;
      await all;
    },
  };
}

test("every shape of a provider's answer opens the door", async () => {
  const soon = Date.now() + 3_600_000;
  for (const provider of [
    () => secret(),
    async () => secret(),
    () => ({ password: secret() }),
    () => ({ username: "default", token: secret() }),
    async () => ({ username: "default", password: secret(), expiresIn: 3600 }),
    () => ({ password: secret(), expiresAt: soon / 1000 }),
    () => ({ password: secret(), expiresAt: new Date(soon) }),
    { type: "async-credentials-provider", credentials: async () => ({ password: secret() }) },
    {
      type: "streaming-credentials-provider",
      subscribe: async () => [{ username: "default", password: secret() }, { dispose() {} }],
    },
  ]) {
    const client = await createClient(options(provider)).connect();
    assert.equal(await client.ping(), "PONG");
    assert.equal(client.status().credentials.generation, 1);
  }
});

test("a secret is replaced ahead of its end, in place, without a failed command", async () => {
  let asked = 0;
  const provider = async () => {
    asked++;
    return { password: secret(), expiresIn: 4 };
  };
  const client = createClient(options(provider));
  client.on("error", (error) => assert.fail(error));
  await client.connect();
  const work = busy(client);
  await work.more(100);
  const renewed = told(client, "reauthenticated");
  await lab.verb("rotate-password", "--overlap");
  assert.ok((await renewed).generation > 1);
  await lab.verb("rotate-password", "--finish");
  await work.more(100);
  await work.stop();
  const { counters, credentials } = client.status();
  assert.deepEqual([counters.connects, counters.reconnects, counters.failures], [1, 0, 0]);
  assert.ok(asked >= 2 && credentials.expires_in > 0, JSON.stringify(credentials));
});

test("a provider that fails is auth.unavailable with its cause, and asked again", async () => {
  let broken = true;
  const provider = () => {
    if (broken) {
      throw new RangeError("the vault is sealed\nand more");
    }
    return secret();
  };
  const client = createClient(options(provider, { timeout: 200 }));
  const rejected = event(client, "rejected");
  await assert.rejects(client.connect(), (error) => {
    assert.equal(error.code, "auth.unavailable");
    assert.match(error.message, /RangeError: the vault is sealed/);
    assert.ok(!error.message.includes("and more"));
    return true;
  });
  assert.equal((await rejected).material, "credentials");
  broken = false;
  await client.connect();
  assert.equal(await client.ping(), "PONG");
});

test("answers of the wrong shape fail, and never show what they hold", async () => {
  const hidden = "s3cr3t-value";
  for (const answer of [
    undefined,
    null,
    5,
    {},
    { username: hidden },
    { password: 5 },
    { password: hidden, token: hidden },
    { password: hidden, username: 5 },
    { password: hidden, expiresIn: Number.NaN },
    { password: hidden, expiresAt: new Date("never") },
    { password: hidden, expiresAt: hidden },
    { password: hidden, expiresAt: 1 },
    "",
  ]) {
    const client = createClient(options(() => answer, { timeout: 100 }));
    const events = [];
    client.on("event", (fact) => events.push(fact));
    await assert.rejects(client.connect(), (error) => {
      assert.equal(error.code, "auth.unavailable", inspect(answer));
      assert.ok(!inspect([error, events, client], { depth: 9, showHidden: true }).includes(hidden));
      return true;
    });
  }
  for (const given of [{}, "x", null, 5, { type: "streaming-credentials-provider" }]) {
    for (const option of ["credentialsProvider", "trustProvider", "identityProvider"]) {
      assert.throws(() => createClient({ [option]: given }), { code: "config.invalid" });
    }
  }
  assert.throws(() => createClient({ provideTrust: true }), { code: "config.unsupported" });
  assert.throws(() => createClient(options(() => "x", { password: "y" })), {
    code: "config.conflict",
  });
});

test("a hundred commands lead to one question", async () => {
  let [asked, running, most] = [0, 0, 0];
  const provider = async () => {
    asked++;
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    return secret();
  };
  const client = createClient(options(provider, { name: "one-question" }));
  const connecting = client.connect();
  const all = Array.from({ length: 100 }, () => client.ping());
  await connecting;
  assert.ok((await Promise.all(all)).every((reply) => reply === "PONG"));
  client.reload();
  client.reload();
  await Promise.all(Array.from({ length: 100 }, () => client.ping()));
  assert.equal(most, 1);
  assert.ok(asked >= 1 && asked <= 3, `${asked}`);
});

test("a secret that the server refuses is fetched once more", async () => {
  let asked = 0;
  const provider = () => (++asked === 1 ? "outdated" : secret());
  const client = await createClient(options(provider)).connect();
  assert.equal(await client.ping(), "PONG");
  assert.equal(asked, 2);
  client.destroy();
  let wrong = 0;
  const stubborn = createClient(
    options(() => {
      wrong++;
      return `never-${wrong}`;
    }),
  );
  await assert.rejects(stubborn.connect(), { code: "auth.rejected" });
  assert.equal(wrong, 2);
});

test("a provider must not use its client, but may use others", async () => {
  const helper = createClient(lab.options());
  await helper.connect();
  await helper.set("vault", secret());
  const found = [];
  const client = createClient(
    options(async () => {
      await new Promise(setImmediate);
      for (const use of [
        () => client.get("vault"),
        () => client.multi().get("vault").exec(),
        () => client.withCommandOptions({ timeout: 10 }).ping(),
        () => client.connect(),
        () => client.close(),
      ]) {
        found.push(await use().catch((error) => error.code));
      }
      assert.equal(client.status().awaiting, "credentials");
      return helper.get("vault");
    }),
  );
  await client.connect();
  assert.deepEqual(found, Array(5).fill("client.misuse"));
  assert.equal(await client.ping(), "PONG");
  client.destroy();
});

test("a provider that waits for itself through another client is told so", async () => {
  let found;
  const second = createClient(
    options(async () => {
      found = await first.get("x").catch((error) => error.code);
      return secret();
    }),
  );
  const first = createClient(
    options(async () => {
      await second.connect();
      return secret();
    }),
  );
  await first.connect();
  assert.equal(found, "client.misuse");
});

test("what a provider started may use the client later", async () => {
  let later;
  const start = new Promise((resolve) => {
    later = resolve;
  });
  let background;
  const client = createClient(
    options(() => {
      background = start.then(() => client.ping());
      return secret();
    }),
  );
  await client.connect();
  later();
  assert.equal(await background, "PONG");
});

test("a client ends while its provider hangs, and takes nothing from it afterwards", async () => {
  for (const [end, timeout] of [
    ["destroy", 5000],
    ["close", 200],
  ]) {
    let release;
    let started;
    const asked = new Promise((resolve) => {
      started = resolve;
    });
    const hanging = new Promise((resolve) => {
      release = resolve;
    });
    const provider = () => {
      started();
      return hanging;
    };
    const client = createClient(options(provider, { timeout }));
    const connecting = client.connect().catch((error) => error.code);
    await asked;
    await client[end]();
    assert.ok(["client.closed", "auth.unavailable", "client.timeout"].includes(await connecting));
    release(secret());
    await new Promise(setImmediate);
    assert.equal(client.status().state, "closed");
    await assert.rejects(client.supply("credentials", "x"), { code: "client.closed" });
  }
});

test("a stream of secrets: next ones are used at once, mistakes are told", async () => {
  let listener;
  let subscribed = 0;
  let disposed = 0;
  const errors = [];
  const provider = {
    type: "streaming-credentials-provider",
    async subscribe(given) {
      subscribed++;
      listener = given;
      return [{ username: "default", password: secret() }, { dispose: () => disposed++ }];
    },
    onReAuthenticationError: (error) => errors.push(error),
  };
  const client = await createClient(options(provider, { name: "stream" })).connect();
  const work = busy(client);
  await work.more(100);
  await lab.verb("rotate-password", "--overlap");
  const renewed = told(client, "reauthenticated");
  listener.onNext({ username: "default", password: secret() });
  await renewed;
  await lab.verb("rotate-password", "--finish");
  await work.more(100);

  const failed = told(client, "reauth_failed");
  listener.onNext({ username: "default", password: "not-it" });
  await failed;
  await new Promise(setImmediate);
  assert.equal(errors.pop().code, "auth.rejected");
  listener.onNext({ username: "default" });
  assert.match(errors.pop().message, /either a password or a token/);
  listener.onError(new Error("the stream broke"));
  assert.match(errors.pop().message, /the stream broke/);
  const mended = told(client, "reauthenticated");
  listener.onNext({ username: "default", password: secret() });
  await mended;
  await work.stop();
  assert.equal(client.status().counters.connects, 1);
  assert.deepEqual([subscribed, disposed], [1, 0]);
  await client.close();
  await new Promise(setImmediate);
  assert.equal(disposed, 1);
  listener.onNext({ password: "late" });
  await client.connect();
  assert.equal(subscribed, 2);
});

test("CAs rotate under load, from a provider and by supply", async () => {
  const bundle = () => readFileSync(lab.facts.ca_file);
  const { host, port } = lab.facts;
  for (const supplied of [false, true]) {
    const client = createClient({
      host,
      port,
      passwordFile: lab.facts.password_file,
      distrustGrace: 6000,
      ...(supplied ? { caPem: bundle() } : { trustProvider: () => [bundle()] }),
    });
    client.on("error", (error) => assert.fail(error));
    await client.connect();
    const work = busy(client);
    const change = async (generation) => {
      const rotated = told(
        client,
        "rotation",
        (fact) => fact.material === "trust" && fact.generation === generation,
      );
      if (supplied) {
        await client.supply("trust", bundle());
      } else {
        client.reload();
      }
      await rotated;
    };
    await lab.verb("add-ca");
    await change("2");
    await work.more(100);
    await lab.verb("switch-leaf");
    await lab.verb("drop-ca");
    const replaced = told(client, "replaced");
    await change("3");
    await replaced;
    await work.more(100);
    await work.stop();
    const { counters } = client.status();
    assert.deepEqual([counters.replacements, counters.reconnects, counters.failures], [1, 0, 0]);
    client.destroy();
  }
});

test("supply refuses what is no good, and what was good stays", async () => {
  const client = await createClient(lab.options()).connect();
  for (const [material, content, code] of [
    ["trust", "", "trust.empty"],
    ["trust", [], "trust.unreadable"],
    ["trust", [Buffer.alloc(0)], "trust.empty"],
    ["credentials", { password: "" }, "auth.unavailable"],
    ["identity", { cert: "x", key: "y" }, "client.misuse"],
    ["crl", "x", "client.misuse"],
    ["trust", 5, "client.misuse"],
    ["credentials", null, "client.misuse"],
    ["identity", undefined, "client.misuse"],
    ["toString", "x", "client.misuse"],
  ]) {
    await assert.rejects(client.supply(material, content), { code }, `${material} ${code}`);
  }
  assert.equal(await client.ping(), "PONG");
  await client.supply("credentials", secret());
  await client.supply("trust", readFileSync(lab.facts.ca_file, "utf8"));
  assert.equal(await client.ping(), "PONG");
});

test("an identity from a provider is used, or says what is wrong", async () => {
  const pki = (name) => readFileSync(join(lab.folder, "pki", name), "utf8");
  const [cert, plain] = [pki("leaf-0001.pem"), pki("leaf-0001.key")];
  const passphrase = "opens-the-key";
  const key = createPrivateKey(plain).export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase,
  });
  const proven = await createClient(
    lab.options({ identityProvider: async () => ({ cert: [cert], key, passphrase }) }),
  ).connect();
  assert.match(proven.status().identity.subject, /redlatch lab server/);
  await proven.supply("identity", { cert, key: plain });
  await assert.rejects(proven.supply("identity", { cert, key, passphrase: "wrong" }), (error) => {
    assert.equal(error.family, "identity");
    return !inspect(error).includes("wrong");
  });
  const client = createClient(lab.options({ identityProvider: () => ({ cert: "x", key: "y" }) }));
  await assert.rejects(client.connect(), { code: "identity.malformed" });
  const failing = createClient(
    lab.options({ identityProvider: () => Promise.reject(new Error("no key store")) }),
  );
  await assert.rejects(failing.connect(), {
    code: "identity.unreadable",
    message: /Error: no key store/,
  });
});

test("nothing that can be printed shows a secret", async () => {
  const password = secret();
  const { host, port, ca_file } = lab.facts;
  for (const client of [
    createClient(options(() => ({ password: secret(), expiresIn: 3600 }))),
    createClient({ host, port, caFile: ca_file, password }),
    createClient(
      options({
        type: "streaming-credentials-provider",
        subscribe: async () => [{ password: secret() }, { dispose() {} }],
      }),
    ),
  ]) {
    const events = [];
    client.on("event", (fact) => events.push(fact));
    await client.connect();
    const how = { depth: 20, showHidden: true, getters: true };
    const shown = inspect([client, client.status(), events], how);
    assert.ok(!shown.includes(password));
    client.destroy();
  }
});
