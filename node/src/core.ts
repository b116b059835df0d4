// What all views of one client share: its engine, and what it began beside the plain commands.
import type { EventEmitter } from "node:events";
import type { RedisArgument } from "@redis/client/dist/lib/RESP/types";
import { Engine } from "./engine";
import { failure } from "./error";
import { type ClientEvent, EventStream, type Situation, tell } from "./events";
import { Lane } from "./lane";
import { Monitor } from "./monitor";
import { Multi } from "./multi";
import type { ClientOptions } from "./options";
import { prefix } from "./packer";
import { Parser } from "./parser";
import { read, type Settings } from "./settings";
import { shown } from "./shown";
import { Subscriptions } from "./subscriptions";
import { type Telemetry, telemetryOf } from "./telemetry";

const PING = prefix(1, "PING");

export class Core implements Situation {
  open = false;
  ready = false;
  connecting = false;
  engine: Engine;
  /** The version of RESP in use: old servers do not know the one that is asked for. */
  resp: 2 | 3;
  database: number;
  /** The connection that watches, outside of pools. */
  watching: Lane | undefined;
  readonly keyPrefix: RedisArgument | undefined;
  readonly parser: Parser;
  readonly Multi: typeof Multi;
  readonly subscriptions: Subscriptions;
  /** Whether commands fail while there is no connection. */
  readonly failsFast: boolean;
  /** What watches commands, if anything does. */
  readonly telemetry: Telemetry | undefined;
  private readonly streams = new Set<EventStream>();
  private monitor: Monitor | undefined;
  /** The engine said goodbye; the next `connect` makes another. */
  private spent = false;
  /** They hold secrets, which nobody who prints this may see. */
  readonly #settings: Settings;
  readonly #options: ClientOptions;

  constructor(
    private readonly client: EventEmitter,
    options: ClientOptions,
    readonly fromEnv: boolean,
  ) {
    this.#options = options;
    this.#settings = read(options);
    this.keyPrefix = options.keyPrefix || undefined;
    this.parser = new Parser(options.keyPrefix);
    this.Multi = Multi.extended(options);
    this.failsFast = options.disableOfflineQueue === true;
    this.engine = this.another();
    this.telemetry = telemetryOf(options.telemetry, this.engine.config);
    const { protocol, db } = JSON.parse(this.engine.config);
    this.resp = protocol;
    this.database = db;
    this.subscriptions = new Subscriptions(
      () => this.engine,
      (error) => client.emit("error", error),
    );
  }

  /** The options without secrets. */
  get options(): ClientOptions {
    return shown(this.#options);
  }

  /** The options, secrets and all, with some that differ. No getter: those are printed. */
  altered(overrides: ClientOptions): ClientOptions {
    return { ...this.#options, ...overrides };
  }

  /** Permanent failures reject at once, transient ones after `timeout`. */
  async connect(): Promise<void> {
    if (this.open) {
      throw failure("client.misuse", "the client is connected already");
    }
    if (this.spent) {
      this.engine = this.another();
      this.spent = false;
    }
    const { engine } = this;
    this.open = true;
    this.connecting = true;
    try {
      await greet(engine);
    } catch (error) {
      if (this.engine === engine) {
        this.shut();
      }
      throw error;
    } finally {
      this.connecting = false;
    }
  }

  /** Waits for the replies of commands under way, and ends the connections. */
  async close(): Promise<void> {
    this.demandOpen();
    const { engine } = this;
    await engine.drain();
    if (this.engine === engine) {
      this.shut();
    }
  }

  /** Fails what is waiting, and ends the connections. */
  destroy(): void {
    this.demandOpen();
    this.shut();
  }

  /** From now on commands go to another database, over a connection of its own. */
  async select(database: number): Promise<void> {
    this.demandOpen();
    if (database === this.database) {
      return;
    }
    if (this.subscriptions.isActive || this.watching !== undefined || this.monitor !== undefined) {
      const why = "a client that subscribes, watches or monitors cannot change its database";
      throw failure("client.misuse", `${why}: use duplicate({ database })`);
    }
    const [before, was] = [this.engine, this.database];
    const next = this.another(database);
    [this.engine, this.database] = [next, database];
    try {
      await greet(next);
    } catch (error) {
      if (this.engine === next) {
        [this.engine, this.database] = [before, was];
      }
      next.close();
      throw error;
    }
    await before.drain();
  }

  /** The connection that watches, until `unwatch`. */
  watcher(): Lane {
    this.watching ??= new Lane(this.engine, "held");
    return this.watching;
  }

  unwatch(): void {
    this.watching?.close();
    this.watching = undefined;
  }

  /** Shows each command that the server gets; resolves once it does. */
  async watchCommands(show: (line: string) => void): Promise<void> {
    this.monitor?.close();
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error) => (error === undefined ? resolve() : reject(error));
      this.monitor = new Monitor(this.engine, show, settle, (error) => {
        this.monitor = undefined;
        if (this.open) {
          this.client.emit("error", error);
        }
      });
    });
  }

  /** Ends what RESET ends: subscriptions, watching and monitoring. */
  async reset(): Promise<void> {
    this.unwatch();
    this.monitor?.close();
    this.monitor = undefined;
    for (const kind of ["CHANNELS", "PATTERNS", "SHARDED"] as const) {
      await this.subscriptions.unsubscribe(kind);
    }
  }

  /** Every event from now on, until the client is closed. */
  events(): AsyncIterable<ClientEvent> {
    const stream: EventStream = new EventStream(() => this.streams.delete(stream));
    this.streams.add(stream);
    return stream;
  }

  demandOpen(): void {
    if (!this.open) {
      throw failure("client.closed", "connect was not called");
    }
  }

  private shut(): void {
    this.open = false;
    this.ready = false;
    this.spent = true;
    this.watching = undefined;
    this.monitor = undefined;
    this.engine.close();
    this.subscriptions.clear();
    process.nextTick(() => {
      this.client.emit("end");
      for (const stream of this.streams) {
        stream.end();
      }
    });
  }

  private another(database?: number): Engine {
    const settings = database === undefined ? this.#settings : this.#settings.inDatabase(database);
    const engine: Engine = new Engine(settings, this.fromEnv, (event) => {
      if (event.kind === "connected" && event.protocol !== undefined) {
        this.resp = Number(event.protocol) === 2 ? 2 : 3;
      }
      process.nextTick(() => {
        for (const stream of this.streams) {
          stream.push(event);
        }
        if (this.engine === engine) {
          tell(this.client, this, event, () => engine.isReady());
        }
      });
    });
    return engine;
  }
}

/**
 * A server that answers is a server that is there, whatever it says. The login of a connection ends
 * with an answer: nobody waits for another one.
 */
async function greet(engine: Engine): Promise<void> {
  engine.packer.begin();
  engine.packer.prefix(PING);
  const pong = engine.finish({ add: () => true, result: () => undefined }, 0, 0);
  await Promise.race([pong, engine.connected]);
}
