// Transactions and pipelines: commands queued here and sent as one record.
import type { RedisArgument } from "@redis/client/dist/lib/RESP/types";
import { failure, MultiErrorReply, RedlatchError } from "./error";
import type { TypeMapping } from "./mapping";
import { type Argument, prefix } from "./packer";
import { Parser } from "./parser";
import { type Attached, attachCommands, attachMore, type Definition, keyCount } from "./surface";
import type { Collector } from "./waiters";

/** A queued command. */
export interface Queued {
  readonly args: readonly Argument[];
  readonly transform: ((reply: unknown) => unknown) | undefined;
}

/** Sends a queue as one record; the promise has the replies as they came. */
export type SendQueue = (
  queue: readonly Queued[],
  transaction: boolean,
  collector: Collector,
) => Promise<unknown>;

/** What a queue needs of its client. */
export interface QueueFacts {
  readonly send: SendQueue;
  readonly keyPrefix: RedisArgument | undefined;
  readonly resp: () => 2 | 3;
  readonly mapping: TypeMapping | undefined;
}

export const MULTI = prefix(1, "MULTI");
export const EXEC = prefix(1, "EXEC");

export class Multi {
  /** @internal */
  readonly queue: Queued[] = [];
  private readonly scripts = new Set<string>();

  constructor(private readonly facts: QueueFacts) {}

  /** Queues any command; `transform` makes of its reply what is given out. */
  addCommand(args: readonly Argument[], transform?: (reply: unknown) => unknown): this {
    this.queue.push({ args, transform });
    return this;
  }

  /** Queues any command. */
  sendCommand(args: readonly Argument[]): this {
    return this.addCommand([...args]);
  }

  /** All or nothing, with nothing in between; `client.watch_changed` if a watched key has changed. */
  exec(asPipeline = false): Promise<unknown[]> {
    return this.run(!asPipeline);
  }

  /** One after the other, without a transaction; rejects with the first error once all are done. */
  execAsPipeline(): Promise<unknown[]> {
    return this.run(false);
  }

  execTyped(asPipeline = false): Promise<unknown[]> {
    return this.exec(asPipeline);
  }

  execAsPipelineTyped(): Promise<unknown[]> {
    return this.execAsPipeline();
  }

  EXEC(asPipeline = false): Promise<unknown[]> {
    return this.exec(asPipeline);
  }

  /** The database belongs to the client. */
  select(): never {
    throw failure("client.misuse", "a transaction cannot change the database: use another client");
  }

  /** A class with modules, functions and scripts, if there are some: a class costs time to make. */
  static extended(attached: Attached): typeof Multi {
    if (!(attached.modules ?? attached.functions ?? attached.scripts)) {
      return Multi;
    }
    const More = class extends Multi {};
    attachMore(More.prototype, attached, enqueue);
    return More;
  }

  private run(transaction: boolean): Promise<unknown[]> {
    const queue = this.queue.splice(0);
    if (queue.length === 0 && !transaction) {
      return Promise.resolve([]);
    }
    const collector = new Replies(queue, transaction);
    return this.facts.send(queue, transaction, collector) as Promise<unknown[]>;
  }

  /** @internal */
  add({ parse, prefix: first, transforms, script }: Definition, given: unknown[]): this {
    const { keyPrefix, resp, mapping } = this.facts;
    const parser = new Parser(keyPrefix);
    if (script !== undefined) {
      const isKnown = this.scripts.has(script.SHA1);
      this.scripts.add(script.SHA1);
      const how = isKnown ? ["EVALSHA", script.SHA1] : ["EVAL", script.SCRIPT];
      parser.push(...how, ...keyCount(script));
    }
    parser.pushVariadic(first as string[]);
    parse(parser, ...given);
    const { redisArgs, preserve } = parser;
    return this.addCommand(redisArgs, (reply) => {
      const transform = transforms[resp()];
      return transform === undefined ? reply : transform(reply as never, preserve, mapping);
    });
  }
}

function enqueue(self: Multi, definition: Definition, args: unknown[]): Multi {
  return self.add(definition, args);
}

Object.defineProperty(Multi.prototype, "SELECT", { value: Multi.prototype.select });
attachCommands(Multi.prototype, enqueue);

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
      if (last === null) {
        throw failure("client.watch_changed", "");
      }
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
      const { transform } = this.queue[at];
      return transform === undefined ? reply : transform(reply);
    });
    if (errors.length > 0) {
      // As node-redis has it: a pipeline fails with the first of them.
      throw this.transaction ? new MultiErrorReply(shaped, errors) : shaped[errors[0]];
    }
    return shaped;
  }
}

/** EXEC was refused: as node-redis has it, the command that is to blame says why. */
function discarded(last: unknown, replies: unknown[]): unknown {
  return replies.find((reply) => reply instanceof RedlatchError && reply !== last) ?? last;
}
