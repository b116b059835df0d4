// Replies of every shape, as node-redis gives them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient, MultiErrorReply, RESP_TYPES, ServerError } from "../dist/index.mjs";
import { Lab } from "./lab.mjs";

let lab;
before(async () => {
  lab = await Lab.up();
});
after(() => lab.down());

for (const RESP of [2, 3]) {
  describe(`RESP${RESP}`, () => {
    let client;
    before(async () => {
      client = await createClient(lab.options({ RESP })).connect();
      await client.sendCommand(["FLUSHDB"]);
    });
    after(() => client.close());

    test("strings, numbers and nothing", async () => {
      assert.equal(await client.ping(), "PONG");
      assert.equal(await client.ping("hello"), "hello");
      assert.equal(await client.set("key", "value"), "OK");
      assert.equal(await client.get("key"), "value");
      assert.equal(await client.get("missing"), null);
      assert.equal(await client.incr("number"), 1);
      assert.equal(await client.exists(["key", "number", "missing"]), 2);
      assert.equal(await client.expire("key", 100), 1);
      assert.equal(await client.del(["key", "number"]), 2);
      assert.equal(await client.del("key"), 0);
    });

    test("options of SET", async () => {
      assert.equal(await client.set("s", 1, { EX: 100, NX: true }), "OK");
      assert.equal(await client.set("s", 2, { NX: true }), null);
      assert.equal(await client.set("s", 3, { XX: true, GET: true, KEEPTTL: true }), "1");
      assert.equal(await client.sendCommand(["TTL", "s"]), 100);
      assert.equal(await client.set("s", 4, { expiration: { type: "PX", value: 5000 } }), "OK");
      assert.equal(await client.set("s", 4, { condition: "XX", expiration: "KEEPTTL" }), "OK");
      assert.equal(await client.SET("s", 5, { PX: 1e6 }), "OK");
    });

    test("lists and maps", async () => {
      await client.set("a", "1");
      assert.deepEqual(await client.mGet(["a", "none"]), ["1", null]);
      assert.deepEqual(await client.mget(["a", "none"]), ["1", null]);
      assert.equal(await client.hSet("h", "f", "v"), 1);
      assert.equal(await client.hSet("h", { g: 2, __proto__x: "y" }), 2);
      assert.equal(await client.hSet("h", new Map([["m", "n"]])), 1);
      assert.equal(await client.hSet("h", [["t", "u"]]), 1);
      assert.equal(await client.hSet("h", "__proto__", "safe"), 1);
      assert.equal(await client.hGet("h", "f"), "v");
      const all = await client.hGetAll("h");
      assert.deepEqual(Object.entries(all).sort(), [
        // node-redis's own definition loses it from RESP2's flat lists.
        ...(RESP === 3 ? [["__proto__", "safe"]] : []),
        ["__proto__x", "y"],
        ["f", "v"],
        ["g", "2"],
        ["m", "n"],
        ["t", "u"],
      ]);
      assert.deepEqual({ ...(await client.hGetAll("none")) }, {});
    });

    test("text beyond ASCII, and long text", async () => {
      for (const text of [
        "é",
        "日本語",
        "🚀".repeat(40),
        "x".repeat(71),
        "x".repeat(73),
        "",
        "\0",
      ]) {
        assert.equal(await client.set(`text ${text}`, text), "OK");
        assert.equal(await client.get(`text ${text}`), text);
      }
    });

    test("binary keys and values", async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
      await client.set(bytes, bytes);
      const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      assert.deepEqual(await binary.get(bytes), bytes);
      assert.deepEqual(await binary.get(new Uint8Array(bytes)), bytes);
      assert.equal(await binary.get("missing"), null);
      assert.deepEqual(await binary.hGetAll("h").then((all) => all.f), Buffer.from("v"));
      assert.deepEqual(await binary.multi().get(bytes).get("a").exec(), [bytes, Buffer.from("1")]);
      // The client itself still gives text.
      assert.equal(await client.get("a"), "1");
      const options = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };
      assert.deepEqual(await client.sendCommand(["GET", "a"], options), Buffer.from("1"));
    });

    test("values of 1 MiB", async () => {
      const text = "0123456789abcdef".repeat(65536);
      const bytes = Buffer.alloc(1 << 20, "é");
      const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      await Promise.all([client.set("big text", text), client.set("big bytes", bytes)]);
      const [one, two] = await Promise.all([client.get("big text"), binary.get("big bytes")]);
      assert.ok(one === text);
      assert.ok(two.equals(bytes));
      assert.equal(await client.get("big bytes"), bytes.toString());
    });

    test("100 000 elements, and deep nesting", async () => {
      const script = "local t = {} for i = 1, 100000 do t[i] = i end return t";
      const list = await client.sendCommand(["EVAL", script, "0"]);
      assert.equal(list.length, 100_000);
      assert.equal(list[99_999], 100_000);
      const nest = "local t = {'core'} for i = 1, 100 do t = {t} end return t";
      let deep = await client.sendCommand(["EVAL", nest, "0"]);
      for (let depth = 0; depth < 100; depth++) {
        assert.equal(deep.length, 1);
        [deep] = deep;
      }
      assert.deepEqual(deep, ["core"]);
    });

    test("error replies keep the server's words", async () => {
      await client.set("text", "abc");
      await assert.rejects(client.incr("text"), {
        name: "ServerError",
        code: "server.error",
        message: "ERR value is not an integer or out of range",
        maybeExecuted: false,
      });
      await assert.rejects(client.sendCommand(["LPUSH", "text", "x"]), {
        code: "server.wrong_type",
        retry: "never",
      });
      const nested = await client.sendCommand([
        "EVAL",
        "return {1, redis.error_reply('ODD inside')}",
        "0",
      ]);
      assert.equal(nested[0], 1);
      assert.ok(nested[1] instanceof ServerError);
    });

    test("transactions and pipelines", async () => {
      const [set, raised, none] = await client
        .multi()
        .set("m", "1")
        .incr("m")
        .hGetAll("none")
        .exec();
      assert.deepEqual([set, raised, { ...none }], ["OK", 2, {}]);
      assert.deepEqual(await client.multi().exec(), []);
      const mixed = client.multi().set("m", "x").incr("m").get("m").exec();
      await assert.rejects(mixed, (error) => {
        assert.ok(error instanceof MultiErrorReply);
        assert.deepEqual(error.errorIndexes, [1]);
        assert.equal(error.replies[2], "x");
        return true;
      });
      const discarded = client.multi().set("m", "y").addCommand(["NOSUCH"]).exec();
      await assert.rejects(discarded, { name: "ServerError", message: /unknown command/ });
      assert.equal(await client.get("m"), "x");
      const pipeline = client.multi();
      for (let at = 0; at < 300; at++) {
        pipeline.set(`p${at}`, at).get(`p${at}`);
      }
      const replies = await pipeline.execAsPipeline();
      assert.equal(replies.length, 600);
      assert.equal(replies[599], "299");
      const spoilt = client.multi().incr("p1").lPush("p1", "x").hGet("p1", "f").incr("p1");
      await assert.rejects(spoilt.execAsPipeline(), { message: /^WRONGTYPE/ });
      assert.equal(await client.get("p1"), "3");
    });

    test("many at once keep their order", async () => {
      const numbers = await Promise.all(Array.from({ length: 20_000 }, () => client.incr("order")));
      assert.deepEqual(
        numbers,
        Array.from({ length: 20_000 }, (_, at) => at + 1),
      );
    });

    test("a command that blocks holds up nobody", async () => {
      const waiting = client.sendCommand(["BLPOP", "list", "0"]);
      assert.equal(await client.ping(), "PONG");
      await client.sendCommand(["RPUSH", "list", "item"]);
      assert.deepEqual(await waiting, ["list", "item"]);
    });

    test("commands that do not mix are refused", async () => {
      for (const args of [["SELECT", "1"], ["SUBSCRIBE", "c"], ["MULTI"]]) {
        await assert.rejects(client.sendCommand(args), { code: "client.misuse" });
      }
      assert.equal(await client.ping(), "PONG");
    });
  });
}

test("RESP3's own types", async () => {
  await using_(lab.options(), async (client) => {
    const script = (text) => client.sendCommand(["EVAL", `redis.setresp(3) ${text}`, "0"]);
    assert.equal(await script("return {double = 1.5}"), 1.5);
    assert.equal(await script("return true"), true);
    assert.equal(
      await script("return {big_number = '12345678901234567890123'}"),
      12345678901234567890123n,
    );
    assert.deepEqual({ ...(await script("return {map = {k = 'v'}}")) }, { k: "v" });
    assert.deepEqual(await script("return {set = {one = true}}"), ["one"]);
    assert.equal(
      await script("return {verbatim_string = {format = 'txt', string = 'words'}}"),
      "words",
    );
    assert.equal(await client.sendCommand(["HGETALL", "none"]).then(Object.keys).then(String), "");
  });
});

test("arguments of wrong types are refused, and nothing is sent", async () => {
  await using_(lab.options(), async (client) => {
    for (const wrong of [undefined, null, {}, [], true, Symbol("x"), () => {}]) {
      await assert.rejects(client.get(wrong), { code: "client.misuse" });
      await assert.rejects(client.set("k", wrong), { code: "client.misuse" });
      await assert.rejects(client.sendCommand(["GET", wrong]), { code: "client.misuse" });
    }
    await assert.rejects(client.sendCommand([]), { code: "client.misuse" });
    await assert.rejects(client.del(undefined), { code: "client.misuse" });
    await assert.rejects(client.multi().get(undefined).exec(), { code: "client.misuse" });
    assert.equal(await client.set("k", 12n), "OK");
    assert.equal(await client.get("k"), "12");
    assert.equal(client.status().counters.failures, 0);
  });
});

async function using_(options, body) {
  const client = await createClient(options).connect();
  try {
    await body(client);
  } finally {
    await client.close();
  }
}
