// What node-redis's definitions of commands write their arguments to.
import type { CommandIdentifier, CommandParser } from "@redis/client/dist/lib/client/parser";
import type { RedisArgument } from "@redis/client/dist/lib/RESP/types";
import type { Argument } from "./packer";

type Many = RedisArgument | readonly RedisArgument[];

export class Parser implements CommandParser {
  redisArgs: RedisArgument[] = [];
  keys: RedisArgument[] = [];
  preserve: unknown;

  /** `prefix` goes before each key. */
  constructor(private readonly prefix?: RedisArgument) {}

  /** Starts over. */
  clear(): void {
    this.redisArgs = [];
    this.keys = [];
    this.preserve = undefined;
  }

  get firstKey(): RedisArgument | undefined {
    return this.keys[0];
  }

  get commandIdentifier(): CommandIdentifier {
    const [command, subcommand] = this.redisArgs;
    return { command: String(command), subcommand: subcommand && String(subcommand) };
  }

  push(...args: RedisArgument[]): void {
    this.redisArgs.push(...args);
  }

  pushVariadic(values: Many): void {
    for (const value of list(values)) {
      this.redisArgs.push(value);
    }
  }

  pushVariadicWithLength(values: Many): void {
    this.redisArgs.push(String(list(values).length));
    this.pushVariadic(values);
  }

  pushVariadicNumber(values: number | readonly number[]): void {
    for (const value of typeof values === "object" ? values : [values]) {
      this.redisArgs.push(value.toString());
    }
  }

  pushKey(key: RedisArgument, isPrefixed = true): void {
    const whole = isPrefixed ? this.prefixed(key) : key;
    this.keys.push(whole);
    this.redisArgs.push(whole);
  }

  pushKeys(keys: Many): void {
    for (const key of list(keys)) {
      this.pushKey(key);
    }
  }

  pushKeysLength(keys: Many): void {
    this.redisArgs.push(String(list(keys).length));
    this.pushKeys(keys);
  }

  /** The key as the server knows it. */
  prefixed<K extends Argument>(key: K): K | RedisArgument {
    const { prefix } = this;
    if (prefix === undefined || prefix.length === 0) {
      return key;
    }
    return typeof prefix === "string" && !(key instanceof Uint8Array)
      ? prefix + String(key)
      : Buffer.concat([Buffer.from(prefix), Buffer.from(key as string)]);
  }
}

function list(values: Many): readonly RedisArgument[] {
  return Array.isArray(values) ? values : [values as RedisArgument];
}
