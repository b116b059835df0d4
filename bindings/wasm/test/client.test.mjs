// The client against a real server: everything but the socket is inside WebAssembly.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { after, before, test } from "node:test";
import { event, Lab } from "../../../node/test/lab.mjs";
import { createClient, TlsError } from "../dist/index.js";

let lab;
before(async () => {
  lab = await Lab.up();
});
after(() => lab.down());

/** A client of the lab that is closed in the end. */
async function connected(t, options) {
  const client = createClient(options);
  client.on("error", () => {});
  t.after(() => client.isOpen && client.destroy());
  await client.connect();
  return client;
}

/** What the lab's files hold, for hosts without files. */
function contents() {
  const { ca_file, password_file } = lab.facts;
  return {
    ca: readFileSync(ca_file, "utf8"),
    password: readFileSync(password_file, "utf8").trim(),
  };
}

/** A socket as a pair of streams, as an edge worker has it; what goes through is shown to `seen`. */
function streams(seen = () => {}) {
  return async ({ hostname, port, signal }) => {
    const socket = connect({ host: hostname, port, signal });
    const { readable, writable } = Duplex.toWeb(socket);
    const watched = new TransformStream({
      transform(bytes, controller) {
        seen(bytes);
        controller.enqueue(bytes);
      },
    });
    watched.readable.pipeTo(writable).catch(() => {});
    const opened = new Promise((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
    });
    return { readable, writable: watched.writable, opened };
  };
}

test("commands over TLS with a password, and values of every size", async (t) => {
  const client = await connected(t, lab.options());
  assert.equal(await client.set("key", "wert ü 🔑"), "OK");
  assert.equal(await client.get("key"), "wert ü 🔑");
  assert.deepEqual(await client.hGetAll("none"), {});
  const large = "x".repeat(3_000_000);
  await client.set("large", large);
  assert.equal(await client.get("large"), large);
  const many = await Promise.all(Array.from({ length: 5000 }, () => client.incr("many")));
  assert.deepEqual(
    many,
    Array.from({ length: 5000 }, (_, at) => at + 1),
  );
  const [session] = client.status().sessions;
  assert.match(session.tls, /^TLSv1\.[23]$/);
  assert.equal(client.status().sessions.length, 1);
});

test("a host moves bytes only: what it sees is TLS, and no secret", async (t) => {
  const { host, port } = lab.facts;
  const { ca, password } = contents();
  const pieces = [];
  const dial = streams((bytes) => pieces.push(Buffer.from(bytes)));
  const options = { socket: { host, port, dial }, caPem: ca, password };
  const client = await connected(t, options);
  await client.set("seen", "a value that nobody sees");
  const large = "y".repeat(3_000_000);
  await client.set("large", large);
  assert.equal((await client.get("large")).length, large.length);
  const wire = Buffer.concat(pieces);
  // A handshake record, then a ClientHello.
  assert.deepEqual([wire[0], wire[1], wire[5]], [0x16, 0x03, 0x01]);
  for (const text of [password, "a value that nobody sees", "yyyyyyyy", "HELLO"]) {
    assert.ok(!wire.includes(text));
  }
  assert.ok(wire.length > large.length);
  await client.close();
});

test("a new CA in the file is followed while commands run", async (t) => {
  const client = await connected(t, lab.options({ pollInterval: "50ms", distrustGrace: "10s" }));
  const before = client.status().sessions[0].anchor_sha256;
  let running = true;
  const worker = (async () => {
    let count = 0;
    while (running) {
      assert.equal(await client.incr("rotated"), ++count);
    }
    return count;
  })();
  const rotated = event(client, "event", ({ kind }) => kind === "replaced");
  await lab.verb("add-ca");
  await lab.verb("switch-leaf");
  await lab.verb("drop-ca");
  await rotated;
  running = false;
  const count = await worker;
  assert.ok(count > 0);
  assert.equal(Number(await client.get("rotated")), count);
  assert.notEqual(client.status().sessions.find(({ active }) => active).anchor_sha256, before);
});

test("a new password is proven on the live connection, handed in without files", async (t) => {
  const { host, port } = lab.facts;
  const { ca, password } = contents();
  let secret = password;
  const client = await connected(t, {
    socket: { host, port, dial: streams() },
    caPem: ca,
    credentialsProvider: () => ({ password: secret }),
  });
  const id = await client.sendCommand(["CLIENT", "ID"]);
  const proven = event(client, "event", ({ kind }) => kind === "reauthenticated");
  await lab.verb("rotate-password");
  secret = contents().password;
  assert.notEqual(secret, password);
  await client.supply("credentials", secret);
  await proven;
  assert.equal(await client.sendCommand(["CLIENT", "ID"]), id);
});

test("the CAs are replaced by hand, and a removed one protects nothing", async (t) => {
  const { host, port, password_file } = lab.facts;
  const client = await connected(t, {
    host,
    port,
    trustProvider: () => contents().ca,
    passwordFile: password_file,
  });
  const stranger = await Lab.up();
  t.after(() => stranger.down());
  const distrusted = event(client, "event", ({ kind }) => kind === "distrusted");
  await client.supply("trust", readFileSync(stranger.facts.ca_file, "utf8"));
  assert.equal((await distrusted).kind, "distrusted");
  await assert.rejects(client.supply("trust", "no CA"), { code: "trust.empty" });
});

test("a server of another CA is refused at once, with its code and evidence", async (t) => {
  const stranger = await Lab.up();
  t.after(() => stranger.down());
  const { host, port } = lab.facts;
  const client = createClient({ host, port, caFile: stranger.facts.ca_file });
  client.on("error", () => {});
  await assert.rejects(client.connect(), (error) => {
    assert.ok(error instanceof TlsError);
    assert.equal(error.code, "tls.untrusted");
    assert.equal(error.retry, "after_rotation");
    assert.ok(error.remedy.length > 0 && Object.keys(error.evidence).length > 0);
    return true;
  });
});

test("a connection that cannot be made fails with its code", async () => {
  const refused = createClient({
    socket: {
      host: "cache",
      port: 1,
      dial: () => Promise.reject(Object.assign(new Error("no"), { code: "ECONNREFUSED" })),
    },
    caPem: contents().ca,
    timeout: 100,
  });
  refused.on("error", () => {});
  await assert.rejects(refused.connect(), { code: "net.refused" });
});
