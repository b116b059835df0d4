// Node.js clients under load. Usage: node bench.mjs CLIENT, orders on stdin
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { makers } from "./clients.mjs";

const make = makers[process.argv[2]];

const scenarios = {
  async gets(order) {
    return served(order, async (client, { key, value, tasks }) => {
      await client.set(key, value);
      assert.equal(await client.get(key), value);
      return repeated(order, () => client.get(key), { tasks });
    });
  },
  async gets_bytes(order) {
    return served(order, async (client, { key, value }) => {
      await client.set(key, value);
      assert.equal(Buffer.compare(await client.getBytes(key), Buffer.from(value)), 0);
      return repeated(order, () => client.getBytes(key));
    });
  },
  async sets(order) {
    return served(order, (client, { key, value }) => repeated(order, () => client.set(key, value)));
  },
  async sets_bytes(order) {
    return served(order, (client, { key, value }) => {
      const bytes = Buffer.from(value);
      return repeated(order, () => client.set(key, bytes));
    });
  },
  pipelines: (order) => bursts(order, "pipeline"),
  multis: (order) => bursts(order, "multi"),
  connects_anew: (order) => connects(order, false),
  connects_again: (order) => connects(order, true),
};

async function served({ scenario, tasks, size, seconds }, work) {
  const client = await make({ again: false });
  const facts = { scenario, tasks, seconds, key: `bench:${size}`, value: "x".repeat(size) };
  try {
    return await work(client, facts);
  } finally {
    await client.close();
  }
}

function bursts(order, way) {
  return served(order, async (client, { key, value, tasks: count }) => {
    await client.set(key, value);
    assert.deepEqual(await client[way](key, count), Array(count).fill(value));
    return repeated(order, () => client[way](key, count), { commands: count });
  });
}

function connects(order, again) {
  return repeated(order, async () => {
    const client = await make({ again });
    await client.ping();
    await client.close();
  });
}

/** So many tasks do it again and again; each time counts as so many commands. */
async function repeated({ seconds }, once, { tasks = 1, commands = 1 } = {}) {
  let times = 0;
  let over = false;
  const work = async () => {
    while (!over) {
      await once();
      times++;
    }
  };
  const running = Array.from({ length: tasks }, work);
  // Code that runs often enough is compiled again.
  await pause(Math.max(300, (seconds * 1000) / 4) + tasks);
  times = 0;
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  await pause(seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const found = {
    commands: times * commands,
    seconds: (performance.now() - start) / 1000,
    cpu_seconds: (user + system) / 1e6,
  };
  over = true;
  await Promise.all(running);
  return found;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  console.log(JSON.stringify(await scenarios[order.scenario](order)));
}
process.exit(0);
