// The sockets of one engine, by the core's numbers.
import type { Engine } from "./engine";
import { type Link, type LinkHost, openLink, type SocketSettings } from "./link";
import { native } from "./native";

/** A piece of what the core encrypts at once, and what TLS adds. */
const STAGING = 1 << 17;

export class Links implements LinkHost {
  private readonly links = new Map<number, Link>();
  private referenced = true;
  private buffer: Buffer | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly settings: SocketSettings,
  ) {}

  dial(number: number, attempt: number, host: string | null, port: number | string): void {
    const link = openLink(number, this, { host, port, attempt }, this.settings);
    this.links.set(number, link);
    if (!this.referenced) {
      link.reference(false);
    }
    this.referTimer();
  }

  write(link: number, bytes: Uint8Array): void {
    if (this.links.get(link)?.write(bytes) === false) {
      this.engine.take(native.blocked(this.engine.handle, link));
    }
  }

  /** Where the extension puts a long write. */
  get staging(): Buffer {
    this.buffer ??= Buffer.allocUnsafeSlow(STAGING);
    return this.buffer;
  }

  /** Writes the first bytes of `staging`. */
  writeStaged(link: number, length: number): void {
    this.write(link, this.staging.subarray(0, length));
    if (this.links.get(link)?.isWriting !== false) {
      this.buffer = undefined;
    }
  }

  hangup(link: number, flush: boolean): void {
    this.links.get(link)?.hangup(flush);
    this.drop(link);
  }

  dialed(link: number): void {
    this.engine.call(() => native.dialed(this.engine.handle, link));
  }

  dialFailed(link: number, code: string, text: string): void {
    this.drop(link);
    this.engine.call(() => native.dialFailed(this.engine.handle, link, code, text));
  }

  received(link: number, bytes: Uint8Array, length: number): void {
    this.engine.call(() => native.received(this.engine.handle, link, bytes, length));
  }

  writable(link: number): void {
    this.engine.call(() => native.writable(this.engine.handle, link));
  }

  closed(link: number, code: string, text: string): void {
    this.drop(link);
    this.engine.call(() => native.closed(this.engine.handle, link, code, text));
  }

  /** Whether they keep the process alive. */
  reference(on: boolean): void {
    this.referenced = on;
    for (const link of this.links.values()) {
      link.reference(on);
    }
    this.referTimer();
  }

  end(): void {
    for (const link of this.links.values()) {
      link.hangup(false);
    }
    this.links.clear();
  }

  private drop(link: number): void {
    this.links.delete(link);
    this.referTimer();
  }

  /** An open client lives by its sockets; only between two of them by its timer. */
  private referTimer(): void {
    this.engine.alarm.keepAlive(this.referenced && this.links.size === 0);
  }
}
