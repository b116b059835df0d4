// Failures to connect: each is coded, says what to do, and comes in time.
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AuthError, createClient, NetError, RedlatchError, TlsError } from "../dist/index.mjs";
import { Lab } from "./lab.mjs";

let lab;
let other;
before(async () => {
  [lab, other] = await Promise.all([Lab.up(), Lab.up()]);
});
after(() => Promise.all([lab.down(), other.down()]));

/** The error of `connect`; the client must be closed afterwards. */
async function refused(options) {
  const client = createClient(options);
  const error = await client.connect().then(
    () => assert.fail("connected"),
    (reason) => reason,
  );
  assert.equal(client.isOpen, false);
  assert.equal(client.isReady, false);
  assert.ok(error instanceof RedlatchError);
  assert.ok(error.remedy.length > 0);
  return error;
}

test("an untrusted CA is tls.untrusted, with fingerprints", async () => {
  const error = await refused(lab.options({ caFile: other.facts.ca_file }));
  assert.ok(error instanceof TlsError);
  assert.equal(error.name, "TlsError");
  assert.equal(error.code, "tls.untrusted");
  assert.equal(error.retry, "after_rotation");
  assert.equal(error.maybeExecuted, false);
  const facts = JSON.stringify(error.evidence);
  assert.match(facts, /issuer/);
  assert.match(facts, /[0-9a-f]{64}/);
});

test("a wrong password is auth.rejected at once", async () => {
  const { ca_file, host, port, password } = lab.facts;
  const error = await refused({ host, port, caFile: ca_file, password: `not-${password}` });
  assert.ok(error instanceof AuthError);
  assert.equal(error.code, "auth.rejected");
  assert.ok(!JSON.stringify([error, error.message, error.stack]).includes(password));
});

test("no password is auth.required", async () => {
  const { ca_file, host, port } = lab.facts;
  assert.equal((await refused({ host, port, caFile: ca_file })).code, "auth.required");
});

test("the name in the certificate is checked", async () => {
  const error = await refused(lab.options({ expectedName: "elsewhere.example" }));
  assert.equal(error.code, "tls.name_mismatch");
  const client = await createClient(
    lab.options({ expectedName: "elsewhere.example", verify: "ca" }),
  ).connect();
  await client.close();
});

test("a plaintext port that never answers is tls.timeout, and says so", async () => {
  const sockets = new Set();
  const server = createServer((socket) => sockets.add(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const error = await refused(
    lab.options({ port: server.address().port, handshakeTimeout: 200, verify: "ca" }),
  );
  assert.equal(error.code, "tls.timeout");
  assert.match(`${error.message} ${error.remedy}`, /plaintext port/);
  for (const socket of sockets) {
    socket.destroy();
  }
  server.close();
});

test("a server that answers in clear is tls.plaintext_peer", async () => {
  const server = createServer((socket) => socket.end("-ERR what is this\r\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const error = await refused(lab.options({ port: server.address().port, verify: "ca" }));
  assert.equal(error.code, "tls.plaintext_peer");
  server.close();
});

test("TLS on a server without TLS, and the other way round", async () => {
  const { host, port } = lab.facts;
  const error = await refused({ host, port, timeout: 500 });
  assert.ok(["net.closed", "protocol.malformed", "net.timeout"].includes(error.code), error.code);
});

test("nobody listens: transient, until the deadline", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  const client = createClient({ host: "127.0.0.1", port, timeout: 300 });
  let attempts = 0;
  client.on("error", (error) => {
    assert.equal(error.code, "net.refused");
    attempts++;
  });
  const error = await client.connect().catch((reason) => reason);
  assert.ok(error instanceof NetError);
  assert.equal(error.code, "net.refused");
  assert.ok(attempts >= 2, `${attempts} attempts`);
});

test("a name that does not exist is net.dns", async () => {
  const error = await refused({ host: "nowhere.invalid", timeout: 300 });
  assert.equal(error.code, "net.dns");
});

test("a missing Unix socket is net.refused; a missing CA is trust.unreadable", async () => {
  assert.equal((await refused({ path: "/nonexistent.sock", timeout: 200 })).code, "net.refused");
  const error = await refused(lab.options({ caFile: "/nonexistent.pem" }));
  assert.equal(error.code, "trust.unreadable");
});

test("bad CA files are told apart", async () => {
  const file = join(lab.root, "bad.pem");
  const key =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAA\n-----END PRIVATE KEY-----";
  for (const [text, code] of [
    ["", "trust.empty"],
    ["no certificate", "trust.empty"],
    [key, "trust.private_key"],
    ["-----BEGIN CERTIFICATE-----\nMIIB\n", "trust.malformed"],
  ]) {
    writeFileSync(file, text);
    const error = await refused(lab.options({ caFile: file }));
    assert.equal(error.code, code);
    assert.ok(!JSON.stringify([error, error.message]).includes("MC4CAQ"));
  }
});

test("a client that failed to connect can connect later", async () => {
  const client = createClient(lab.options({ timeout: 300, backoffMin: 10 }));
  await lab.verb("kill");
  await assert.rejects(client.connect(), { code: "net.refused" });
  await lab.verb("restart");
  await client.connect();
  assert.equal(await client.ping(), "PONG");
  await client.close();
  await client.connect();
  assert.equal(await client.ping(), "PONG");
  await assert.rejects(client.connect(), { code: "client.misuse" });
  await client.close();
  assert.throws(() => client.destroy(), { code: "client.closed" });
});
