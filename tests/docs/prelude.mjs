// What JavaScript examples of the book take for granted, each unless it makes one of its own.
import { readFileSync } from "node:fs";
import * as redlatch from "redlatch";

const password = readFileSync(process.env.REDIS_PASSWORD_FILE, "utf8").trim();
Object.assign(globalThis, {
  createClient: redlatch.createClient,
  vault: { token: async () => ({ token: password, expiresOn: new Date(Date.now() + 3_600_000) }) },
  client: await redlatch.fromEnv().connect(),
});
