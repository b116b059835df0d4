// One Node.js client under load. Usage: node bench.mjs CLIENT TASKS SECONDS
import { readFileSync } from "node:fs";

const VALUE = "x".repeat(64);
const WARM_UP = 500;

const host = process.env.REDIS_HOST;
const port = Number(process.env.REDIS_PORT);
const password = readFileSync(process.env.REDIS_PASSWORD_FILE, "utf8").trim();
const ca = readFileSync(process.env.REDIS_SSL_CA_CERTS);

const makers = {
  async redlatch() {
    const { createClient } = await import("../../../node/dist/index.mjs");
    return createClient({ socket: { host, port, tls: true, ca: [ca] }, password }).connect();
  },
  async "node-redis"() {
    const { createClient } = await import("redis");
    const client = createClient({ socket: { host, port, tls: true, ca: [ca] }, password });
    return client.connect();
  },
  async ioredis() {
    const { Redis } = await import("ioredis");
    return new Redis({ host, port, password, tls: { ca }, enableAutoPipelining: true });
  },
};

const [name, tasks, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const client = await makers[name]();
await client.set("bench", VALUE);

let commands = 0;
let over = false;

async function work() {
  while (!over) {
    await client.get("bench");
    commands += 1;
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const running = Array.from({ length: tasks }, work);
await pause(WARM_UP);
commands = 0;
const [cpu, start] = [process.cpuUsage(), performance.now()];
await pause(seconds * 1000);
const used = process.cpuUsage(cpu);
const found = {
  commands,
  seconds: (performance.now() - start) / 1000,
  cpu_seconds: (used.user + used.system) / 1e6,
};
over = true;
await Promise.all(running);
console.log(JSON.stringify(found));
process.exit(0);
