// Drives one client of the extension: sockets, one timer, one call per tick out and per chunk in.
import { Alarm } from "./alarm";
import { type Asker, Asking } from "./asking";
import { failure, fromDocument, internal, type RedlatchError } from "./error";
import type { ClientEvent } from "./events";
import { Link, type LinkHost, type SocketSettings } from "./link";
import type { Material, Parts } from "./material";
import { Item, native, type Output } from "./native";
import { Packer } from "./packer";
import type { Settings } from "./settings";
import { type Shape, Waiters } from "./waiters";

/** So much leaves at once. */
const FLUSH_BYTES = 1 << 16;
/** Fewest commands that are worth a write of their own while others are being packed. */
const SHARE = 16;
const forgotten = new FinalizationRegistry<number>((handle) => native.release(handle));

export class Engine implements LinkHost, Asker {
  readonly packer = new Packer();
  /** The settings in force, as JSON. */
  readonly config: string;
  private readonly waiters = new Waiters();
  private readonly links = new Map<number, Link>();
  private readonly handle: number;
  private readonly alarm = new Alarm(() => this.call(() => native.tick(this.handle)));
  private referenced = true;
  private scheduled = false;
  private lastBatch = 0;
  /** Why nothing is taken any more. */
  private refusal: (() => RedlatchError) | undefined;
  private whenIdle: (() => void) | undefined;
  private lastStatus = "";
  private readonly socket: SocketSettings;
  private readonly asking: Asking;
  /** Why the content handed in last is refused. */
  private unusable: RedlatchError | undefined;

  constructor(
    settings: Settings,
    fromEnv: boolean,
    private readonly onEvent: (event: ClientEvent) => void,
  ) {
    this.handle = settings.open(fromEnv);
    this.socket = settings.socket;
    const providers = settings.hire((material, parts) => this.supply(material, parts));
    this.asking = new Asking(this, providers);
    forgotten.register(this, this.handle, this);
    this.config = native.config(this.handle);
  }

  /** Ends the record in the packer; a promise for its reply. */
  finish(shape: Shape, timeout: number, flags: number): Promise<unknown> {
    if (this.refusal !== undefined) {
      return Promise.reject(this.refusal());
    }
    const misuse = this.asking.misuse();
    if (misuse !== undefined) {
      return Promise.reject(misuse);
    }
    const { waiters, packer } = this;
    const fault = packer.finish(waiters.next, timeout, flags);
    if (fault !== undefined) {
      return Promise.reject(failure("client.misuse", (fault as Error).message));
    }
    const promise = waiters.add(shape);
    if (!this.scheduled) {
      // A lone command leaves at once; a burst leaves together.
      if (waiters.count === 1 && this.lastBatch <= 1) {
        this.flush();
      } else {
        this.scheduled = true;
        process.nextTick(flushNow, this);
      }
    } else if (
      packer.length >= FLUSH_BYTES ||
      (packer.count >= SHARE && packer.count * 4 >= waiters.count)
    ) {
      // The server works on a quarter of what is under way while the rest is packed.
      this.flush();
    }
    return promise;
  }

  /** Sends what the tick left; more of it comes in the next one. */
  flushTick(): void {
    this.scheduled = false;
    this.flush();
  }

  flush(): void {
    const { packer } = this;
    if (packer.count === 0 || this.refusal === closed) {
      return;
    }
    this.lastBatch = packer.count;
    const { records, count, payload, length } = packer;
    packer.clear();
    this.call(() => native.submit(this.handle, records, count * 24, payload, length));
  }

  dialed(link: number): void {
    this.call(() => native.dialed(this.handle, link));
  }

  dialFailed(link: number, code: string, text: string): void {
    this.drop(link);
    this.call(() => native.dialFailed(this.handle, link, code, text));
  }

  received(link: number, bytes: Uint8Array, length: number): void {
    this.call(() => native.received(this.handle, link, bytes, length));
  }

  writable(link: number): void {
    this.call(() => native.writable(this.handle, link));
  }

  closed(link: number, code: string, text: string): void {
    this.drop(link);
    this.call(() => native.closed(this.handle, link, code, text));
  }

  /** Takes no more commands, waits for the replies of those taken, and says goodbye. */
  async drain(): Promise<void> {
    const misuse = this.asking.misuse();
    if (misuse !== undefined) {
      throw misuse;
    }
    if (this.refusal === undefined) {
      this.refusal = draining;
      this.flush();
      await new Promise<void>((resolve) => {
        this.whenIdle = resolve;
        this.checkIdle();
      });
    }
    this.close();
  }

  /** Fails what is waiting and says goodbye. */
  close(): void {
    if (this.refusal === closed) {
      return;
    }
    this.flush();
    if (this.refusal === closed) {
      return;
    }
    this.refusal = closed;
    try {
      this.take(native.close(this.handle));
      this.lastStatus = native.status(this.handle);
    } catch (error) {
      this.waiters.failAll(() => internal(error));
    }
    this.end();
  }

  reload(): void {
    this.call(() => native.reload(this.handle));
  }

  /** Hands in content that nobody asked for; an error says why it is refused. */
  supply(material: Material, parts: Parts): RedlatchError | undefined {
    this.unusable = undefined;
    this.call(() => native.supply(this.handle, material, 0, parts));
    return this.refusal === closed ? closed() : this.unusable;
  }

  answer(material: Material, id: number, parts: Parts): void {
    this.call(() => native.supply(this.handle, material, id, parts));
  }

  answerFailed(material: Material, id: number, why: string): void {
    this.call(() => native.supplyFailed(this.handle, material, id, why));
  }

  /** The core's status document; once closed, the last one. */
  status(): string {
    return this.refusal === closed ? this.lastStatus : native.status(this.handle);
  }

  isReady(): boolean {
    return this.refusal !== closed && native.isReady(this.handle);
  }

  /** Whether an open client keeps the process alive. */
  reference(on: boolean): void {
    this.referenced = on;
    for (const link of this.links.values()) {
      link.reference(on);
    }
    this.referTimer();
  }

  private call(input: () => Output): void {
    if (this.refusal === closed) {
      return;
    }
    try {
      this.take(input());
    } catch (error) {
      this.crash(error);
    }
    this.checkIdle();
  }

  /** Does what the core says. */
  private take(out: Output): void {
    if (out === undefined) {
      return;
    }
    const { waiters } = this;
    const { length } = out;
    let at = 0;
    while (at < length) {
      const item = out[at] as number;
      const number = out[at + 1] as number;
      if (item === Item.Replies) {
        const end = at + 3 + (out[at + 2] as number);
        let ticket = number;
        for (at += 3; at < end; at++) {
          waiters.reply(ticket++, out[at]);
        }
        continue;
      }
      switch (item) {
        case Item.Repeated: {
          const end = at + 3 + (out[at + 2] as number);
          for (at += 3; at < end; at++) {
            waiters.reply(number, out[at]);
          }
          break;
        }
        case Item.Failed:
          for (let ticket = number; ticket < number + (out[at + 2] as number); ticket++) {
            waiters.fail(ticket, fromDocument(out[at + 3] as string));
          }
          at += 4;
          break;
        case Item.Write:
          if (this.links.get(number)?.write(out[at + 2] as Uint8Array) === false) {
            this.take(native.blocked(this.handle, number));
          }
          at += 3;
          break;
        case Item.Hangup:
          this.links.get(number)?.hangup(out[at + 2] as boolean);
          this.drop(number);
          at += 3;
          break;
        case Item.Dial:
          this.dial(number, out[at + 2] as number, out[at + 3] as string, out[at + 4] as number);
          at += 5;
          break;
        case Item.Event:
          this.tell(JSON.parse(out[at + 1] as string));
          at += 2;
          break;
        case Item.Need:
          this.asking.need(out[at + 2] as Material, number);
          at += 3;
          break;
        case Item.Refused:
          this.unusable = fromDocument(out[at + 1] as string);
          at += 2;
          break;
        case Item.Wake:
          this.alarm.set(number);
          at += 2;
          break;
        default:
          // A push message that nobody asked for.
          at += 3;
      }
    }
  }

  private tell(event: ClientEvent): void {
    this.onEvent(event);
    this.asking.told(event);
  }

  private dial(number: number, attempt: number, host: string | null, port: number | string): void {
    const link = new Link(number, this, { host, port, attempt }, this.socket);
    this.links.set(number, link);
    if (!this.referenced) {
      link.reference(false);
    }
    this.referTimer();
  }

  private drop(link: number): void {
    this.links.delete(link);
    this.referTimer();
  }

  /** An open client lives by its sockets; only between two of them by its timer. */
  private referTimer(): void {
    this.alarm.keepAlive(this.referenced && this.links.size === 0);
  }

  private checkIdle(): void {
    if (this.whenIdle !== undefined && this.waiters.count === 0) {
      this.whenIdle();
      this.whenIdle = undefined;
    }
  }

  /** The extension failed inside: its client is gone. */
  private crash(thrown: unknown): void {
    this.refusal = closed;
    this.waiters.failAll(() => internal(thrown));
    this.end();
    this.checkIdle();
  }

  private end(): void {
    this.alarm.clear();
    for (const link of this.links.values()) {
      link.hangup(false);
    }
    this.links.clear();
    this.asking.end();
    forgotten.unregister(this);
    native.release(this.handle);
  }
}

function flushNow(engine: Engine): void {
  engine.flushTick();
}

function closed(): RedlatchError {
  return failure("client.closed", "");
}

function draining(): RedlatchError {
  return failure("client.closed", "it is being closed");
}
