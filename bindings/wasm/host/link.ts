// One connection as a pair of streams: moves ciphertext, knows nothing of what it means. It stands in
// the place of node/src/link.ts.
import { dial, openSocket } from "#sockets";
import type { Address, LinkHost, SocketSettings as Settings } from "../../../node/src/link";
import type { Dial, Wire } from "./wire";

export type { Address, LinkHost };

/** What a connection is asked for besides its address. */
export interface SocketSettings extends Settings {
  dial: Dial;
}

const builtIn: Dial = (place) => {
  if (dial === undefined) {
    throw new Error("this runtime has no sockets of its own: socket.dial must open connections");
  }
  return dial(place);
};

/** What is asked for unless the options say so. */
export const SOCKET: SocketSettings = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  family: 0,
  dial: builtIn,
};

/** Opens a link: with a socket of the runtime, unless a `dial` was given. */
export function openLink(
  number: number,
  host: LinkHost,
  address: Address,
  settings: SocketSettings,
): Pick<Link, "write" | "isWriting" | "hangup" | "reference"> {
  return openSocket !== undefined && settings.dial === builtIn
    ? openSocket(number, host, address, settings)
    : new Link(number, host, address, settings);
}

/** More than a piece of what the core encrypts at once: the next one is due when this one has left. */
const WRITTEN_AHEAD = 1 << 17;

export class Link {
  private readonly attempt = new AbortController();
  private wire: Wire | undefined;
  private writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private pending = 0;
  private isBlocked = false;
  private over = false;

  constructor(
    private readonly number: number,
    private readonly host: LinkHost,
    address: Address,
    settings: SocketSettings,
  ) {
    this.open(address, settings.dial);
  }

  /** Whether the connection wants more before it drains. */
  write(bytes: Uint8Array): boolean {
    if (this.over || this.writer === undefined) {
      return true;
    }
    this.pending += bytes.length;
    this.writer.write(bytes).then(
      () => this.written(bytes.length),
      (error) => this.end(error),
    );
    this.isBlocked ||= this.pending >= WRITTEN_AHEAD;
    return !this.isBlocked;
  }

  /** Whether the connection still needs bytes that were written. */
  get isWriting(): boolean {
    return this.pending > 0;
  }

  /** Ends the connection, or the attempt to make one; nothing more is told of it. */
  hangup(flush: boolean): void {
    this.over = true;
    this.attempt.abort();
    const { reader, writer } = this;
    if (reader === undefined || writer === undefined) {
      this.shut();
      return;
    }
    const ended = flush ? writer.close() : writer.abort();
    const shut = () => this.shut();
    ended.then(shut, shut);
  }

  /** Streams do not say whether they keep the process. */
  reference(_: boolean): void {}

  private async open({ host, port, attempt }: Address, dial: Dial): Promise<void> {
    const { signal } = this.attempt;
    try {
      const place =
        host === null
          ? { hostname: "", port: 0, path: String(port), attempt, signal }
          : { hostname: host, port: Number(port), attempt, signal };
      this.wire = await dial(place);
      await this.wire.opened;
      if (this.over) {
        this.shut();
        return;
      }
      this.writer = this.wire.writable.getWriter();
      this.reader = this.wire.readable.getReader();
    } catch (error) {
      if (!this.over) {
        this.over = true;
        this.shut();
        const { code, text } = explain(error, "EHOSTUNREACH");
        this.host.dialFailed(this.number, code, text);
      }
      return;
    }
    this.host.dialed(this.number);
    await this.read(this.reader);
  }

  private async read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      while (!this.over) {
        const { done, value } = await reader.read();
        if (this.over) {
          return;
        }
        if (done) {
          this.end();
          return;
        }
        this.host.received(this.number, value, value.length);
      }
    } catch (error) {
      this.end(error);
    }
  }

  private written(length: number): void {
    this.pending -= length;
    if (this.isBlocked && this.pending === 0) {
      this.isBlocked = false;
      if (!this.over) {
        this.host.writable(this.number);
      }
    }
  }

  private end(error?: unknown): void {
    if (this.over) {
      return;
    }
    this.over = true;
    const { code, text } = error === undefined ? NOTHING : explain(error, "ECONNRESET");
    this.shut();
    this.host.closed(this.number, code, text);
  }

  private shut(): void {
    this.reader?.cancel().catch(ignored);
    this.writer?.abort().catch(ignored);
    try {
      this.wire?.close?.();
    } catch {
      // It is gone already.
    }
  }
}

const NOTHING = { code: "", text: "" };
const ignored = () => {};

/** Deno's names for what others give Node's codes. */
const NAMES: Readonly<Record<string, string>> = {
  ConnectionRefused: "ECONNREFUSED",
  NotFound: "ENOENT",
  TimedOut: "ETIMEDOUT",
  AddrNotAvailable: "EADDRNOTAVAIL",
};

function explain(error: unknown, otherwise: string): { code: string; text: string } {
  const { code, name, message } = Object(error) as {
    [fact in "code" | "name" | "message"]?: unknown;
  };
  const known = typeof code === "string" ? code : NAMES[String(name)];
  return { code: known ?? otherwise, text: String(message ?? error) };
}
