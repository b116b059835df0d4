// The commands with methods of their own: how each is packed and what its reply becomes.
import type { Argument } from "./packer";
import type { Transform } from "./waiters";

/** One or several of a kind. */
export type Many<T> = T | readonly T[];
export type Key = string | Uint8Array;

export interface SetOptions {
  EX?: number;
  PX?: number;
  EXAT?: number;
  PXAT?: number;
  KEEPTTL?: boolean;
  expiration?:
    | "KEEPTTL"
    | { type: "KEEPTTL" }
    | { type: "EX" | "PX" | "EXAT" | "PXAT"; value: number };
  NX?: boolean;
  XX?: boolean;
  condition?: "NX" | "XX";
  GET?: boolean;
}

type Fields =
  | Readonly<Record<string, Argument>>
  | ReadonlyMap<Argument, Argument>
  | readonly (readonly [Argument, Argument])[]
  | readonly Argument[];

export interface Definition {
  pack(...args: never[]): Argument[];
  readonly shape?: Transform;
}

export const definitions = {
  ping: { pack: (message?: Argument) => (message === undefined ? ["PING"] : ["PING", message]) },
  get: { pack: (key: Key) => ["GET", key] },
  set: {
    pack: (key: Key, value: Argument, options?: SetOptions) =>
      options === undefined ? ["SET", key, value] : ["SET", key, value, ...setOptions(options)],
  },
  del: { pack: (keys: Many<Key>) => ["DEL", ...many(keys)] },
  exists: { pack: (keys: Many<Key>) => ["EXISTS", ...many(keys)] },
  expire: {
    pack: (key: Key, seconds: number, mode?: "NX" | "XX" | "GT" | "LT") =>
      mode === undefined ? ["EXPIRE", key, seconds] : ["EXPIRE", key, seconds, mode],
  },
  incr: { pack: (key: Key) => ["INCR", key] },
  mGet: { pack: (keys: readonly Key[]) => ["MGET", ...keys] },
  hGet: { pack: (key: Key, field: Key) => ["HGET", key, field] },
  hSet: {
    pack: (key: Key, field: Argument | Fields, value?: Argument) =>
      value === undefined
        ? ["HSET", key, ...pairs(field as Fields)]
        : ["HSET", key, field as Argument, value],
  },
  hGetAll: { pack: (key: Key) => ["HGETALL", key], shape: object },
} satisfies Record<string, Definition>;

export type Definitions = typeof definitions;
export type CommandName = keyof Definitions;

/** What each command resolves to; `Text` is the type of strings. */
export interface Replies<Text> {
  ping: Text;
  get: Text | null;
  set: Text | null;
  del: number;
  exists: number;
  expire: number;
  incr: number;
  mGet: (Text | null)[];
  hGet: Text | null;
  hSet: number;
  hGetAll: Record<string, Text>;
}

/** A method per command, in node-redis's two spellings. */
export type CommandMethods<Text> = {
  [Name in CommandName as Name | Uppercase<Name>]: (
    ...args: Parameters<Definitions[Name]["pack"]>
  ) => Promise<Replies<Text>[Name]>;
};

/** The same, for a queue of commands. */
export type QueueMethods<Queue> = {
  [Name in CommandName as Name | Uppercase<Name>]: (
    ...args: Parameters<Definitions[Name]["pack"]>
  ) => Queue;
};

/** Gives a class the methods it lacks: each hands its packer and its arguments to `run`. */
export function attach(
  prototype: object,
  run: (self: never, definition: Definition, args: never[]) => unknown,
): void {
  for (const [name, definition] of Object.entries(definitions)) {
    const method =
      (prototype as Record<string, unknown>)[name] ??
      function (this: never, ...args: never[]): unknown {
        return run(this, definition, args);
      };
    for (const spelling of new Set([name, name.toUpperCase(), name.replace("mGet", "mget")])) {
      Object.defineProperty(prototype, spelling, {
        value: method,
        writable: true,
        configurable: true,
      });
    }
  }
}

function setOptions(options: SetOptions): Argument[] {
  const args: Argument[] = [];
  const { expiration } = options;
  if (typeof expiration === "string" || expiration?.type === "KEEPTTL") {
    args.push("KEEPTTL");
  } else if (expiration !== undefined) {
    args.push(expiration.type, expiration.value);
  } else {
    const unit = (["EX", "PX", "EXAT", "PXAT"] as const).find(
      (name) => options[name] !== undefined,
    );
    if (unit !== undefined) {
      args.push(unit, options[unit] as number);
    } else if (options.KEEPTTL) {
      args.push("KEEPTTL");
    }
  }
  const condition = options.condition ?? (options.NX ? "NX" : options.XX ? "XX" : undefined);
  if (condition !== undefined) {
    args.push(condition);
  }
  if (options.GET) {
    args.push("GET");
  }
  return args;
}

function many(keys: Many<Key>): readonly Key[] {
  return typeof keys === "string" || keys instanceof Uint8Array ? [keys] : keys;
}

function pairs(fields: Fields): Argument[] {
  if (fields instanceof Map) {
    return [...fields].flat();
  }
  return (Array.isArray(fields) ? fields : Object.entries(fields)).flat();
}

/** RESP2 sends a map as a list of keys and values in turn. */
function object(reply: unknown): unknown {
  if (!Array.isArray(reply)) {
    return reply;
  }
  const made = Object.create(null);
  for (let at = 0; at < reply.length; at += 2) {
    made[String(reply[at])] = reply[at + 1];
  }
  return made;
}
