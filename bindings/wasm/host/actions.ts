// What a driver says: bindings/node/src/output.rs, item by item, as objects.
import type { RedlatchError } from "../../../node/src/error";
import type { ClientEvent } from "../../../node/src/events";
import type { Material } from "../../../node/src/material";
import type { Output } from "../../../node/src/native";
import { carryOut, type Doer } from "../../../node/src/outcome";

/** What the host is to do, or is told. Bytes go out in the order in which they come here. */
export type Action =
  /** Connect, with TCP or a Unix socket: `dialed` or `dialFailed` answers. */
  | {
      readonly kind: "dial";
      readonly link: number;
      /** Null: `path` is a Unix socket. */
      readonly host: string | null;
      readonly port: number;
      readonly path: string | null;
      /** Counts: each attempt should start with another address of the name. */
      readonly attempt: number;
    }
  | { readonly kind: "write"; readonly link: number; readonly bytes: Uint8Array }
  /** Close a connection, or give up making it; at once, unless what was written is to leave first. */
  | { readonly kind: "hangup"; readonly link: number; readonly flush: boolean }
  /** Ask whoever provides it: `supply` or `supplyFailed` answers. */
  | { readonly kind: "need"; readonly material: Material; readonly id: number }
  | { readonly kind: "reply"; readonly ticket: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly ticket: number; readonly error: RedlatchError }
  /** Of a lane that listens. */
  | { readonly kind: "push"; readonly lane: number; readonly value: unknown }
  | { readonly kind: "opened"; readonly lane: number }
  | { readonly kind: "bytes"; readonly lane: number; readonly bytes: Uint8Array }
  | { readonly kind: "ended"; readonly lane: number; readonly error: RedlatchError }
  | { readonly kind: "event"; readonly event: ClientEvent }
  /** What was handed in cannot be used. */
  | { readonly kind: "refused"; readonly error: RedlatchError };

/** Collects what comes of calls. */
export class Actions {
  readonly list: Action[] = [];
  /** When `tick` is due, on the clock of `performance.now()`. */
  deadline = Number.POSITIVE_INFINITY;
  private readonly doer: Doer;

  constructor() {
    const push = (action: Action) => this.list.push(action);
    const doer = {
      waiters: {
        reply: (ticket: number, value: unknown) => push({ kind: "reply", ticket, value }),
        fail: (ticket: number, error: RedlatchError) => push({ kind: "failure", ticket, error }),
      },
      links: {
        write: (link: number, bytes: Uint8Array) => push({ kind: "write", link, bytes }),
        hangup: (link: number, flush: boolean) => push({ kind: "hangup", link, flush }),
        dial(link: number, attempt: number, host: string | null, port: number | string) {
          const place =
            host === null ? { port: 0, path: String(port) } : { port: Number(port), path: null };
          push({ kind: "dial", link, host, attempt, ...place });
        },
      },
      lanes: {
        heard: (lane: number, value: unknown) => push({ kind: "push", lane, value }),
        opened: (lane: number) => push({ kind: "opened", lane }),
        bytes: (lane: number, bytes: Uint8Array) => push({ kind: "bytes", lane, bytes }),
        ended: (lane: number, error: RedlatchError) => push({ kind: "ended", lane, error }),
      },
      tell: (event: ClientEvent) => push({ kind: "event", event }),
      need: (material: Material, id: number) => push({ kind: "need", material, id }),
      refused: (error: RedlatchError) => push({ kind: "refused", error }),
      wake: (milliseconds: number) => {
        this.deadline = performance.now() + milliseconds;
      },
    };
    this.doer = doer as unknown as Doer;
  }

  /** Whether there is more. */
  take(output: Output): boolean {
    return carryOut(output, this.doer);
  }
}
