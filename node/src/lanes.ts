// The lanes of one engine: what is sent in them, and who is told what they say.
import type { Engine } from "./engine";
import { failure, type RedlatchError } from "./error";
import type { Listener, Purpose } from "./lane";
import { native } from "./native";
import type { Packer } from "./packer";
import type { Shape } from "./waiters";

export class Lanes {
  private readonly listeners = new Map<number, Listener>();

  constructor(private readonly engine: Engine) {}

  /** Throws if there may be no more connections, or the client is closed. */
  open(purpose: Purpose, listener: Listener): number {
    const { engine } = this;
    const refusal = engine.refuses();
    if (refusal !== undefined) {
      throw refusal;
    }
    const lane = native.openLane(engine.handle, purpose);
    if (typeof lane !== "number") {
      throw lane;
    }
    this.listeners.set(lane, listener);
    if (purpose !== "held" && purpose !== "listening") {
      engine.call(() => native.connectLane(engine.handle, lane));
    }
    return lane;
  }

  /** Ends the record in the packer of a lane; a promise for its reply. */
  finish(
    lane: number,
    packer: Packer,
    shape: Shape,
    timeout: number,
    flags: number,
  ): Promise<unknown> {
    const { engine } = this;
    // Tickets must grow from call to call.
    engine.flush();
    const refusal = engine.refuses();
    if (refusal !== undefined) {
      return Promise.reject(refusal);
    }
    const { waiters } = engine;
    const fault = packer.finish(waiters.next, timeout, flags);
    if (fault !== undefined) {
      return Promise.reject(failure("client.misuse", (fault as Error).message));
    }
    const promise = waiters.add(shape);
    const { records, count, payload, length } = packer;
    packer.clear();
    engine.call(() => native.submitTo(engine.handle, lane, records, count * 24, payload, length));
    return promise;
  }

  /** What the types of messages become from now on: flags of a record. */
  map(lane: number, flags: number): void {
    this.engine.call(() => native.mapLane(this.engine.handle, lane, flags));
  }

  /** Sends raw bytes; why it could not, if so. */
  send(lane: number, bytes: Uint8Array): RedlatchError | undefined {
    const { engine } = this;
    return engine.handIn(() => native.send(engine.handle, lane, bytes, bytes.length));
  }

  /** Whether a lane had better be left, and owes nobody a reply. */
  mayLeave(lane: number): boolean {
    return !this.engine.isClosed && native.mayLeave(this.engine.handle, lane);
  }

  /** Closes a lane, or gives it back. */
  close(lane: number, isHeld: boolean): void {
    this.listeners.delete(lane);
    const close = isHeld ? native.takeBack : native.shut;
    this.engine.call(() => close(this.engine.handle, lane));
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

  /** The client is gone; each is told why. */
  end(why: () => RedlatchError): void {
    for (const listener of this.listeners.values()) {
      listener.ended?.(why());
    }
    this.listeners.clear();
  }
}
