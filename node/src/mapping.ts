// node-redis's `typeMapping` as the bits that bindings/node/src/mapping.rs reads.
import { RESP_TYPES } from "@redis/client/dist/lib/RESP/decoder";
import type { TypeMapping } from "@redis/client/dist/lib/RESP/types";
import { VerbatimString } from "@redis/client/dist/lib/RESP/verbatim-string";
import { failure } from "./error";

export { RESP_TYPES, type TypeMapping, VerbatimString };

/** What each type of RESP may become besides its default, and the flag of a record that asks for it. */
const CHOICES: Readonly<Record<number, ReadonlyMap<unknown, number>>> = {
  [RESP_TYPES.BLOB_STRING]: new Map<unknown, number>([
    [String, 0],
    [Buffer, 1 << 16],
  ]),
  [RESP_TYPES.SIMPLE_STRING]: new Map<unknown, number>([
    [String, 0],
    [Buffer, 1 << 17],
  ]),
  [RESP_TYPES.VERBATIM_STRING]: new Map<unknown, number>([
    [String, 0],
    [Buffer, 1 << 18],
    [VerbatimString, 1 << 19],
  ]),
  [RESP_TYPES.NUMBER]: new Map<unknown, number>([
    [Number, 0],
    [String, 1 << 20],
  ]),
  [RESP_TYPES.DOUBLE]: new Map<unknown, number>([
    [Number, 0],
    [String, 1 << 21],
  ]),
  [RESP_TYPES.BIG_NUMBER]: new Map<unknown, number>([
    [BigInt, 0],
    [String, 1 << 22],
  ]),
  [RESP_TYPES.SET]: new Map<unknown, number>([
    [Array, 0],
    [Set, 1 << 23],
  ]),
  [RESP_TYPES.MAP]: new Map<unknown, number>([
    [Object, 0],
    [Map, 1 << 24],
    [Array, 1 << 25],
  ]),
  [RESP_TYPES.NULL]: new Map(),
  [RESP_TYPES.BOOLEAN]: new Map([[Boolean, 0]]),
  [RESP_TYPES.ARRAY]: new Map([[Array, 0]]),
};

/** Strings as Buffers. */
export const BUFFERS = 1 << 16;

/** The flags of a record whose replies are mapped so. */
export function flagsOf(mapping: TypeMapping | undefined): number {
  let flags = 0;
  for (const [type, wanted] of Object.entries(mapping ?? {})) {
    if (wanted === undefined) {
      continue;
    }
    const flag = CHOICES[Number(type)]?.get(wanted);
    if (flag === undefined) {
      throw failure("config.unsupported", "", { setting: `typeMapping.${type}` });
    }
    flags |= flag;
  }
  return flags;
}
