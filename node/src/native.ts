// The extension of bindings/node. It checks every argument itself; the types are for the reader.
import { load } from "./load";

/** What a call hands back; bindings/node/src/output.rs describes it. */
export type Output = unknown[] | undefined;

/** First element of each item of an output. */
export const Item = {
  Replies: 0,
  Repeated: 1,
  Failed: 2,
  Write: 3,
  Hangup: 4,
  Dial: 5,
  Event: 6,
  Wake: 7,
  Push: 8,
  Need: 9,
  Refused: 10,
  Opened: 11,
  Bytes: 12,
  Ended: 13,
  Staged: 14,
  More: 15,
} as const;

/** What the extension asks `convert` to make. */
export const Convert = {
  ErrorReply: 0,
  Object: 1,
  BigInt: 2,
  Failure: 3,
  Map: 4,
  Set: 5,
  Verbatim: 6,
} as const;

export interface Native {
  install(convert: (what: number, value: unknown) => unknown): void;
  codes(): string;
  settings(): string;
  /** What a CA bundle holds, as JSON, or an error. */
  readBundle(bytes: Uint8Array, length: number): string | Error;
  /** A report as JSON; bindings/node/src/doctor.rs says how `provided` is packed. */
  examine(
    settings: string,
    fromEnv: boolean,
    readOnly: boolean,
    provided: readonly Uint8Array[],
  ): Promise<string>;
  /** What a judgement of health asks for, as JSON. */
  healthPlan(): string;
  judgeHealth(status: string, outcome: string, readOnly: boolean): string | Error;
  /** Prometheus's text format of a JSON array of statuses, or an error. */
  exposeMetrics(statuses: string): string | Error;
  /** The number of a new client, or an error. */
  open(settings: string, fromEnv: boolean): number | Error;
  submit(
    client: number,
    records: Uint8Array,
    recordsLength: number,
    payload: Uint8Array,
    payloadLength: number,
  ): Output;
  received(client: number, link: number, bytes: Uint8Array, length: number): Output;
  dialed(client: number, link: number): Output;
  dialFailed(client: number, link: number, code: string, text: string): Output;
  closed(client: number, link: number, code: string, text: string): Output;
  blocked(client: number, link: number): Output;
  writable(client: number, link: number): Output;
  more(client: number, buffer: Uint8Array): Output;
  tick(client: number): Output;
  cancel(client: number, ticket: number): Output;
  /** The number of a lane, or an error. */
  openLane(client: number, purpose: string): number | Error;
  connectLane(client: number, lane: number): Output;
  submitTo(
    client: number,
    lane: number,
    records: Uint8Array,
    recordsLength: number,
    payload: Uint8Array,
    payloadLength: number,
  ): Output;
  /** `flags` are those of a record. */
  mapLane(client: number, lane: number, flags: number): Output;
  send(client: number, lane: number, bytes: Uint8Array, length: number): Output;
  mayLeave(client: number, lane: number): boolean;
  shut(client: number, lane: number): Output;
  takeBack(client: number, lane: number): Output;
  supply(client: number, material: string, id: number, parts: readonly Uint8Array[]): Output;
  supplyFailed(client: number, material: string, id: number, why: string): Output;
  reload(client: number): Output;
  close(client: number): Output;
  status(client: number): string;
  config(client: number): string;
  isReady(client: number): boolean;
  release(client: number): void;
}

export const native = load() as Native;
