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

/** One that waits so long that the ring would grow around it. */
interface Late {
  readonly resolve: Settle;
  readonly reject: Settle;
  readonly shape: Shape;
}

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
  /** By ticket, those before the oldest place of the ring: commands that block, mostly. */
  private readonly late = new Map<number, Late>();

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
    if (ticket < this.oldest) {
      this.replyLate(ticket, reply);
      return;
    }
    const at = ticket & this.mask;
    const resolve = this.resolves[at];
    if (resolve === undefined) {
      return;
    }
    const shape = this.shapes[at];
    if (shape !== undefined) {
      const reject = this.rejects[at] as Settle;
      if (typeof shape !== "object" || shape.add(reply)) {
        this.forget(at);
        settle(resolve, reject, shape, reply);
      }
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
    const late = ticket < this.oldest ? this.late.get(ticket) : undefined;
    const at = ticket & this.mask;
    const reject = ticket < this.oldest ? late?.reject : this.rejects[at];
    if (reject === undefined) {
      return;
    }
    if (late === undefined) {
      this.forget(at);
    } else {
      this.forgetLate(ticket);
    }
    reject(error);
  }

  failAll(make: () => RedlatchError): void {
    for (const ticket of [...this.late.keys()]) {
      this.fail(ticket, make());
    }
    for (let ticket = this.oldest; ticket < this.next; ticket++) {
      this.fail(ticket, make());
    }
  }

  private replyLate(ticket: number, reply: unknown): void {
    const late = this.late.get(ticket);
    if (late === undefined) {
      return;
    }
    const { resolve, reject, shape } = late;
    if (typeof shape !== "object" || shape.add(reply)) {
      this.forgetLate(ticket);
      settle(resolve, reject, shape, reply);
    }
  }

  private forget(at: number): void {
    this.resolves[at] = undefined;
    this.rejects[at] = undefined;
    this.shapes[at] = undefined;
    this.count--;
  }

  private forgetLate(ticket: number): void {
    this.late.delete(ticket);
    this.count--;
  }

  /** Replies come nearly in order: the oldest places are free, or all are taken, or few lag behind. */
  private makeRoom(ticket: number): void {
    while (this.oldest < ticket && this.resolves[this.oldest & this.mask] === undefined) {
      this.oldest++;
    }
    if (ticket - this.oldest <= this.mask) {
      return;
    }
    const size = this.mask + 1;
    if (this.count - this.late.size > size / 2) {
      this.grow(ticket, size * 2);
    } else {
      this.leaveBehind(ticket - size / 2);
    }
  }

  /** Moves those before a ticket out of the ring. */
  private leaveBehind(end: number): void {
    for (; this.oldest < end; this.oldest++) {
      const at = this.oldest & this.mask;
      const resolve = this.resolves[at];
      if (resolve !== undefined) {
        const reject = this.rejects[at] as Settle;
        this.late.set(this.oldest, { resolve, reject, shape: this.shapes[at] });
        this.forget(at);
        this.count++;
      }
    }
  }

  private grow(ticket: number, size: number): void {
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

/** Gives a caller the last reply, or all of them. */
function settle(resolve: Settle, reject: Settle, shape: Shape, reply: unknown): void {
  try {
    if (typeof shape === "object") {
      resolve(shape.result());
    } else if (reply instanceof Failure) {
      reject(reply);
    } else {
      resolve(shape === undefined ? reply : shape(reply));
    }
  } catch (error) {
    reject(error);
  }
}
