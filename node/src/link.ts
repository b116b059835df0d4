// One socket: moves ciphertext, knows nothing of what it means.
import { lookup as resolve } from "node:dns";
import { connect, type LookupFunction, type Socket } from "node:net";

/** What a socket is asked for besides its address. */
export interface SocketSettings {
  noDelay: boolean;
  keepAlive: boolean;
  keepAliveInitialDelay: number;
  family: number;
}

/** What is asked for unless the options say so. */
export const SOCKET: SocketSettings = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  family: 0,
};

/** Where a link connects to: a Unix socket if `host` is null. */
export interface Address {
  host: string | null;
  port: number | string;
  /** Counts attempts: each starts with another address of the name. */
  attempt: number;
}

/** Told what happens on a link. */
export interface LinkHost {
  dialed(link: number): void;
  dialFailed(link: number, code: string, text: string): void;
  received(link: number, bytes: Uint8Array, length: number): void;
  writable(link: number): void;
  closed(link: number, code: string, text: string): void;
}

/** Opens a link. */
export function openLink(
  number: number,
  host: LinkHost,
  address: Address,
  settings: SocketSettings,
): Link {
  return new Link(number, host, address, settings);
}

const READ_BUFFER = 1 << 16;
/** More than a piece of what the core encrypts at once: the next one is due when this one has left. */
const WRITTEN_AHEAD = 1 << 17;
/** Those of sockets that are gone: who connects often would keep the garbage collector busy. */
const spare: Buffer[] = [];
const MOST_SPARE = 4;

export class Link {
  private readonly socket: Socket;
  private up = false;
  private over = false;

  constructor(
    private readonly number: number,
    private readonly host: LinkHost,
    address: Address,
    settings: SocketSettings,
  ) {
    const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(READ_BUFFER);
    const onread = {
      buffer,
      callback: (length: number, bytes: Uint8Array): boolean => {
        if (!this.over) {
          host.received(number, bytes, length);
        }
        return true;
      },
    };
    const buffers = { onread, writableHighWaterMark: WRITTEN_AHEAD };
    this.socket =
      address.host === null
        ? connect({ path: String(address.port), ...buffers })
        : connect({
            ...settings,
            host: address.host,
            port: Number(address.port),
            autoSelectFamily: settings.family === 0,
            lookup: rotated(address.attempt),
            ...buffers,
          });
    this.socket
      .on("connect", () => {
        if (!this.over) {
          this.up = true;
          host.dialed(number);
        }
      })
      .on("drain", () => {
        if (!this.over) {
          host.writable(number);
        }
      })
      .on("error", (error) => this.end(error))
      .on("end", () => this.end())
      .on("close", () => {
        this.end();
        if (spare.length < MOST_SPARE) {
          spare.push(buffer);
        }
      });
  }

  /** Whether the socket wants more before it drains. */
  write(bytes: Uint8Array): boolean {
    return this.over || this.socket.write(bytes);
  }

  /** Whether the socket still needs bytes that were written. */
  get isWriting(): boolean {
    return this.socket.writableLength > 0;
  }

  /** Ends the connection, or the attempt to make one; nothing more is told of it. */
  hangup(flush: boolean): void {
    this.over = true;
    if (flush && this.up) {
      // A peer that never reads must not keep the process.
      this.socket.unref();
      this.socket.destroySoon();
    } else {
      this.socket.destroy();
    }
  }

  reference(on: boolean): void {
    if (on) {
      this.socket.ref();
    } else {
      this.socket.unref();
    }
  }

  private end(error?: Error): void {
    if (this.over) {
      return;
    }
    this.over = true;
    const { code, text } = explain(error);
    if (this.up) {
      this.host.closed(this.number, code, text);
    } else {
      this.host.dialFailed(this.number, code || "ECONNRESET", text);
    }
    this.socket.destroy();
  }
}

/** Several addresses fail with one error each; the first tells most. */
function explain(error?: Error): { code: string; text: string } {
  if (error === undefined) {
    return { code: "", text: "" };
  }
  const first: NodeJS.ErrnoException = (error as AggregateError).errors?.[0] ?? error;
  return { code: first.code ?? "", text: first.message };
}

/** Resolves a name as Node does, and starts with another address at each attempt. */
function rotated(attempt: number): LookupFunction {
  return (name, options, done) => {
    resolve(name, options, (error, found, family) => {
      if (!Array.isArray(found) || found.length === 0) {
        done(error, found, family);
        return;
      }
      const by = attempt % found.length;
      done(error, [...found.slice(by), ...found.slice(0, by)]);
    });
  };
}
