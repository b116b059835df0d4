// A connector for ioredis, and for what is built on it: its bytes go over connections of redlatch.
//
//   new Redis({ Connector: connector({ url, caFile, passwordFile }) })
import { Duplex } from "node:stream";
import { Engine } from "./engine";
import { failure, type RedlatchError } from "./error";
import type { ClientEvent } from "./events";
import { Lane } from "./lane";
import type { ClientOptions } from "./options";
import { read, type Settings } from "./settings";
import type { Status } from "./status";

/** What ioredis makes for each of its clients, and what all of them share. */
export interface ConnectorClass {
  new (options?: unknown): Connector;
  /** As of a client: one connection for each of ioredis's. */
  status(): Status;
  /** Looks at all watched files now, and asks providers again. */
  reload(): void;
}

/** ioredis's interface. */
export interface Connector {
  readonly firstError: Error | undefined;
  check(info?: unknown): boolean;
  connect(emit: (type: string, error: Error) => void): Promise<Duplex>;
  disconnect(): void;
}

/**
 * A class for ioredis's option `Connector`. Server, certificates and secrets are those of `options`;
 * ioredis's own are not used, apart from `db`. Throws the family `config`.
 *
 * Connections are authenticated before ioredis gets them. One whose server is no longer trusted, or
 * whose secret was replaced, ends between two commands, and ioredis makes another by its
 * `retryStrategy`; one that never rests ends with `distrustGrace`. `onEvent` is told all events.
 */
export function connector(
  options: ClientOptions = {},
  onEvent: (event: ClientEvent) => void = () => {},
): ConnectorClass {
  const shared = new Shared(read({ protocol: 2, ...options }), onEvent);
  return class implements Connector {
    static status(): Status {
      return shared.status();
    }

    static reload(): void {
      shared.reload();
    }

    firstError: Error | undefined;
    private stream: Wire | undefined;

    check(): boolean {
      return true;
    }

    async connect(): Promise<Duplex> {
      this.firstError = undefined;
      const stream = shared.open();
      this.stream = stream;
      await stream.settled.catch((error: RedlatchError) => {
        this.firstError = error;
        if (error.family === "config") {
          // No attempt will be better than this one.
          throw error;
        }
      });
      return stream;
    }

    disconnect(): void {
      this.stream?.destroy();
    }
  };
}

/** The engine of all connections that one connector makes. */
class Shared {
  private engine: Engine | undefined;
  private readonly wires = new Set<Wire>();

  constructor(
    private readonly settings: Settings,
    private readonly onEvent: (event: ClientEvent) => void,
  ) {
    // A mistake in the settings shows at once.
    this.running().reference(false);
  }

  status(): Status {
    return JSON.parse(this.running().status());
  }

  reload(): void {
    this.running().reload();
  }

  open(): Wire {
    const engine = this.running();
    engine.reference(true);
    const wire = new Wire(engine);
    this.wires.add(wire);
    wire.once("close", () => {
      this.wires.delete(wire);
      engine.reference(this.wires.size > 0);
    });
    return wire;
  }

  private running(): Engine {
    this.engine ??= new Engine(this.settings, false, (event) =>
      process.nextTick(() => {
        this.onEvent(event);
        for (const wire of this.wires) {
          wire.changed();
        }
      }),
    );
    return this.engine;
  }
}

/** One connection, as ioredis wants it: a socket, more or less. */
class Wire extends Duplex {
  readonly connecting = false;
  /** Resolves once the connection is up, or nobody wants it any more. */
  readonly settled: Promise<void>;
  private settle = () => {};
  private lane: Lane | undefined;
  private mayBeLeft = false;
  private idle: NodeJS.Timeout | undefined;
  private patience = 0;

  constructor(engine: Engine) {
    super({ decodeStrings: true });
    this.settled = new Promise((resolve, reject) => {
      this.settle = resolve;
      const ended = (error: RedlatchError) => {
        reject(error);
        // ioredis has no listener yet while it is being made; it is told by `settled` then.
        this.destroy(this.listenerCount("error") > 0 ? error : undefined);
      };
      try {
        this.lane = new Lane(engine, "wire", {
          opened: resolve,
          bytes: (bytes) => this.received(bytes),
          ended,
        });
      } catch (error) {
        ended(error as RedlatchError);
      }
    });
  }

  /** Something about trust or secrets may have changed. */
  changed(): void {
    this.mayBeLeft = true;
    this.leave();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.stir();
    done(this.send(chunk));
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.stir();
    done(this.send(Buffer.concat(chunks.map(({ chunk }) => chunk))));
  }

  override _final(done: (error?: Error | null) => void): void {
    // As a server does when a client has said that it sends no more.
    this.destroy();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.idle);
    this.lane?.close();
    this.lane = undefined;
    // Its lane tells nothing any more.
    this.settle();
    done(error);
  }

  /** The core's connections have both. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  /** Emits `timeout` after so many milliseconds without a byte; 0 turns it off. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.patience = milliseconds;
    if (listener !== undefined) {
      this.once("timeout", listener);
    }
    this.stir();
    return this;
  }

  private send(bytes: Buffer): RedlatchError | undefined {
    return this.lane === undefined ? failure("net.closed", "") : this.lane.send(bytes);
  }

  private received(bytes: Buffer): void {
    this.stir();
    this.push(bytes);
    if (this.mayBeLeft) {
      this.leave();
    }
  }

  private stir(): void {
    clearTimeout(this.idle);
    if (this.patience > 0) {
      this.idle = setTimeout(() => this.emit("timeout"), this.patience);
    }
  }

  /** Ends between two commands; ioredis sees what a server does that closes a connection. */
  private leave(): void {
    if (this.lane?.mayLeave()) {
      this.mayBeLeft = false;
      this.lane.close();
      this.lane = undefined;
      this.push(null);
      this.destroy();
    }
  }
}
