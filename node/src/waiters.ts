// Callers waiting for replies: a ring indexed by ticket, three arrays and no object per command.
import { RedlatchError as Failure, type RedlatchError } from "./error";

/** Turns a reply into what the caller gets. */
export type Transform = (reply: unknown) => unknown;

/** Takes the replies of a record of several commands, errors among them. */
export interface Collector {
  /** Whether that was the last one. */
  add(reply: unknown): boolean;
  result(): unknown;
}

export type Shape = Transform | Collector | undefined;

type Settle = (value: unknown) => void;

let resolveMade: Settle;
let rejectMade: Settle;

function capture(resolve: Settle, reject: Settle): void {
  resolveMade = resolve;
  rejectMade = reject;
}

export class Waiters {
  /** The next ticket. */
  next = 1;
  /** Callers waiting. */
  count = 0;
  private oldest = 1;
  private mask = 255;
  private resolves: (Settle | undefined)[] = new Array(256).fill(undefined);
  private rejects: (Settle | undefined)[] = new Array(256).fill(undefined);
  private shapes: Shape[] = new Array(256).fill(undefined);

  /** A promise for the next ticket. */
  add(shape: Shape): Promise<unknown> {
    const ticket = this.next++;
    if (ticket - this.oldest > this.mask) {
      this.makeRoom(ticket);
    }
    const promise = new Promise(capture);
    const at = ticket & this.mask;
    this.resolves[at] = resolveMade;
    this.rejects[at] = rejectMade;
    this.shapes[at] = shape;
    this.count++;
    return promise;
  }

  reply(ticket: number, reply: unknown): void {
    const at = ticket & this.mask;
    const resolve = this.resolves[at];
    if (resolve === undefined) {
      return;
    }
    const shape = this.shapes[at];
    if (shape !== undefined) {
      this.shaped(at, shape, reply);
    } else if (typeof reply === "object" && reply instanceof Failure) {
      const reject = this.rejects[at] as Settle;
      this.forget(at);
      reject(reply);
    } else {
      this.forget(at);
      resolve(reply);
    }
  }

  fail(ticket: number, error: RedlatchError): void {
    const at = ticket & this.mask;
    const reject = this.rejects[at];
    if (reject !== undefined) {
      this.forget(at);
      reject(error);
    }
  }

  failAll(make: () => RedlatchError): void {
    for (let ticket = this.oldest; ticket < this.next; ticket++) {
      this.fail(ticket, make());
    }
  }

  private shaped(at: number, shape: NonNullable<Shape>, reply: unknown): void {
    const [resolve, reject] = [this.resolves[at] as Settle, this.rejects[at] as Settle];
    if (typeof shape === "object" && !shape.add(reply)) {
      return;
    }
    this.forget(at);
    try {
      if (typeof shape === "object") {
        resolve(shape.result());
      } else if (reply instanceof Failure) {
        reject(reply);
      } else {
        resolve(shape(reply));
      }
    } catch (error) {
      reject(error);
    }
  }

  private forget(at: number): void {
    this.resolves[at] = undefined;
    this.rejects[at] = undefined;
    this.shapes[at] = undefined;
    this.count--;
  }

  /** Replies come nearly in order, so the oldest places are free or the ring is full. */
  private makeRoom(ticket: number): void {
    while (this.oldest < ticket && this.resolves[this.oldest & this.mask] === undefined) {
      this.oldest++;
    }
    if (ticket - this.oldest <= this.mask) {
      return;
    }
    const size = (this.mask + 1) * 2;
    const { resolves, rejects, shapes, mask } = this;
    this.resolves = new Array(size).fill(undefined);
    this.rejects = new Array(size).fill(undefined);
    this.shapes = new Array(size).fill(undefined);
    this.mask = size - 1;
    for (let old = this.oldest; old < ticket; old++) {
      this.resolves[old & this.mask] = resolves[old & mask];
      this.rejects[old & this.mask] = rejects[old & mask];
      this.shapes[old & this.mask] = shapes[old & mask];
    }
  }
}
