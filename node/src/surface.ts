// A method for each of node-redis's commands, from its own definitions, and for what users attach:
// modules, functions and scripts.
import COMMANDS from "@redis/client/dist/lib/commands";
import type {
  Command,
  RedisFunction,
  RedisFunctions,
  RedisModules,
  RedisScript,
  RedisScripts,
  TransformReply,
} from "@redis/client/dist/lib/RESP/types";
import type { Argument } from "./packer";
import type { Parser } from "./parser";

// biome-ignore lint/suspicious/noExplicitAny: each command has other arguments.
type Parse = (parser: Parser, ...args: any[]) => void;

/** What is attached besides node-redis's own commands. */
export interface Attached {
  readonly modules?: RedisModules;
  readonly functions?: RedisFunctions;
  readonly scripts?: RedisScripts;
}

/** How a command is packed, and what becomes of its reply. */
export interface Definition {
  readonly parse: Parse;
  /** Goes before what is parsed. */
  readonly prefix: readonly Argument[];
  /** By version of RESP. */
  readonly transforms: Readonly<Record<2 | 3, TransformReply | undefined>>;
  readonly script: RedisScript | undefined;
}

/** Runs a command of a client, or queues it. */
export type Run<Self> = (self: Self, definition: Definition, args: unknown[]) => unknown;

/** Gives a class a method for each command, unless it has one of its own. */
export function attachCommands<Self>(prototype: object, run: Run<Self>): void {
  for (const [name, command] of Object.entries(COMMANDS)) {
    if (!(name in prototype)) {
      attach(prototype, name, method(define(command as Command), run));
    }
  }
}

/** Gives a class modules and functions, as namespaces, and scripts. */
export function attachMore<Self extends object>(
  prototype: object,
  { modules = {}, functions = {}, scripts = {} }: Attached,
  run: Run<Self>,
): void {
  for (const [space, commands] of Object.entries(modules)) {
    const found = Object.entries(commands);
    attachSpace(prototype, space, run, new Map(found.map(([name, it]) => [name, define(it)])));
  }
  for (const [space, commands] of Object.entries(functions)) {
    const found = Object.entries(commands).map(([name, it]): [string, Definition] => [
      name,
      define(it, called(name, it)),
    ]);
    attachSpace(prototype, space, run, new Map(found));
  }
  for (const [name, script] of Object.entries(scripts)) {
    attach(prototype, name, method(define(script, [], script), run));
  }
}

/** The definition of one of node-redis's commands. */
export function defined(name: keyof typeof COMMANDS): Definition {
  return define(COMMANDS[name] as unknown as Command);
}

/** The number of keys as a script or function is told it; none if its own arguments do. */
export function keyCount({ NUMBER_OF_KEYS }: { NUMBER_OF_KEYS?: number }): string[] {
  return NUMBER_OF_KEYS === undefined ? [] : [NUMBER_OF_KEYS.toString()];
}

function define(
  command: Command,
  prefix: readonly Argument[] = [],
  script?: RedisScript,
): Definition {
  const transform = command.transformReply as
    | TransformReply
    | Record<number, TransformReply | undefined>
    | undefined;
  const transforms =
    typeof transform === "object"
      ? { 2: transform[2], 3: transform[3] }
      : { 2: transform, 3: transform };
  return { parse: command.parseCommand as unknown as Parse, prefix, transforms, script };
}

function called(name: string, it: RedisFunction): string[] {
  return [it.IS_READ_ONLY ? "FCALL_RO" : "FCALL", name, ...keyCount(it)];
}

function method<Self>(definition: Definition, run: Run<Self>) {
  return function (this: Self, ...args: unknown[]): unknown {
    return run(this, definition, args);
  };
}

function attach(prototype: object, name: string, value: unknown): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

/** A namespace belongs to the client or view that it is read from. */
function attachSpace<Self extends object>(
  prototype: object,
  name: string,
  run: Run<Self>,
  definitions: ReadonlyMap<string, Definition>,
): void {
  const spaces = new WeakMap<Self, object>();
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: Self) {
      let space = spaces.get(this);
      if (space === undefined) {
        space = {};
        for (const [command, definition] of definitions) {
          attach(space, command, (...args: unknown[]) => run(this, definition, args));
        }
        spaces.set(this, space);
      }
      return space;
    },
  });
}
