// The WebAssembly module and all that it is lent: bindings/wasm/src/imports.rs is the other side.
import { module } from "#module";
import { system } from "#system";
import type { Native } from "../../../node/src/native";

/** What the module makes of bundles without a client. */
export interface Trust {
  inspectBundle(bytes: Uint8Array, length: number): string | Error;
  mergeBundles(parts: readonly Uint8Array[]): string | Error;
  diffBundles(
    old: Uint8Array,
    length: number,
    next: Uint8Array,
    nextLength: number,
  ): string | Error;
  judgeChain(
    bundle: Uint8Array,
    length: number,
    chain: Uint8Array,
    chainLength: number,
    name: string,
  ): string | Error;
}

type Convert = (what: number, value: unknown) => unknown;
type Exports = Record<string, () => number> & { readonly memory: WebAssembly.Memory };

const encoder = new TextEncoder();
// A mark at the start is part of the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const NOTHING = new Uint8Array(0);
/** Shorter text is read letter by letter. */
const LONG_TEXT = 24;

/** The table of values: the first four always stand there. */
const values: unknown[] = [undefined, null, false, true];
/** Of the call under way. */
let given: readonly unknown[] = [];
let thrown: Error | undefined;
/** What `take` copies. */
let kept: Uint8Array = NOTHING;
let convert: Convert = () => undefined;

const imports = {
  random(at: number, length: number): boolean {
    const all = memory().subarray(at, at + length);
    for (let from = 0; from < length; from += 65536) {
      crypto.getRandomValues(all.subarray(from, from + 65536));
    }
    return true;
  },
  wall: () => Date.now(),
  monotonic: () => performance.now(),

  argument_number: (at: number) => (typeof given[at] === "number" ? given[at] : Number.NaN),
  argument_flag: (at: number) => (typeof given[at] === "boolean" ? Number(given[at]) : -1),
  argument_text: (at: number) => {
    const text = given[at];
    return typeof text === "string" ? keep(encoder.encode(text)) : -1;
  },
  argument_bytes: (at: number) => keep(given[at]),
  argument_count: (at: number) => {
    const list = given[at];
    return Array.isArray(list) ? list.length : -1;
  },
  argument_part: (at: number, part: number) => keep((given[at] as unknown[])[part]),
  take(at: number, length: number): void {
    memory().set(kept.subarray(0, length), at);
    kept = NOTHING;
  },
  fill(at: number, from: number, length: number): number {
    const target = given[at];
    if (!(target instanceof Uint8Array)) {
      return -1;
    }
    if (length > target.length) {
      return 0;
    }
    target.set(memory().subarray(from, from + length));
    return 1;
  },

  make_number: (number: number) => add(number),
  make_text: (at: number, length: number) => add(text(at, length)),
  make_bytes: (at: number, length: number) => add(copy(at, length)),
  make_array: () => add([]),
  set(array: number, at: number, value: number): void {
    (values[array] as unknown[])[at] = values[value];
  },
  convert: (what: number, value: number) => add(convert(what, values[value])),
  mark: () => values.length,
  release_to(mark: number): void {
    values.length = mark;
  },

  throw(code: number, codeLength: number, at: number, length: number): void {
    thrown = coded(text(code, codeLength), text(at, length));
  },
  ask(question: number, at: number, length: number): number {
    try {
      if (system === undefined) {
        throw new Error("this runtime has no files");
      }
      const answer = system(question, text(at, length));
      return keep(typeof answer === "string" ? encoder.encode(answer) : answer);
    } catch (error) {
      return -1 - keep(encoder.encode((error as Error).message));
    }
  },
};

const { exports } = new WebAssembly.Instance(module, { redlatch: imports });
const entries = exports as Exports;
let view = new Uint8Array(entries.memory.buffer);

/** The calls of the module, as those of the extension for Node.js. */
export const native = Object.fromEntries(
  Object.keys(entries)
    .filter((name) => typeof entries[name] === "function")
    .map((name) => [name, (...all: unknown[]) => call(entries[name], all)]),
) as unknown as Native & Trust;

native.install = (made: unknown) => {
  if (typeof made !== "function") {
    throw coded("client.misuse", "install takes a function");
  }
  convert = made as Convert;
};

native.examine = async () => {
  throw coded("config.unsupported", "the doctor needs threads and sockets of its own");
};

function call(entry: () => number, all: readonly unknown[]): unknown {
  const [before, mark] = [given, values.length];
  given = all;
  try {
    const value = values[entry()];
    if (thrown !== undefined) {
      throw thrown;
    }
    return value;
  } catch (error) {
    throw error instanceof WebAssembly.RuntimeError
      ? coded("internal.panic", error.message)
      : error;
  } finally {
    thrown = undefined;
    given = before;
    values.length = mark;
  }
}

function add(value: unknown): number {
  return values.push(value) - 1;
}

function keep(bytes: unknown): number {
  if (!(bytes instanceof Uint8Array)) {
    return -1;
  }
  kept = bytes;
  return bytes.length;
}

/** The memory moves when it grows. */
function memory(): Uint8Array<ArrayBuffer> {
  if (view.buffer !== entries.memory.buffer) {
    view = new Uint8Array(entries.memory.buffer);
  }
  return view;
}

function text(at: number, length: number): string {
  const bytes = memory();
  if (length < LONG_TEXT) {
    let made = "";
    for (let from = at; from < at + length; from++) {
      if (bytes[from] > 127) {
        return decoder.decode(bytes.subarray(at, at + length));
      }
      made += String.fromCharCode(bytes[from]);
    }
    return made;
  }
  return decoder.decode(bytes.subarray(at, at + length));
}

/** A Buffer where there are some, as users of Node.js expect. */
function copy(at: number, length: number): Uint8Array {
  const bytes = memory().slice(at, at + length);
  return typeof Buffer === "undefined" ? bytes : Buffer.from(bytes.buffer);
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
