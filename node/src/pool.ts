// A client whose `execute` lends connections; everything else shares one.
import { EventEmitter } from "node:events";
import { Client } from "./client";
import { failure } from "./error";
import { Lane } from "./lane";
import type { TypeMapping } from "./mapping";
import type { ClientOptions, CommandOptions } from "./options";
import { iterators } from "./scanning";
import { attachCommands, attachMore, type Definition } from "./surface";

/** node-redis's. Durations are in milliseconds. */
export interface PoolOptions {
  /** Not needed: connections are made when they are. */
  minimum?: number;
  /** Connections lent at once: 100 unless set. */
  maximum?: number;
  /** The longest wait for one: 3000 unless set. */
  acquireTimeout?: number;
  /** Not needed: those not in use for a minute are closed. */
  cleanupDelay?: number;
}

/** Somebody who waits for a connection. */
interface Waiting {
  readonly run: () => void;
  readonly timer: NodeJS.Timeout;
}

/** What a pool hands on to its client as it is. */
const SHARED = [
  ...[
    "get",
    "set",
    "sendCommand",
    "multi",
    "status",
    "health",
    "metrics",
    "events",
    "supply",
    "reload",
    "ref",
    "unref",
  ],
  ...["close", "destroy", "subscribe", "unsubscribe", "pSubscribe", "pUnsubscribe"],
  ...["sSubscribe", "sUnsubscribe", "GET", "SET", "MULTI", ...Object.keys(iterators)],
];

export class Pool extends EventEmitter {
  private readonly client: Client;
  private readonly maximum: number;
  private readonly acquireTimeout: number;
  /** Views share it. */
  private readonly loans = { lent: 0, waiting: [] as Waiting[] };

  constructor(client: Client, options: PoolOptions = {}) {
    super();
    this.client = client;
    this.maximum = natural("maximum", options.maximum ?? 100);
    this.acquireTimeout = natural("acquireTimeout", options.acquireTimeout ?? 3000);
    // What the client tells, the pool tells.
    client.emit = (event: string | symbol, ...args: unknown[]) => this.emit(event, ...args);
  }

  static of(clientOptions: ClientOptions, options: PoolOptions | undefined): Pool {
    return Pool.around(Client.of(clientOptions, false), options);
  }

  static around(client: Client, options: PoolOptions | undefined): Pool {
    const { modules, functions, scripts } = client.options;
    if (modules ?? functions ?? scripts) {
      const More = class extends Pool {};
      attachMore(More.prototype, client.options, run);
      return new More(client, options);
    }
    return new Pool(client, options);
  }

  get isOpen(): boolean {
    return this.client.isOpen;
  }

  /** Connections lent. */
  get clientsInUse(): number {
    return this.loans.lent;
  }

  get idleClients(): number {
    return this.maximum - this.loans.lent;
  }

  get totalClients(): number {
    return this.maximum;
  }

  /** Tasks that wait for a connection. */
  get tasksQueueLength(): number {
    return this.loans.waiting.length;
  }

  /** The settings in force, as a client has them. */
  get config(): Record<string, unknown> {
    return this.client.config;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
  }

  async connect(): Promise<this> {
    await this.client.connect();
    return this;
  }

  duplicate(clientOptions: ClientOptions = {}, options: PoolOptions = {}): Pool {
    const { maximum, acquireTimeout } = this;
    const client = this.client.duplicate(clientOptions);
    return Pool.around(client, { maximum, acquireTimeout, ...options });
  }

  /**
   * Runs `task` with a client that has a connection to itself: it may WATCH and block. Raises
   * `client.queue_full` if none becomes free within `acquireTimeout`.
   */
  async execute<T>(task: (client: Client) => T | PromiseLike<T>): Promise<T> {
    const { loans } = this;
    if (loans.lent >= this.maximum) {
      await this.turn();
    } else {
      loans.lent++;
    }
    let lane: Lane | undefined;
    try {
      this.client.core.demandOpen();
      lane = new Lane(this.client.core.engine, "held");
      return await task(this.client.view({ lane }));
    } finally {
      lane?.close();
      const next = loans.waiting.shift();
      if (next === undefined) {
        loans.lent--;
      } else {
        next.run();
      }
    }
  }

  /** The same pool with other types of replies. */
  withTypeMapping(mapping: TypeMapping): this {
    return this.view(this.client.withTypeMapping(mapping));
  }

  /** The same pool; its commands are given up when the signal says so: `client.cancelled`. */
  withAbortSignal(signal: AbortSignal): this {
    return this.view(this.client.withAbortSignal(signal));
  }

  /** The same pool with other defaults. */
  withCommandOptions(options: CommandOptions): this {
    return this.view(this.client.withCommandOptions(options));
  }

  /** The same pool: commands leave at once anyway. */
  asap(): this {
    return this;
  }

  private view(client: Client): this {
    return Object.assign(Object.create(this), { client });
  }

  private turn(): Promise<void> {
    const { waiting: others } = this.loans;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        run: () => {
          clearTimeout(waiting.timer);
          resolve();
        },
        timer: setTimeout(() => {
          others.splice(others.indexOf(waiting), 1);
          reject(failure("client.queue_full", "all connections of the pool are lent"));
        }, this.acquireTimeout),
      };
      others.push(waiting);
    });
  }
}

function run(self: Pool, definition: Definition, args: unknown[]): Promise<unknown> {
  return self["client"].run(definition, args);
}

for (const name of SHARED) {
  const value = function (this: Pool, ...args: unknown[]): unknown {
    const { client } = this as unknown as {
      client: Record<string, (...args: unknown[]) => unknown>;
    };
    return client[name](...args);
  };
  Object.defineProperty(Pool.prototype, name, { value, writable: true, configurable: true });
}
attachCommands(Pool.prototype, run);
Object.defineProperty(Client.prototype, "createPool", {
  value: function (this: Client, options?: PoolOptions): Pool {
    return Pool.around(this.duplicate(), options);
  },
});

function natural(setting: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw failure("config.invalid", "must be a whole number above 0", { setting });
  }
  return value;
}
