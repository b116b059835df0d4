// Calls the extension's functions with whatever there is, for a process of its own to survive: wrong
// types and counts, what is nearly right, and values that fight back.
//
// Usage: node storm.mjs FILE SEED ROUNDS
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [file, seed, rounds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const native = createRequire(import.meta.url)(file);
const names = Object.keys(native);
const codes = new Set(JSON.parse(native.codes()).map(({ code }) => code));

let state = seed >>> 0;
function below(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}
const of = (list) => list[below(list.length)];

const clients = [0, 1];
const lanes = [0, 1];
const links = [1];
const SETTINGS = [
  '{"host":"127.0.0.1","port":1}',
  '{"host":"127.0.0.1","port":1,"protocol":2,"max_connections":3}',
  '{"path":"/nowhere","provide_credentials":true}',
  '{"host":"127.0.0.1","tls":true,"provide_trust":true,"max_queue":10}',
];
const PING = Buffer.from("*1\r\n$4\r\nPING\r\n");
const REPLIES = [
  "+OK\r\n",
  "*0\r\n",
  "+PONG\r\n",
  "-ERR no\r\n",
  "%1\r\n+proto\r\n:3\r\n",
  "$5\r\nhello\r\n*2\r\n:1\r\n_\r\n",
  ">3\r\n+message\r\n+a\r\n+b\r\n",
  "~1\r\n,inf\r\n(123456789012345678901\r\n=7\r\ntxt:abc\r\n#t\r\n",
  "|1\r\n+a\r\n:1\r\n*1\r\n",
  "*1000000\r\n",
  "$99999999999\r\n",
  "\x15\x03\x01\x00\x02\x02\x28",
  "HTTP/1.1 400 Bad Request\r\n\r\n",
].map((text) => Buffer.from(text, "latin1"));

/** So that what was passed cannot be taken for what it was. */
function detach(array) {
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

const hostile = Object.assign(new Error("thrown by a value"), { code: "hostile" });
const own = new Uint8Array(64);

/** Of `install`: makes nothing, throws, calls back, or takes away what is being read. */
const converts = [
  (_, value) => value,
  () => undefined,
  () => {
    throw hostile;
  },
  (_, value) => {
    call(of(names), arguments_(of(names)));
    return value;
  },
  (_, value) => {
    if (own.length > 0) {
      detach(own);
    }
    return value;
  },
];

function records() {
  const count = below(3);
  const words = [];
  for (let at = 0; at < count; at++) {
    words.push(below(50), 0, 1 + below(3), 14 * (1 + below(2)), of([0, 5, 2 ** 32 - 1]));
    words.push(of([0, 1, 1 << 16, 0x03ff_0000, 2 ** 32 - 1]));
  }
  return new Uint8Array(Uint32Array.from(words).buffer);
}

function material() {
  return of([
    [],
    [Buffer.from("user"), Buffer.from("secret")],
    [Buffer.from('{"password":"p"}')],
    [detach(new Uint8Array(8))],
    [own, "text"],
    new Array(3),
    new Array(2 ** 32 - 1),
    new Proxy([Buffer.from("a")], {}),
    Object.defineProperty([PING], 0, {
      get() {
        throw hostile;
      },
    }),
    Object.defineProperty([PING, PING], 0, {
      get() {
        call("release", [of(clients)]);
        return detach(new Uint8Array(8));
      },
    }),
  ]);
}

/** What a function wants, more or less. */
function arguments_(name) {
  const [client, lane, link] = [of(clients), of(lanes), of(links)];
  const payload = of([PING, Buffer.concat([PING, PING]), own]);
  const packed = records();
  const bytes = of([...REPLIES, own, Buffer.alloc(1 << 16, below(256))]);
  switch (name) {
    case "install":
      return [of(converts)];
    case "readBundle":
      return [bytes, bytes.length];
    case "open":
      return [of(SETTINGS), below(2) === 0];
    case "submit":
      return [client, packed, packed.length, payload, payload.length];
    case "submitTo":
      return [client, lane, packed, packed.length, payload, payload.length];
    case "received":
      return [client, link, bytes, bytes.length];
    case "send":
      return [client, lane, bytes, bytes.length];
    case "dialFailed":
    case "closed":
      return [client, link, of(["", "ECONNREFUSED", "nonsense"]), "text"];
    case "openLane":
      return [client, of(["held", "listening", "wire", "bare wire", "other"])];
    case "mapLane":
      return [client, lane, below(2 ** 32)];
    case "supply":
      return [client, of(["trust", "identity", "credentials", "crl"]), below(3), material()];
    case "supplyFailed":
      return [client, of(["trust", "credentials"]), below(3), "why"];
    default:
      return [client, of([lane, link, below(50)])];
  }
}

function anything() {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  return of([
    undefined,
    null,
    true,
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    Number.MAX_VALUE,
    -(2 ** 63),
    1n,
    2n ** 70n,
    "",
    "text",
    "\ud800",
    "{}",
    "x".repeat(1 << 20),
    '{"url":"redis://:s3cr3t@x:y"}',
    "[".repeat(100_000),
    Symbol("s"),
    of(converts),
    class {},
    {},
    [],
    material(),
    new Date(),
    new Map(),
    Object.create(null),
    Promise.resolve(),
    new ArrayBuffer(8),
    new SharedArrayBuffer(8),
    new DataView(new ArrayBuffer(8)),
    new Float64Array(4),
    new Uint8ClampedArray(24),
    new Uint8Array(0),
    new Uint8Array(48).fill(1),
    new Uint8Array(new SharedArrayBuffer(24)),
    new Uint8Array(new ArrayBuffer(8, { maxByteLength: 1 << 16 })),
    own,
    detach(new Uint8Array(16)),
    detach(Buffer.from(new Uint8Array(16).buffer)),
    revoked.proxy,
    new Proxy(new Uint8Array(8), {}),
    new Proxy(
      {},
      {
        get() {
          throw hostile;
        },
      },
    ),
    { valueOf: () => 1, toString: () => "1", [Symbol.toPrimitive]: () => 1 },
    globalThis,
    process,
    native,
  ]);
}

function call(name, args) {
  let result;
  try {
    result = Reflect.apply(native[name], of([native, undefined, 5]), args);
  } catch (error) {
    if (error !== hostile) {
      assert.ok(codes.has(error.code), `${name}: ${error.stack}`);
      assert.ok(!error.code.startsWith("internal."), `${name}: ${error.message}`);
    }
    return;
  }
  if (name === "open" && typeof result === "number") {
    clients.push(result);
  } else if (name === "openLane" && typeof result === "number") {
    lanes.push(result);
  } else if (Array.isArray(result)) {
    // A link's number follows each 5, among others that are none.
    const at = result.indexOf(5);
    if (at >= 0 && typeof result[at + 1] === "number") {
      links.push(result[at + 1]);
    }
  }
  for (const list of [clients, lanes, links]) {
    list.splice(0, Math.max(0, list.length - 6));
  }
}

/** A session that is up, so that there is something to break. */
function logIn() {
  const client = native.open(SETTINGS[1], false);
  const record = new Uint8Array(Uint32Array.from([1, 0, 1, 14, 0, 0x03ff_0000]).buffer);
  const out = native.submit(client, record, record.length, PING, PING.length);
  const link = out[out.indexOf(5) + 1];
  native.dialed(client, link);
  for (const text of ["*0\r\n", "+OK\r\n", "+OK\r\n", "+PONG\r\n"]) {
    native.received(client, link, Buffer.from(text), text.length);
  }
  assert.ok(native.isReady(client));
  clients.push(client, client);
  links.push(link);
}

const LIKELY = ["submit", "received", "submitTo", "openLane", "connectLane", "send", "dialed"];
const RARE = ["open", "close", "release", "closed"];

const called = Object.fromEntries(names.map((name) => [name, 0]));
native.install(converts[0]);
for (let round = 0; round < rounds; round++) {
  if (below(30) === 0) {
    native.install(converts[0]);
    logIn();
  }
  let name = below(3) === 0 ? of(LIKELY) : of(names);
  if (RARE.includes(name) && below(4) > 0) {
    name = "received";
  }
  called[name]++;
  const args = arguments_(name);
  // As it is, with one argument that is something else, or all of them.
  const kind = below(3);
  if (kind === 1 && args.length > 0) {
    args[below(args.length)] = anything();
  } else if (kind === 2) {
    args.splice(0, args.length, ...Array.from({ length: below(8) }, anything));
  }
  call(name, args);
}
assert.ok(Object.values(called).every((times) => times > 0));
console.log("alive");
