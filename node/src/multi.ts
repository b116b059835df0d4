// Transactions and pipelines: commands queued here and sent as one record.
import { attach, type QueueMethods } from "./commands";
import { MultiErrorReply, RedlatchError } from "./error";
import { type Argument, prefix } from "./packer";
import type { Collector, Transform } from "./waiters";

/** A queued command. */
export interface Queued {
  readonly args: readonly Argument[];
  readonly shape: Transform | undefined;
}

/** Sends a queue as one record; the promise has the replies as they came. */
export type SendQueue = (
  queue: readonly Queued[],
  transaction: boolean,
  collector: Collector,
) => Promise<unknown>;

export const MULTI = prefix(1, "MULTI");
export const EXEC = prefix(1, "EXEC");

export interface Multi extends QueueMethods<Multi> {
  /** Queues any command. */
  addCommand(args: readonly Argument[]): Multi;
  /** All or nothing, with nothing in between. `null` replies are part of the result. */
  exec(): Promise<unknown[]>;
  /** One after the other, without a transaction. */
  execAsPipeline(): Promise<unknown[]>;
}

// The methods of commands are attached below.
export const Multi = class {
  readonly queue: Queued[] = [];

  constructor(private readonly send: SendQueue) {}

  addCommand(args: readonly Argument[]): this {
    this.queue.push({ args, shape: undefined });
    return this;
  }

  exec(): Promise<unknown[]> {
    return this.run(true);
  }

  execAsPipeline(): Promise<unknown[]> {
    return this.run(false);
  }

  private async run(transaction: boolean): Promise<unknown[]> {
    const queue = this.queue.splice(0);
    if (queue.length === 0) {
      return [];
    }
    const collector = new Replies(queue, transaction);
    return (await this.send(queue, transaction, collector)) as unknown[];
  }
} as unknown as new (
  send: SendQueue,
) => Multi;

attach(Multi.prototype, (self: { queue: Queued[] }, { pack, shape }, args) => {
  self.queue.push({ args: pack(...args), shape });
  return self;
});

class Replies implements Collector {
  private readonly replies: unknown[] = [];

  constructor(
    private readonly queue: readonly Queued[],
    private readonly transaction: boolean,
  ) {}

  add(reply: unknown): boolean {
    this.replies.push(reply);
    return this.replies.length === this.queue.length + (this.transaction ? 2 : 0);
  }

  result(): unknown {
    let { replies } = this;
    if (this.transaction) {
      const last = replies[replies.length - 1];
      if (!Array.isArray(last)) {
        throw discarded(last, replies);
      }
      replies = last;
    }
    const errors: number[] = [];
    const shaped = replies.map((reply, at) => {
      if (reply instanceof RedlatchError) {
        errors.push(at);
        return reply;
      }
      const { shape } = this.queue[at];
      return shape === undefined ? reply : shape(reply);
    });
    if (errors.length > 0) {
      throw new MultiErrorReply(shaped, errors);
    }
    return shaped;
  }
}

/** EXEC was refused: the command that is to blame says why. */
function discarded(last: unknown, replies: unknown[]): unknown {
  const blamed = replies.find((reply) => reply instanceof RedlatchError && reply !== last);
  if (last instanceof RedlatchError && blamed !== undefined) {
    Object.defineProperty(last, "cause", { value: blamed, writable: true, configurable: true });
  }
  return last;
}
