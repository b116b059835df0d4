// The client: node-redis's face over an engine.
import { EventEmitter } from "node:events";
import { Core } from "./core";
import { failure, RedlatchError } from "./error";
import type { ClientEvent } from "./events";
import type { Lane, Port } from "./lane";
import { flagsOf, type TypeMapping } from "./mapping";
import { type Contents, type Material, shaped } from "./material";
import { EXEC, MULTI, type Multi } from "./multi";
import type { ClientOptions, CommandOptions, SendOptions } from "./options";
import { type Argument, IDEMPOTENT, prefix } from "./packer";
import { iterators } from "./scanning";
import type { Status } from "./status";
import type { ChannelListeners, Kind, PubSubListener } from "./subscriptions";
import { attachCommands, attachMore, type Definition, defined, keyCount } from "./surface";
import type { Shape } from "./waiters";

const GET = prefix(2, "GET");
const SET = prefix(3, "SET");
const NO_LIMIT = 0xffff_ffff;
const SET_DEFINITION = defined("SET");

type Names = string | readonly string[];
type Keys = Argument | readonly Argument[];

/** What a view of a client changes. */
interface View {
  flags?: number;
  timeout?: number;
  mapping?: TypeMapping | undefined;
  signal?: AbortSignal | undefined;
  lane?: Lane;
}

export class Client extends EventEmitter {
  /** @internal */
  readonly core: Core;
  private readonly flags: number;
  private readonly timeout: number = 0;
  private readonly mapping: TypeMapping | undefined;
  private readonly signal: AbortSignal | undefined;
  /** The connection that a view has to itself. */
  private readonly lane: Lane | undefined;

  /** Use `createClient`. */
  constructor(options: ClientOptions, fromEnv: boolean) {
    super();
    this.mapping = options.commandOptions?.typeMapping;
    this.signal = options.commandOptions?.abortSignal;
    this.flags = flagsOf(this.mapping);
    this.core = new Core(this, options, fromEnv);
  }

  /** A client, with modules, functions and scripts if the options have some. */
  static of(options: ClientOptions, fromEnv: boolean): Client {
    if (options.modules ?? options.functions ?? options.scripts) {
      const More = class extends Client {};
      attachMore(More.prototype, options, run);
      return new More(options, fromEnv);
    }
    return new Client(options, fromEnv);
  }

  /** Whether `connect` was called and the client was not closed since. */
  get isOpen(): boolean {
    return this.core.open;
  }

  /** Whether commands go to the server at once. */
  get isReady(): boolean {
    return this.core.open && this.core.engine.isReady();
  }

  get isPubSubActive(): boolean {
    return this.core.subscriptions.isActive;
  }

  get isWatching(): boolean {
    return (this.lane ?? this.core.watching)?.isWatching ?? false;
  }

  /** The options it was made of. */
  get options(): ClientOptions {
    return this.core.options;
  }

  /** Connects. Permanent failures reject at once, transient ones after `timeout`. */
  async connect(): Promise<this> {
    await this.core.connect();
    return this;
  }

  /** Fails what is waiting, and ends the connection. */
  destroy(): void {
    this.core.destroy();
  }

  /** As `destroy`. */
  async disconnect(): Promise<void> {
    this.destroy();
  }

  /** Waits for the replies of commands under way, and ends the connection. */
  async close(): Promise<void> {
    await this.core.close();
  }

  /** As `close`. */
  async quit(): Promise<string> {
    await this.close();
    return "OK";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.core.open) {
      await this.close();
    }
  }

  get(key: Argument): Promise<unknown> {
    const { packer } = this.port();
    packer.begin();
    packer.prefix(GET);
    packer.argument(this.core.parser.prefixed(key));
    return this.finish(undefined);
  }

  set(key: Argument, value: Argument, options?: object): Promise<unknown> {
    if (options !== undefined) {
      return this.run(SET_DEFINITION, [key, value, options]);
    }
    const { packer } = this.port();
    packer.begin();
    packer.prefix(SET);
    packer.argument(this.core.parser.prefixed(key));
    packer.argument(value);
    return this.finish(undefined);
  }

  /** Sends any command; the first argument is its name. */
  sendCommand(args: readonly Argument[], options?: SendOptions): Promise<unknown> {
    const view = options === undefined ? this : this.withCommandOptions(options);
    const { packer } = view.port();
    packer.begin();
    packer.command(args);
    return view.finish(undefined, options?.idempotent ? IDEMPOTENT : 0);
  }

  /** Queues commands for a transaction (`exec`) or a pipeline (`execAsPipeline`). */
  multi(): Multi {
    const { core } = this;
    return new core.Multi({
      keyPrefix: core.keyPrefix,
      resp: () => core.resp,
      mapping: this.mapping,
      send: (queue, transaction, collector) => {
        const watching = transaction ? (this.lane ?? core.watching) : undefined;
        const port = watching ?? this.port();
        const { packer } = port;
        packer.begin();
        if (transaction) {
          packer.prefix(MULTI);
        }
        for (const { args } of queue) {
          packer.command(args);
        }
        if (transaction) {
          packer.prefix(EXEC);
        }
        const sent = this.finish(collector, 0, port);
        if (watching !== undefined) {
          watching.isWatching = false;
        }
        // The lane goes on with what it was given.
        if (watching !== undefined && watching === core.watching) {
          core.watching = undefined;
          const giveBack = () => watching.close();
          sent.then(giveBack, giveBack);
        }
        return sent;
      },
    });
  }

  /** Until the next transaction: it fails with `client.watch_changed` if somebody changes a key. */
  async watch(keys: Keys): Promise<unknown> {
    this.core.demandOpen();
    const lane = this.lane ?? this.core.watcher();
    const names = (Array.isArray(keys) ? keys : [keys]) as Argument[];
    lane.packer.begin();
    lane.packer.command(["WATCH", ...names.map((key) => this.core.parser.prefixed(key))]);
    lane.isWatching = true;
    return this.finish(undefined, 0, lane);
  }

  async unwatch(): Promise<unknown> {
    const { lane } = this;
    if (lane === undefined) {
      this.core.unwatch();
      return "OK";
    }
    lane.packer.begin();
    lane.packer.command(["UNWATCH"]);
    lane.isWatching = false;
    return this.finish(undefined, 0, lane);
  }

  /** Commands from now on use another database. */
  async select(database: number): Promise<void> {
    if (this.lane === undefined) {
      await this.core.select(database);
    } else {
      await this.sendCommand(["SELECT", database]);
    }
  }

  subscribe(channels: Names, listener: PubSubListener, buffers?: boolean): Promise<void> {
    return this.listen("CHANNELS", channels, listener, buffers);
  }

  unsubscribe(channels?: Names, listener?: PubSubListener, buffers?: boolean): Promise<void> {
    return this.core.subscriptions.unsubscribe("CHANNELS", channels, listener, buffers);
  }

  pSubscribe(patterns: Names, listener: PubSubListener, buffers?: boolean): Promise<void> {
    return this.listen("PATTERNS", patterns, listener, buffers);
  }

  pUnsubscribe(patterns?: Names, listener?: PubSubListener, buffers?: boolean): Promise<void> {
    return this.core.subscriptions.unsubscribe("PATTERNS", patterns, listener, buffers);
  }

  sSubscribe(channels: Names, listener: PubSubListener, buffers?: boolean): Promise<void> {
    return this.listen("SHARDED", channels, listener, buffers);
  }

  sUnsubscribe(channels?: Names, listener?: PubSubListener, buffers?: boolean): Promise<void> {
    return this.core.subscriptions.unsubscribe("SHARDED", channels, listener, buffers);
  }

  getPubSubListeners(kind: Kind): Map<string, ChannelListeners> {
    return this.core.subscriptions.all[kind];
  }

  extendPubSubListeners(kind: Kind, listeners: Map<string, ChannelListeners>): Promise<void> {
    this.core.demandOpen();
    return this.core.subscriptions.extend(kind, listeners);
  }

  extendPubSubChannelListeners(
    kind: Kind,
    channel: string,
    listeners: ChannelListeners,
  ): Promise<void> {
    return this.extendPubSubListeners(kind, new Map([[channel, listeners]]));
  }

  /** Hands each command that the server gets to `show`; resolves once it does. */
  async monitor(show: (line: string) => void): Promise<void> {
    this.core.demandOpen();
    await this.core.watchCommands(show);
  }

  /** Ends subscriptions, watching and monitoring. */
  async reset(): Promise<void> {
    this.core.demandOpen();
    await this.core.reset();
  }

  /** Another client of the same options, or of some that differ. */
  duplicate(overrides: ClientOptions = {}): Client {
    return Client.of({ ...this.core.options, ...overrides }, this.core.fromEnv);
  }

  /** The same client with other types of replies. */
  withTypeMapping(mapping: TypeMapping): this {
    return this.view({ mapping, flags: flagsOf(mapping) });
  }

  /** The same client; its commands are given up when the signal says so: `client.cancelled`. */
  withAbortSignal(signal: AbortSignal): this {
    return this.view({ signal });
  }

  /** The same client: commands leave at once anyway. */
  asap(): this {
    return this;
  }

  /** The same client with other defaults. */
  withCommandOptions(options: CommandOptions): this {
    const view: View = {};
    if (options.typeMapping !== undefined) {
      view.mapping = options.typeMapping;
      view.flags = flagsOf(options.typeMapping);
    }
    if (options.timeout !== undefined) {
      view.timeout = milliseconds(options.timeout);
    }
    if (options.abortSignal !== undefined) {
      view.signal = options.abortSignal;
    }
    return this.view(view);
  }

  /** node-redis's interface with callbacks is not there. */
  legacy(): never {
    throw failure("config.unsupported", "", { setting: "legacy" });
  }

  /**
   * The settings in force by their names in the table (`ca_file`, `poll_interval` …): durations in
   * seconds, what is not set null, secrets `***`; and `address`, `warnings`, `dangers`.
   */
  get config(): Record<string, unknown> {
    return JSON.parse(this.core.engine.config);
  }

  /** State, TLS, generations, every CA's days left, counters, last error. */
  status(): Status {
    return JSON.parse(this.core.engine.status());
  }

  /** Every event from now on, until the client is closed; of those not read the latest 1024. */
  events(): AsyncIterable<ClientEvent> {
    return this.core.events();
  }

  /**
   * Replaces a material now, as if its source had changed to it: CAs under live traffic, for
   * example. From then on what was supplied is the source, in place of a file. Rejects with the
   * code of what makes it unusable (`trust.empty`, `identity.mismatch` …), and what was good stays;
   * with `client.misuse` if the client has no such material or the content has the wrong shape.
   * A client that was closed and connects again starts from its options.
   */
  async supply<M extends Material>(material: M, content: Contents[M]): Promise<void> {
    const error = this.core.engine.supply(material, shaped(material, content));
    if (error !== undefined) {
      throw error;
    }
  }

  /** Looks at all watched files now, and asks providers again. */
  reload(): void {
    this.core.engine.reload();
  }

  /** Lets an open client keep the process alive, as it does by default. */
  ref(): void {
    this.core.engine.reference(true);
  }

  /** Lets the process end although the client is open. */
  unref(): void {
    this.core.engine.reference(false);
  }

  /** Runs one of the commands that are attached. */
  private run(definition: Definition, args: unknown[]): Promise<unknown> {
    const { core, mapping } = this;
    const { parser } = core;
    const { script } = definition;
    parser.clear();
    try {
      if (script !== undefined) {
        parser.push("EVALSHA", script.SHA1, ...keyCount(script));
      }
      parser.pushVariadic(definition.prefix as string[]);
      definition.parse(parser, ...args);
    } catch (error) {
      return Promise.reject(failure("client.misuse", (error as Error).message));
    }
    const { redisArgs, preserve } = parser;
    const transform = definition.transforms[core.resp];
    const shape =
      transform === undefined || (mapping === undefined && preserve === undefined)
        ? (transform as ((reply: unknown) => unknown) | undefined)
        : (reply: unknown) => transform(reply as never, preserve, mapping);
    const sent = this.sendPacked(redisArgs, shape);
    if (script === undefined) {
      return sent;
    }
    return sent.catch((error: unknown) => {
      if (!(error instanceof RedlatchError) || !error.message.startsWith("NOSCRIPT")) {
        throw error;
      }
      return this.sendPacked(["EVAL", script.SCRIPT, ...redisArgs.slice(2)], shape);
    });
  }

  private sendPacked(args: readonly Argument[], shape: Shape): Promise<unknown> {
    const { packer } = this.port();
    packer.begin();
    packer.command(args);
    return this.finish(shape);
  }

  private listen(
    kind: Kind,
    channels: Names,
    listener: PubSubListener,
    buffers?: boolean,
  ): Promise<void> {
    this.core.demandOpen();
    return this.core.subscriptions.subscribe(kind, channels, listener, buffers);
  }

  private port(): Port {
    return this.lane ?? this.core.engine;
  }

  /** Ends the record in the packer of a port. */
  private finish(shape: Shape, more = 0, port = this.port()): Promise<unknown> {
    const { core, signal } = this;
    if (!core.open) {
      return Promise.reject(failure("client.closed", "connect was not called"));
    }
    if (core.failsFast && !core.ready) {
      return Promise.reject(failure("net.closed", "there is no connection at the moment"));
    }
    if (signal === undefined) {
      return port.finish(shape, this.timeout, this.flags | more);
    }
    return this.abortable(signal, () => port.finish(shape, this.timeout, this.flags | more));
  }

  private abortable(signal: AbortSignal, send: () => Promise<unknown>): Promise<unknown> {
    const cancelled = () => failure("client.cancelled", "");
    if (signal.aborted) {
      return Promise.reject(cancelled());
    }
    const { engine } = this.core;
    const ticket = engine.waiters.next;
    const sent = send();
    const abort = () => engine.cancel(ticket, cancelled());
    signal.addEventListener("abort", abort, { once: true });
    const forget = () => signal.removeEventListener("abort", abort);
    sent.then(forget, forget);
    return sent;
  }

  /** @internal */
  view(changes: View): this {
    return Object.assign(Object.create(this), changes);
  }
}

function run(self: Client, definition: Definition, args: unknown[]): Promise<unknown> {
  return self["run"](definition, args);
}

const { prototype } = Client;
for (const [name, iterate] of Object.entries(iterators)) {
  Object.defineProperty(prototype, name, { value: iterate, writable: true, configurable: true });
}
/** node-redis's second spelling of what is no plain command. */
const SPELLINGS = {
  GET: "get",
  SET: "set",
  mget: "mGet",
  MULTI: "multi",
  WATCH: "watch",
  UNWATCH: "unwatch",
  SELECT: "select",
  SUBSCRIBE: "subscribe",
  UNSUBSCRIBE: "unsubscribe",
  PSUBSCRIBE: "pSubscribe",
  PUNSUBSCRIBE: "pUnsubscribe",
  SSUBSCRIBE: "sSubscribe",
  SUNSUBSCRIBE: "sUnsubscribe",
  MONITOR: "monitor",
  QUIT: "quit",
} as const;
attachCommands(prototype, run);
for (const [spelling, name] of Object.entries(SPELLINGS)) {
  Object.defineProperty(prototype, spelling, {
    value: (prototype as unknown as Record<string, unknown>)[name],
    writable: true,
    configurable: true,
  });
}

function milliseconds(timeout: number): number {
  if (!(timeout >= 0) || timeout >= NO_LIMIT) {
    throw failure("config.invalid", "must be a number of milliseconds", { setting: "timeout" });
  }
  return timeout === 0 ? NO_LIMIT : Math.ceil(timeout);
}
