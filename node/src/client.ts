// The client: node-redis's face over an engine.
import { EventEmitter } from "node:events";
import { attach, type CommandMethods, definitions, type Key, type SetOptions } from "./commands";
import { Engine } from "./engine";
import { failure } from "./error";
import { type Situation, tell } from "./events";
import { type Contents, type Material, shaped } from "./material";
import { EXEC, MULTI, Multi } from "./multi";
import {
  type ClientOptions,
  type CommandOptions,
  RESP_TYPES,
  type SendOptions,
  type TypeMapping,
} from "./options";
import { type Argument, BINARY, IDEMPOTENT, prefix } from "./packer";
import { read, type Settings } from "./settings";
import type { Status } from "./status";
import type { Collector, Shape } from "./waiters";

const GET = prefix(2, "GET");
const SET = prefix(3, "SET");
const PING = prefix(1, "PING");
const NO_LIMIT = 0xffff_ffff;

/** What all views of one client share. */
interface Core extends Situation {
  /** Makes another engine. The settings hold secrets, so that nothing prints them. */
  readonly another: () => Engine;
  engine: Engine;
  open: boolean;
  connecting: boolean;
  /** The engine said goodbye; the next `connect` makes another. */
  spent: boolean;
}

export interface Client<Text = string> extends CommandMethods<Text> {
  mget: CommandMethods<Text>["mGet"];
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are attached below.
export class Client<Text = string> extends EventEmitter {
  private readonly core: Core;
  private readonly flags: number = 0;
  private readonly timeout: number = 0;

  /** Use `createClient`. */
  constructor(options: ClientOptions, fromEnv: boolean) {
    super();
    const settings = read(options);
    this.flags = flagsOf(options.commandOptions?.typeMapping);
    const another = () => this.makeEngine(settings, fromEnv);
    this.core = {
      another,
      engine: another(),
      open: false,
      ready: false,
      connecting: false,
      spent: false,
    };
  }

  /** Whether `connect` was called and the client was not closed since. */
  get isOpen(): boolean {
    return this.core.open;
  }

  /** Whether commands go to the server at once. */
  get isReady(): boolean {
    return this.core.open && this.core.engine.isReady();
  }

  /** Connects. Permanent failures reject at once, transient ones after `timeout`. */
  async connect(): Promise<this> {
    const { core } = this;
    if (core.open) {
      throw failure("client.misuse", "the client is connected already");
    }
    if (core.spent) {
      core.engine = core.another();
      core.spent = false;
    }
    const { engine } = core;
    core.open = true;
    core.connecting = true;
    try {
      engine.packer.begin();
      engine.packer.prefix(PING);
      await engine.finish(anyReply(), 0, 0);
    } catch (error) {
      if (core.engine === engine) {
        this.shut();
      }
      throw error;
    } finally {
      core.connecting = false;
    }
    return this;
  }

  /** Fails what is waiting, and ends the connection. */
  destroy(): void {
    if (!this.core.open) {
      throw failure("client.closed", "connect was not called");
    }
    this.shut();
  }

  /** As `destroy`. */
  async disconnect(): Promise<void> {
    this.destroy();
  }

  /** Waits for the replies of commands under way, and ends the connection. */
  async close(): Promise<void> {
    const { core } = this;
    if (!core.open) {
      throw failure("client.closed", "connect was not called");
    }
    const { engine } = core;
    await engine.drain();
    if (core.engine === engine) {
      this.shut();
    }
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

  get(key: Key): Promise<Text | null> {
    const { packer } = this.core.engine;
    packer.begin();
    packer.prefix(GET);
    packer.argument(key);
    return this.finish(undefined, this.timeout, this.flags) as Promise<Text | null>;
  }

  set(key: Key, value: Argument, options?: SetOptions): Promise<Text | null> {
    const { packer } = this.core.engine;
    packer.begin();
    if (options === undefined) {
      packer.prefix(SET);
      packer.argument(key);
      packer.argument(value);
    } else {
      packer.command(definitions.set.pack(key, value, options));
    }
    return this.finish(undefined, this.timeout, this.flags) as Promise<Text | null>;
  }

  /** Sends any command; the first argument is its name. */
  sendCommand(args: readonly Argument[], options?: SendOptions): Promise<unknown> {
    const { packer } = this.core.engine;
    let { flags, timeout } = this;
    if (options !== undefined) {
      flags = options.typeMapping === undefined ? flags : flagsOf(options.typeMapping);
      flags |= options.idempotent ? IDEMPOTENT : 0;
      timeout = options.timeout === undefined ? timeout : milliseconds(options.timeout);
    }
    packer.begin();
    packer.command(args);
    return this.finish(undefined, timeout, flags);
  }

  /** Queues commands for a transaction (`exec`) or a pipeline (`execAsPipeline`). */
  multi(): Multi {
    return new Multi((queue, transaction, collector) => {
      const { packer } = this.core.engine;
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
      return this.finish(collector, this.timeout, this.flags);
    });
  }

  /** The same client with other types of replies. */
  withTypeMapping(mapping: { [RESP_TYPES.BLOB_STRING]: typeof Buffer }): Client<Buffer>;
  withTypeMapping(mapping: TypeMapping): Client<Text>;
  withTypeMapping(mapping: TypeMapping): Client<never> {
    return this.view({ flags: flagsOf(mapping) });
  }

  /** The same client with other defaults. */
  withCommandOptions(options: CommandOptions): Client<Text> {
    const { typeMapping, timeout, ...rest } = options;
    for (const option of Object.keys(rest)) {
      throw failure("config.unsupported", "", { setting: `commandOptions.${option}` });
    }
    return this.view({
      ...(typeMapping === undefined ? {} : { flags: flagsOf(typeMapping) }),
      ...(timeout === undefined ? {} : { timeout: milliseconds(timeout) }),
    });
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

  private finish(shape: Shape, timeout: number, flags: number): Promise<unknown> {
    const { core } = this;
    return core.open
      ? core.engine.finish(shape, timeout, flags)
      : Promise.reject(failure("client.closed", "connect was not called"));
  }

  private view(changes: object): Client<never> {
    return Object.assign(Object.create(this), changes);
  }

  private shut(): void {
    const { core } = this;
    core.open = false;
    core.ready = false;
    core.spent = true;
    core.engine.close();
    process.nextTick(() => this.emit("end"));
  }

  private makeEngine(settings: Settings, fromEnv: boolean): Engine {
    const engine: Engine = new Engine(settings, fromEnv, (event) =>
      process.nextTick(() => {
        if (this.core.engine === engine) {
          tell(this, this.core, event, () => engine.isReady());
        }
      }),
    );
    return engine;
  }
}

attach(Client.prototype, (self: Client, { pack, shape }, args) => {
  const { packer } = self["core"].engine;
  packer.begin();
  try {
    packer.command(pack(...args));
  } catch (error) {
    return Promise.reject(failure("client.misuse", (error as Error).message));
  }
  return self["finish"](shape, self["timeout"], self["flags"]);
});

/** A server that answers is a server that is there, whatever it says. */
function anyReply(): Collector {
  return { add: () => true, result: () => undefined };
}

function flagsOf(mapping: TypeMapping | undefined): number {
  for (const [type, mapped] of Object.entries(mapping ?? {})) {
    if (Number(type) !== RESP_TYPES.BLOB_STRING || (mapped !== String && mapped !== Buffer)) {
      throw failure("config.unsupported", "", { setting: `typeMapping.${type}` });
    }
  }
  return mapping?.[RESP_TYPES.BLOB_STRING] === Buffer ? BINARY : 0;
}

function milliseconds(timeout: number): number {
  if (!(timeout >= 0) || timeout >= NO_LIMIT) {
    throw failure("config.invalid", "must be a number of milliseconds", { setting: "timeout" });
  }
  return timeout === 0 ? NO_LIMIT : Math.ceil(timeout);
}
