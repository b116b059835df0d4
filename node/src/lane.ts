// A connection beside the shared one: held by one caller, for subscriptions, or for raw bytes.
import type { Engine } from "./engine";
import type { RedlatchError } from "./error";
import { Packer } from "./packer";
import type { Shape } from "./waiters";

/** What a lane is for: after login (`wire`) or from the start (`bare wire`), bytes of one's own. */
export type Purpose = "held" | "listening" | "wire" | "bare wire";

/** Told what happens in a lane. */
export interface Listener {
  /** A message, or that a subscription began or ended. */
  heard?(message: unknown): void;
  /** The session of raw bytes is up. */
  opened?(): void;
  /** Raw bytes. */
  bytes?(bytes: Buffer): void;
  /** The session has ended, or could not be made; or the client was closed. */
  ended?(error: RedlatchError): void;
}

/** Where commands go. */
export interface Port {
  readonly packer: Packer;
  /** Ends the record in the packer; a promise for its reply. */
  finish(shape: Shape, timeout: number, flags: number): Promise<unknown>;
}

export class Lane implements Port {
  readonly packer = new Packer();
  /** Whether whoever holds it watches keys. */
  isWatching = false;
  private readonly number: number;

  /** Throws if there may be no more connections, or the client is closed. */
  constructor(
    private readonly engine: Engine,
    private readonly purpose: Purpose,
    listener: Listener = {},
  ) {
    this.number = engine.lanes.open(purpose, listener);
  }

  finish(shape: Shape, timeout: number, flags: number): Promise<unknown> {
    return this.engine.lanes.finish(this.number, this.packer, shape, timeout, flags);
  }

  /** What the types of messages become from now on: flags of a record. */
  map(flags: number): void {
    this.engine.lanes.map(this.number, flags);
  }

  /** Sends raw bytes; why it could not, if so. */
  send(bytes: Uint8Array): RedlatchError | undefined {
    return this.engine.lanes.send(this.number, bytes);
  }

  /** Whether it had better be left, and owes nobody a reply. */
  mayLeave(): boolean {
    return this.engine.lanes.mayLeave(this.number);
  }

  /** Closes it, or gives it back if it was held. */
  close(): void {
    this.engine.lanes.close(this.number, this.purpose === "held");
  }
}
