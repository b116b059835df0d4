// Options: what is understood, what is refused, and that no error shows a secret.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import redlatch, { codes, createClient, fromEnv, RedlatchError } from "../dist/index.mjs";
import { Lab, packageFolder } from "./lab.mjs";

const inside = createRequire(import.meta.url);
const { table } = inside("../dist/settings.js");
const { families } = inside("../dist/error.js");
const SECRET = "s3cr3t-value";

let lab;
before(async () => {
  lab = await Lab.up();
});
after(() => lab.down());

/** The error that making a client throws. */
function refused(options, make = createClient) {
  try {
    make(options);
  } catch (error) {
    assert.ok(error instanceof RedlatchError, error.stack);
    const shown = `${error.stack}${JSON.stringify(error)}${error.message}`;
    assert.ok(!shown.includes(SECRET), shown);
    return error;
  }
  return assert.fail(`accepted ${Object.keys(options)}`);
}

test("node-redis's shape is understood", async () => {
  const { ca_file, host, password, port } = lab.facts;
  const ca = readFileSync(ca_file);
  for (const given of [ca, ca.toString(), [ca], [ca.toString(), ca]]) {
    const client = await createClient({
      socket: {
        host,
        port,
        tls: true,
        ca: given,
        rejectUnauthorized: true,
        connectTimeout: 5000,
        keepAlive: true,
        noDelay: true,
        minVersion: "TLSv1.2",
        servername: host,
      },
      username: "default",
      password,
      database: 0,
      name: "shape",
      RESP: 2,
      clientInfoTag: "tag",
      commandsQueueMaxLength: 1000,
      commandOptions: { timeout: 4000 },
      disableOfflineQueue: false,
    }).connect();
    assert.equal(await client.sendCommand(["CLIENT", "GETNAME"]), "shape");
    assert.match(await client.sendCommand(["CLIENT", "INFO"]), /resp=2/);
    await client.close();
  }
});

test("a URL with its query, and DER certificates", async () => {
  const { ca_file, host, password, port } = lab.facts;
  const url = `rediss://:${encodeURIComponent(password)}@${host}:${port}/0?ca_file=${ca_file}`;
  const client = await createClient({ url }).connect();
  assert.equal(await client.ping(), "PONG");
  await client.close();
  const body = readFileSync(ca_file, "utf8").match(/-----BEGIN CERTIFICATE-----([^-]+)/)[1];
  const der = Buffer.from(body, "base64");
  const other = await createClient({ socket: { host, port, ca: der }, password }).connect();
  await other.close();
});

test("settings of TLS and of commands reach the core", async () => {
  const { ca_file, host, password, password_file, port } = lab.facts;
  const secret = { passwordCommand: ["cat", password_file], commandTimeout: "5s" };
  const all = {
    host,
    port,
    caFiles: [ca_file],
    tlsMinVersion: "1.3",
    requireServerAuth: true,
    recycle: "always",
    dangerKeylogFile: join(lab.root, "keys.log"),
    ...secret,
  };
  const client = await createClient(all).connect();
  const { verification, dangers, recycle, require_server_auth, sessions } = client.status();
  assert.deepEqual([verification.min_version, verification.keylog], ["TLSv1.3", true]);
  assert.deepEqual(
    [dangers, recycle, require_server_auth],
    [["danger_keylog_file"], "always", true],
  );
  assert.equal(sessions[0].tls, "TLSv1.3");
  await client.close();

  const pinned = {
    host,
    port,
    caFile: ca_file,
    password,
    pinSha256: [Buffer.alloc(32).toString("base64")],
  };
  await assert.rejects(createClient(pinned).connect(), { code: "tls.pin_mismatch" });
  const strict = createClient({
    socket: { host, port, ca: readFileSync(ca_file), minVersion: "TLSv1.3" },
    password,
  });
  await strict.connect();
  assert.equal(strict.status().verification.min_version, "TLSv1.3");
  await strict.close();
  const failing = { host, port, caFile: ca_file, passwordCommand: "false", timeout: 200 };
  await assert.rejects(createClient(failing).connect(), { code: "auth.unavailable" });
});

test("any certificate, if that is what is asked for", async () => {
  const { host, password, port } = lab.facts;
  const client = createClient({
    socket: { host, port, tls: true, rejectUnauthorized: false },
    password,
  });
  const danger = new Promise((resolve) => client.on("event", resolve));
  await client.connect();
  assert.equal((await danger).kind, "danger");
  await client.close();
});

test("what cannot be honoured is config.unsupported, with the alternative", () => {
  for (const [options, setting] of [
    [{ socket: { checkServerIdentity: () => undefined } }, "socket.checkServerIdentity"],
    [{ socket: { reconnectStrategy: (tries) => tries } }, "socket.reconnectStrategy"],
    [{ socket: { reconnectStrategy: false } }, "socket.reconnectStrategy"],
    [{ socket: { maxVersion: "TLSv1.2" } }, "socket.maxVersion"],
    [{ socket: { crl: "-----BEGIN X509 CRL-----" } }, "socket.crl"],
    [{ provideCredentials: true }, "provideCredentials"],
    [{ clientSideCache: { ttl: 0 } }, "clientSideCache"],
    [{ commandOptions: { typeMapping: { 45: Buffer } } }, "typeMapping.45"],
  ]) {
    const error = refused(options);
    assert.equal(error.code, "config.unsupported");
    assert.equal(error.evidence.setting, setting);
  }
  const error = refused({ socket: { reconnectStrategy: () => 100 } });
  assert.equal(error.evidence.alternative, "backoffMin, backoffMax");
  const steady = createClient({ socket: { reconnectStrategy: 150 } });
  assert.deepEqual([steady.config.backoff_min, steady.config.backoff_max], [0.15, 0.15]);
});

test("mistakes are coded, and never show a secret", () => {
  for (const [options, code] of [
    [{ pasword: SECRET }, "config.unknown"],
    [{ socket: { pasword: SECRET } }, "config.unknown"],
    [{ port: "http" }, "config.invalid"],
    [{ socket: { port: 70_000 } }, "config.invalid"],
    [{ url: `redis://:${SECRET}@host:port` }, "config.invalid"],
    [{ url: `redis://:${SECRET}/x@host` }, "config.invalid"],
    [{ url: `http://:${SECRET}@host` }, "config.invalid"],
    [{ host: "a", socket: { host: "b" } }, "config.conflict"],
    [{ database: 1, db: 2 }, "config.conflict"],
    [{ password: SECRET, passwordFile: "/f" }, "config.conflict"],
    [{ socket: { tls: false, ca: "x" } }, "config.conflict"],
    [{ socket: { ca: [] } }, "config.invalid"],
    [{ socket: { ca: "" } }, "config.invalid"],
    [{ socket: { ca: [1] } }, "config.invalid"],
    [{ socket: "host" }, "config.invalid"],
    [{ socket: { noDelay: "yes" } }, "config.invalid"],
    [{ password: { toString: () => SECRET } }, "config.invalid"],
    [{ password: () => SECRET }, "config.invalid"],
    [{ timeout: -1 }, "config.invalid"],
    [{ timeout: Number.NaN }, "config.invalid"],
    [{ RESP: 4 }, "config.invalid"],
    [{ caFiles: [] }, "config.invalid"],
    [{ caFiles: [5] }, "config.invalid"],
    [{ pinSha256: [SECRET] }, "config.invalid"],
    [{ passwordCommand: [] }, "config.invalid"],
    [{ socket: { minVersion: "SSLv3" } }, "config.invalid"],
    [{ recycle: "sometimes" }, "config.invalid"],
    [{ keyPassword: SECRET }, "config.missing"],
    [{ caFile: "/a", caFiles: ["/b"] }, "config.conflict"],
    [{ password: SECRET, credentialsProvider: () => SECRET }, "config.conflict"],
    [{ credentialsProvider: SECRET }, "config.invalid"],
    [{ host: "far.example", password: SECRET }, "config.insecure"],
    [{ socket: { key: SECRET } }, "config.missing"],
  ]) {
    assert.equal(refused(options).code, code, JSON.stringify(Object.keys(options)));
  }
});

test("the environment", async () => {
  const kept = { ...process.env };
  try {
    Object.assign(process.env, lab.environment({ REDIS_PASS: SECRET }));
    const client = fromEnv({ name: "env" });
    const events = [];
    client.on("event", (event) => events.push(event));
    await client.connect();
    assert.equal(await client.sendCommand(["CLIENT", "GETNAME"]), "env");
    const warning = events.find(({ kind }) => kind === "warning");
    assert.match(warning.text, /REDIS_PASS is not read; did you mean REDIS_PASSWORD/);
    await client.close();
    process.env.REDIS_URL = `redis://:${SECRET}@elsewhere:1`;
    assert.equal(refused({}, fromEnv).code, "config.conflict");
  } finally {
    process.env = kept;
  }
});

test("every setting of the core has an option, every family a class", () => {
  const options = readFileSync(join(packageFolder, "src", "options.ts"), "utf8");
  const declared = options.slice(options.indexOf("interface ClientOptions"));
  for (const name of table.keys()) {
    const option = name.replace(
      /^provide([A-Z])(.*)/,
      (_, first, rest) => `${first.toLowerCase()}${rest}Provider`,
    );
    assert.match(declared, new RegExp(`\\b${option}\\?:`), option);
  }
  for (const { code, number, family, retry, sentence, remedy } of codes) {
    assert.ok(number > 0 && retry && sentence && remedy, code);
    assert.equal(redlatch[families[family].name], families[family]);
  }
  assert.equal(new Set(codes.map(({ family }) => family)).size, Object.keys(families).length);
});
