// The state machine alone, over a host of thirty lines.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { Lab } from "../../../node/test/lab.mjs";
import { Driver } from "../dist/driver.js";

let lab;
before(async () => {
  lab = await Lab.up();
});
after(() => lab.down());

/** Carries out what a driver says; the rest of its actions go to `told`. */
class Host {
  links = new Map();
  told = [];

  constructor(driver) {
    this.driver = driver;
  }

  pump() {
    for (const action of this.driver.poll()) {
      const { kind, link } = action;
      if (kind === "dial") {
        const socket = connect({ host: action.host, port: action.port });
        this.links.set(link, socket);
        socket
          .on("connect", () => this.input(() => this.driver.dialed(link)))
          .on("data", (bytes) => this.input(() => this.driver.received(link, bytes)))
          .on("close", () => this.links.delete(link) && this.input(() => this.driver.closed(link)))
          .on("error", () => {});
      } else if (kind === "write") {
        this.links.get(link)?.write(action.bytes);
      } else if (kind === "hangup") {
        const socket = this.links.get(link);
        this.links.delete(link);
        socket?.[action.flush ? "destroySoon" : "destroy"]();
      } else {
        this.told.push(action);
        this.wake?.();
      }
    }
    clearTimeout(this.timer);
    const wait = this.driver.deadline() - performance.now();
    if (wait < 60_000) {
      this.timer = setTimeout(() => this.input(() => this.driver.tick()), Math.max(wait, 0));
    }
  }

  input(call) {
    if (!this.over) {
      call();
      this.pump();
    }
  }

  /** The first action of this kind that is told, and those before it are forgotten. */
  async next(kind, wanted = () => true) {
    for (;;) {
      for (let action = this.told.shift(); action !== undefined; action = this.told.shift()) {
        if (action.kind === kind && wanted(action)) {
          return action;
        }
      }
      await new Promise((resolve) => {
        this.wake = resolve;
      });
    }
  }

  close() {
    this.driver.close();
    this.pump();
    this.over = true;
    clearTimeout(this.timer);
  }
}

function open(t, more = {}) {
  const { host, port, ca_file, password_file } = lab.facts;
  const driver = new Driver({
    host,
    port,
    caPem: readFileSync(ca_file, "utf8"),
    password: readFileSync(password_file, "utf8").trim(),
    ...more,
  });
  const pumped = new Host(driver);
  t.after(() => pumped.close());
  return pumped;
}

test("commands, pipelines and bytes", async (t) => {
  const host = open(t);
  const { driver } = host;
  let ticket;
  host.input(() => {
    ticket = driver.submit(["SET", "wasm", new Uint8Array([0, 255, 13, 10])]);
  });
  const { value } = await host.next("reply", (reply) => reply.ticket === ticket);
  assert.equal(value, "OK");
  assert.ok(driver.isReady());
  host.input(() => {
    ticket = driver.submit(["GET", "wasm"], { bytes: true });
  });
  assert.deepEqual([...(await host.next("reply")).value], [0, 255, 13, 10]);
  host.input(() => {
    ticket = driver.submitAll([["MULTI"], ["INCR", "n"], ["INCR", "n"], ["EXEC"]]);
  });
  const replies = [];
  while (replies.length < 4) {
    const reply = await host.next("reply");
    assert.equal(reply.ticket, ticket);
    replies.push(reply.value);
  }
  assert.deepEqual(replies, ["OK", "QUEUED", "QUEUED", [1, 2]]);
  host.input(() => driver.submit(["GET"]));
  assert.equal((await host.next("reply")).value.code, "server.error");
});

test("a need is asked, and its answer used", async (t) => {
  const { password_file } = lab.facts;
  let asked = 0;
  const host = open(t, { password: undefined, credentialsProvider: () => asked++ });
  host.input(() => host.driver.submit(["PING"]));
  const { material, id } = await host.next("need");
  assert.equal(material, "credentials");
  const password = readFileSync(password_file, "utf8").trim();
  host.input(() => host.driver.supply("credentials", { password }, id));
  assert.equal((await host.next("reply")).value, "PONG");
  assert.equal(asked, 0);
});

test("subscriptions have a lane of their own", async (t) => {
  const host = open(t);
  const { driver } = host;
  const lane = driver.openLane("listening");
  host.pump();
  host.input(() => driver.submit(["SUBSCRIBE", "news"], { lane }));
  await host.next("push", ({ value }) => value[0] === "subscribe");
  host.input(() => driver.submit(["PUBLISH", "news", "hello"]));
  const { value } = await host.next("push");
  assert.deepEqual(value, ["message", "news", "hello"]);
});

test("settings that contradict each other, and calls after the end, are errors with codes", () => {
  assert.throws(() => new Driver({ caPem: "x", tls: false }), { code: "config.conflict" });
  assert.throws(() => new Driver({ nonsense: 1 }), { code: "config.unknown" });
  const driver = new Driver({ host: "127.0.0.1", port: 1 });
  driver.submit(["PING"]);
  driver.close();
  assert.equal(
    [...driver.poll()].find(({ kind }) => kind === "failure").error.code,
    "client.closed",
  );
  assert.throws(() => driver.submit(["PING"]), { code: "client.closed" });
  assert.equal(driver.status().state, "closed");
});
