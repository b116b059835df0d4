#!/usr/bin/env node
// A rate limit that all processes share: a token bucket in one script.
//
// Promised: no more than `burst` and what has been refilled since ever passes, by the server's
// clock, also while certificates rotate and the server restarts. An attempt whose answer was lost
// did not pass; its token may be spent. While Redis is away, attempts fail: whether that means yes
// or no is yours to say.
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { defineScript, fromEnv, RedlatchError } from "redlatch";

const HELP = `Usage: rate_limit.mjs [OPTIONS] KEY

Prints \`allowed\`, or \`denied\` and the seconds until the next token.

  --burst N         how often at once (10)
  --per-second N    how often in the long run (1)
  --attempts N      (1)
  --parallel N      attempts at the same time (1)
  --pause SECONDS   between two attempts (0)

REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is.`;

// KEYS: bucket. ARGV: burst, tokens per second. The bucket is forgotten once it would be full again.
const take = defineScript({
  SCRIPT: `
local burst, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(kept[1]) or burst, tonumber(kept[2]) or now
-- A clock that was set back refills nothing.
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
at = string.format('%.6f', math.max(now, at))
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', at)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 1000)
return tostring(wait)
`,
  NUMBER_OF_KEYS: 1,
  parseCommand(parser, key, burst, perSecond) {
    parser.pushKey(`limit:${key}`);
    parser.push(String(burst), String(perSecond));
  },
  /** 0 if it may happen now, else the seconds until it may. */
  transformReply: Number,
});

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    burst: { type: "string", default: "10" },
    "per-second": { type: "string", default: "1" },
    attempts: { type: "string", default: "1" },
    parallel: { type: "string", default: "1" },
    pause: { type: "string", default: "0" },
    help: { type: "boolean", short: "h" },
  },
});
if (options.help || positionals.length !== 1) {
  console.log(HELP);
  process.exit(options.help ? 0 : 2);
}

const seen = { allowed: 0, denied: 0, unanswered: 0 };
// Losses are told by the attempts they concern.
const redis = await fromEnv({ scripts: { take } })
  .on("error", () => {})
  .connect();
let left = Number(options.attempts);
const attempts = async () => {
  while (left-- > 0) {
    try {
      const wait = await redis.take(positionals[0], options.burst, options["per-second"]);
      seen[wait === 0 ? "allowed" : "denied"] += 1;
      console.log(wait === 0 ? "allowed" : `denied ${wait.toFixed(3)}`);
    } catch (error) {
      if (!(error instanceof RedlatchError) || error.retry === "never") {
        throw error;
      }
      seen.unanswered += 1;
      console.log("unanswered", error.code);
    }
    await sleep(Number(options.pause) * 1000);
  }
};
await Promise.all(Array.from({ length: Number(options.parallel) }, attempts));
await redis.close();
console.log(`allowed=${seen.allowed} denied=${seen.denied} unanswered=${seen.unanswered}`);
