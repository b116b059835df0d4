// Drives one client of the extension: sockets, one timer, one call per tick out and per chunk in.
import { Alarm } from "./alarm";
import { type Asker, Asking } from "./asking";
import { failure, internal, type RedlatchError } from "./error";
import type { ClientEvent } from "./events";
import type { Port } from "./lane";
import { Lanes } from "./lanes";
import { Links } from "./links";
import type { Material, Parts } from "./material";
import { native, type Output } from "./native";
import { carryOut, type Doer } from "./outcome";
import { Packer } from "./packer";
import type { Settings } from "./settings";
import { type Shape, Waiters } from "./waiters";

/** So much leaves at once. */
const FLUSH_BYTES = 1 << 16;
/** Fewest commands that are worth a write of their own while others are being packed. */
const SHARE = 16;
const forgotten = new FinalizationRegistry<number>((handle) => native.release(handle));

export class Engine implements Asker, Doer, Port {
  readonly packer = new Packer();
  /** The settings in force, as JSON. */
  readonly config: string;
  readonly waiters = new Waiters();
  readonly lanes: Lanes;
  readonly links: Links;
  /** The extension's number of the client. */
  readonly handle: number;
  /** Resolves with the first connection. */
  readonly connected: Promise<void>;
  readonly alarm = new Alarm(() => this.call(() => native.tick(this.handle)));
  private isConnected = () => {};
  private scheduled = false;
  private isReleased = false;
  private lastBatch = 0;
  /** Why nothing is taken any more. */
  private refusal: (() => RedlatchError) | undefined;
  private whenIdle: (() => void) | undefined;
  private lastStatus = "";
  private readonly asking: Asking;
  /** Why what was handed in last is refused. */
  private unusable: RedlatchError | undefined;

  constructor(
    settings: Settings,
    fromEnv: boolean,
    private readonly onEvent: (event: ClientEvent) => void,
  ) {
    this.handle = settings.open(fromEnv);
    this.lanes = new Lanes(this);
    this.links = new Links(this, settings.socket);
    const providers = settings.hire((material, parts) => this.supply(material, parts));
    this.asking = new Asking(this, providers);
    forgotten.register(this, this.handle, this);
    this.connected = new Promise((resolve) => {
      this.isConnected = resolve;
    });
    this.config = native.config(this.handle);
  }

  get isClosed(): boolean {
    return this.refusal === closed;
  }

  /** Ends the record in the packer; a promise for its reply. */
  finish(shape: Shape, timeout: number, flags: number): Promise<unknown> {
    const refusal = this.refuses();
    if (refusal !== undefined) {
      return Promise.reject(refusal);
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

  /** Why nothing is taken now: it is closed, or this code runs within one of its providers. */
  refuses(): RedlatchError | undefined {
    return this.refusal === undefined ? this.asking.misuse() : this.refusal();
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

  /** Gives up the command of a ticket. */
  cancel(ticket: number, error: RedlatchError): void {
    this.flush();
    this.waiters.fail(ticket, error);
    this.call(() => native.cancel(this.handle, ticket));
  }

  reload(): void {
    this.call(() => native.reload(this.handle));
  }

  /** Hands in content that nobody asked for; an error says why it is refused. */
  supply(material: Material, parts: Parts): RedlatchError | undefined {
    return this.handIn(() => native.supply(this.handle, material, 0, parts));
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
    this.links.reference(on);
  }

  /** Does what comes of an input of the core. */
  call(input: () => Output): void {
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

  /** As `call`; why the core refuses the input, if it does. */
  handIn(input: () => Output): RedlatchError | undefined {
    this.unusable = undefined;
    this.call(input);
    return this.refusal === closed ? closed() : this.unusable;
  }

  take(first: Output): void {
    let out = first;
    while (carryOut(out, this) && !this.isReleased) {
      out = native.more(this.handle, this.links.staging);
    }
  }

  need(material: Material, id: number): void {
    this.asking.need(material, id);
  }

  refused(error: RedlatchError): void {
    this.unusable = error;
  }

  wake(milliseconds: number): void {
    this.alarm.set(milliseconds);
  }

  tell(event: ClientEvent): void {
    if (event.kind === "connected") {
      this.isConnected();
    }
    this.onEvent(event);
    this.asking.told(event);
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
    this.links.end();
    this.lanes.end(closed);
    this.asking.end();
    forgotten.unregister(this);
    this.isReleased = true;
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
