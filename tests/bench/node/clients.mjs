// What is compared, each behind the same few words. A maker is told whether its TLS sessions may go on
// where earlier ones ended (`again`): a CA handed in as text is nobody else's for redlatch.
import { once } from "node:events";
import { readFileSync } from "node:fs";

const host = process.env.REDIS_HOST;
const port = Number(process.env.REDIS_PORT);
const password = readFileSync(process.env.REDIS_PASSWORD_FILE, "utf8").trim();
const caFile = process.env.REDIS_SSL_CA_CERTS;
const ca = readFileSync(caFile);

/** node-redis's way of asking, which is redlatch's too. */
function nodeRedis(client, RESP_TYPES) {
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const queued = (key, count) => {
    const multi = client.multi();
    for (let at = 0; at < count; at++) {
      multi.get(key);
    }
    return multi;
  };
  return {
    get: (key) => client.get(key),
    getBytes: (key) => bytes.get(key),
    set: (key, value) => client.set(key, value),
    pipeline: (key, count) => queued(key, count).execAsPipeline(),
    multi: (key, count) => queued(key, count).exec(),
    ping: () => client.ping(),
    close: () => client.close(),
  };
}

async function redlatch({ again }) {
  const { createClient, RESP_TYPES } = await import("../../../node/dist/index.mjs");
  const options = again
    ? { host, port, caFile, password }
    : { socket: { host, port, tls: true, ca: [ca] }, password };
  return nodeRedis(await createClient(options).connect(), RESP_TYPES);
}

async function redis() {
  const { createClient, RESP_TYPES } = await import("redis");
  const client = createClient({ socket: { host, port, tls: true, ca: [ca] }, password });
  return nodeRedis(await client.connect(), RESP_TYPES);
}

async function ioredis(options = {}) {
  const { Redis } = await import("ioredis");
  const client = new Redis({ host, port, password, tls: { ca }, ...options });
  await once(client, "ready");
  const fill = (queue, key, count) => {
    for (let at = 0; at < count; at++) {
      queue.get(key);
    }
    return queue.exec();
  };
  const values = (replies) => replies.map(([, value]) => value);
  return {
    get: (key) => client.get(key),
    getBytes: (key) => client.getBuffer(key),
    set: (key, value) => client.set(key, value),
    pipeline: async (key, count) => values(await fill(client.pipeline(), key, count)),
    multi: async (key, count) => values(await fill(client.multi(), key, count)),
    ping: () => client.ping(),
    close: async () => client.disconnect(),
  };
}

async function glide() {
  const { Batch, Decoder, GlideClient } = await import("@valkey/valkey-glide");
  const client = await GlideClient.createClient({
    addresses: [{ host, port }],
    credentials: { password },
    useTLS: true,
    // A request of 1 MiB takes longer than its default while the machine is busy.
    requestTimeout: 10_000,
    advancedConfiguration: { tlsAdvancedConfiguration: { rootCertificates: ca } },
  });
  const fill = (key, count, isAtomic) => {
    const batch = new Batch(isAtomic);
    for (let at = 0; at < count; at++) {
      batch.get(key);
    }
    return client.exec(batch, true);
  };
  const bytes = { decoder: Decoder.Bytes };
  return {
    get: (key) => client.get(key),
    getBytes: (key) => client.get(key, bytes),
    set: (key, value) => client.set(key, value),
    pipeline: (key, count) => fill(key, count, false),
    multi: (key, count) => fill(key, count, true),
    ping: () => client.ping(),
    close: async () => client.close(),
  };
}

export const makers = {
  redlatch,
  "node-redis": redis,
  ioredis: () => ioredis(),
  "ioredis pipelining": () => ioredis({ enableAutoPipelining: true }),
  "valkey-glide": glide,
};
