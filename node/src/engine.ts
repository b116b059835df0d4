// Drives one client of the extension: sockets, one timer, one call per tick out and per chunk in.
import { Alarm } from "./alarm";
import { type Asker, Asking } from "./asking";
import { failure, internal, type RedlatchError } from "./error";
import type { ClientEvent } from "./events";
import type { Listener, Port, Purpose } from "./lane";
import { Link, type LinkHost, type SocketSettings } from "./link";
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

export class Engine implements LinkHost, Asker, Doer, Port {
  readonly packer = new Packer();
  /** The settings in force, as JSON. */
  readonly config: string;
  readonly waiters = new Waiters();
  private readonly listeners = new Map<number, Listener>();
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

  /** Opens a lane; throws if there may be no more connections, or the client is closed. */
  openLane(purpose: Purpose, listener: Listener): number {
    const misuse = this.refusal?.() ?? this.asking.misuse();
    if (misuse !== undefined) {
      throw misuse;
    }
    const lane = native.openLane(this.handle, purpose);
    if (typeof lane !== "number") {
      throw lane;
    }
    this.listeners.set(lane, listener);
    if (purpose !== "held" && purpose !== "listening") {
      this.call(() => native.connectLane(this.handle, lane));
    }
    return lane;
  }

  /** Ends the record in the packer of a lane; a promise for its reply. */
  finishIn(
    lane: number,
    packer: Packer,
    shape: Shape,
    timeout: number,
    flags: number,
  ): Promise<unknown> {
    // Tickets must grow from call to call.
    this.flush();
    const misuse = this.refusal?.() ?? this.asking.misuse();
    if (misuse !== undefined) {
      return Promise.reject(misuse);
    }
    const { waiters } = this;
    const fault = packer.finish(waiters.next, timeout, flags);
    if (fault !== undefined) {
      return Promise.reject(failure("client.misuse", (fault as Error).message));
    }
    const promise = waiters.add(shape);
    const { records, count, payload, length } = packer;
    packer.clear();
    this.call(() => native.submitTo(this.handle, lane, records, count * 24, payload, length));
    return promise;
  }

  mapLane(lane: number, flags: number): void {
    this.call(() => native.mapLane(this.handle, lane, flags));
  }

  /** Sends raw bytes; why it could not, if so. */
  send(lane: number, bytes: Uint8Array): RedlatchError | undefined {
    this.unusable = undefined;
    this.call(() => native.send(this.handle, lane, bytes, bytes.length));
    return this.refusal === closed ? closed() : this.unusable;
  }

  /** Whether a lane had better be left, and owes nobody a reply. */
  mayLeave(lane: number): boolean {
    return this.refusal !== closed && native.mayLeave(this.handle, lane);
  }

  /** Closes a lane, or gives it back. */
  closeLane(lane: number, isHeld: boolean): void {
    this.listeners.delete(lane);
    const close = isHeld ? native.takeBack : native.shut;
    this.call(() => close(this.handle, lane));
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

  write(link: number, bytes: Uint8Array): void {
    if (this.links.get(link)?.write(bytes) === false) {
      this.take(native.blocked(this.handle, link));
    }
  }

  hangup(link: number, flush: boolean): void {
    this.links.get(link)?.hangup(flush);
    this.drop(link);
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

  heard(lane: number, message: unknown): void {
    this.listeners.get(lane)?.heard?.(message);
  }

  opened(lane: number): void {
    this.listeners.get(lane)?.opened?.();
  }

  bytes(lane: number, bytes: Buffer): void {
    this.listeners.get(lane)?.bytes?.(bytes);
  }

  ended(lane: number, error: RedlatchError): void {
    this.listeners.get(lane)?.ended?.(error);
  }

  private take(out: Output): void {
    carryOut(out, this);
  }

  tell(event: ClientEvent): void {
    this.onEvent(event);
    this.asking.told(event);
  }

  dial(number: number, attempt: number, host: string | null, port: number | string): void {
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
    for (const listener of this.listeners.values()) {
      listener.ended?.(closed());
    }
    this.listeners.clear();
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
