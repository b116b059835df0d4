// How a client or a view of one sends its commands, and what a view changes.
import { EventEmitter } from "node:events";
import type { Core } from "./core";
import { failure, RedlatchError } from "./error";
import type { Lane, Port } from "./lane";
import { flagsOf, type TypeMapping } from "./mapping";
import type { CommandOptions, SendOptions } from "./options";
import { type Argument, IDEMPOTENT, prefix } from "./packer";
import { type Definition, defined, keyCount } from "./surface";
import type { Shape } from "./waiters";

const GET = prefix(2, "GET");
const SET = prefix(3, "SET");
const NO_LIMIT = 0xffff_ffff;
const SET_DEFINITION = defined("SET");

/** What a view of a client changes. */
interface View {
  flags?: number;
  timeout?: number;
  mapping?: TypeMapping | undefined;
  signal?: AbortSignal | undefined;
  lane?: Lane;
}

export abstract class Sender extends EventEmitter {
  /** @internal */
  abstract readonly core: Core;
  protected readonly flags: number;
  protected readonly timeout: number = 0;
  protected readonly mapping: TypeMapping | undefined;
  protected readonly signal: AbortSignal | undefined;
  /** The connection that a view has to itself. */
  protected readonly lane: Lane | undefined;

  constructor(defaults: CommandOptions = {}) {
    super();
    this.mapping = defaults.typeMapping;
    this.signal = defaults.abortSignal;
    this.flags = flagsOf(this.mapping);
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

  /** Runs one of the commands that are attached. @internal */
  run(definition: Definition, args: unknown[]): Promise<unknown> {
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

  protected port(): Port {
    return this.lane ?? this.core.engine;
  }

  /** Ends the record in the packer of a port. */
  protected finish(shape: Shape, more = 0, port = this.port()): Promise<unknown> {
    const { core, signal } = this;
    if (!core.open) {
      return Promise.reject(failure("client.closed", "connect was not called"));
    }
    if (core.failsFast && !core.ready) {
      return Promise.reject(failure("net.closed", "there is no connection at the moment"));
    }
    const { telemetry } = core;
    if (signal === undefined && telemetry === undefined) {
      return port.finish(shape, this.timeout, this.flags | more);
    }
    const finish = () => port.finish(shape, this.timeout, this.flags | more);
    const send = signal === undefined ? finish : () => this.abortable(signal, finish);
    return telemetry === undefined ? send() : telemetry.watch(port.packer, send);
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

function milliseconds(timeout: number): number {
  if (!(timeout >= 0) || timeout >= NO_LIMIT) {
    throw failure("config.invalid", "must be a number of milliseconds", { setting: "timeout" });
  }
  return timeout === 0 ? NO_LIMIT : Math.ceil(timeout);
}
