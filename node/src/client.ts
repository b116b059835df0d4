// The client: node-redis's face over an engine.
import { Core } from "./core";
import { failure } from "./error";
import type { ClientEvent } from "./events";
import { type Health, type HealthOptions, metrics, probe } from "./health";
import { Hearer } from "./hearer";
import { type Contents, type Material, shaped } from "./material";
import { EXEC, MULTI, type Multi } from "./multi";
import type { ClientOptions } from "./options";
import type { Argument } from "./packer";
import { iterators } from "./scanning";
import { attachSpellings } from "./spellings";
import type { Status } from "./status";
import { attachCommands, attachMore, type Definition } from "./surface";

type Keys = Argument | readonly Argument[];

export class Client extends Hearer {
  /** @internal */
  readonly core: Core;

  /** Use `createClient`. */
  constructor(options: ClientOptions, fromEnv: boolean) {
    super(options.commandOptions);
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

  get isWatching(): boolean {
    return (this.lane ?? this.core.watching)?.isWatching ?? false;
  }

  /** The options it was made of; secrets, URLs and callbacks among them are `***`. */
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

  /** Another client of the same options, or of some that differ. */
  duplicate(overrides: ClientOptions = {}): Client {
    return Client.of(this.core.altered(overrides), this.core.fromEnv);
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

  /**
   * Whether this client can serve, for probes: `ok` is readiness, `live` liveness. Asks the server,
   * for no longer than `timeout`; a server that is away rejects nothing.
   */
  async health(options: HealthOptions = {}): Promise<Health> {
    return probe(this.core.engine, options);
  }

  /** The status as metrics, in Prometheus's text format; `metrics` joins several clients. */
  metrics(): string {
    return metrics(this);
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
}

function run(self: Client, definition: Definition, args: unknown[]): Promise<unknown> {
  return self.run(definition, args);
}

const { prototype } = Client;
for (const [name, iterate] of Object.entries(iterators)) {
  Object.defineProperty(prototype, name, { value: iterate, writable: true, configurable: true });
}
attachCommands(prototype, run);
attachSpellings(prototype);
