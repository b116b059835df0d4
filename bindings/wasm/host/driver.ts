// One client of the core as a state machine: bytes and time go in, bytes and replies come out. It uses
// nothing that a browser has not.
import { failure } from "../../../node/src/error";
import type { Purpose } from "../../../node/src/lane";
import { type Contents, type Material, shaped } from "../../../node/src/material";
import type { Output } from "../../../node/src/native";
import type { ClientOptions } from "../../../node/src/options";
import { read } from "../../../node/src/settings";
import type { Status } from "../../../node/src/status";
import { type Action, Actions } from "./actions";
import { type Argument, IDEMPOTENT, pack } from "./command";
import { native } from "./module";

/** How a command is sent. */
export interface Sending {
  /** Milliseconds, reconnection included; 0 means the client's own limit. */
  readonly timeout?: number;
  /** It may be sent again after a lost connection. */
  readonly idempotent?: boolean;
  /** A lane that was opened; otherwise the shared connection. */
  readonly lane?: number;
  /** Strings of replies as bytes. */
  readonly bytes?: boolean;
}

/** Strings as bytes, for replies and messages. */
const AS_BYTES = 1 << 16;
const forgotten = new FinalizationRegistry<number>((handle) => native.release(handle));

/**
 * The whole secured connection without a socket. After each input, carry out what `poll` gives, in its
 * order; call `tick` when `deadline` is reached.
 */
export class Driver {
  private readonly handle: number;
  private readonly actions = new Actions();
  private ticket = 0;
  private over = false;
  private lastStatus = "";

  /** The options of `createClient`; providers are asked with a `need`. */
  constructor(options: ClientOptions = {}, fromEnv = false) {
    this.handle = read(options).open(fromEnv);
    forgotten.register(this, this.handle, this);
  }

  // In.

  /** Hands in one command; its ticket comes back with its reply or failure. */
  submit(command: readonly Argument[], sending: Sending = {}): number {
    return this.submitAll([command], sending);
  }

  /** Commands that are sent together, MULTI and EXEC among them for example: each reply has this ticket. */
  submitAll(commands: readonly (readonly Argument[])[], sending: Sending = {}): number {
    const ticket = ++this.ticket;
    const { timeout = 0, idempotent = false, lane, bytes = false } = sending;
    const flags = (idempotent ? IDEMPOTENT : 0) | (bytes ? AS_BYTES : 0);
    const { record, payload } = pack(commands, ticket, timeout, flags);
    this.drive(() =>
      lane === undefined
        ? native.submit(this.handle, record, record.length, payload, payload.length)
        : native.submitTo(this.handle, lane, record, record.length, payload, payload.length),
    );
    return ticket;
  }

  cancel(ticket: number): void {
    this.drive(() => native.cancel(this.handle, ticket));
  }

  /** The connection is up. */
  dialed(link: number): void {
    this.drive(() => native.dialed(this.handle, link));
  }

  /** It could not be made; `code` is Node's name, such as `ECONNREFUSED` or `ENOTFOUND`. */
  dialFailed(link: number, code = "EHOSTUNREACH", text = ""): void {
    this.drive(() => native.dialFailed(this.handle, link, code, text));
  }

  received(link: number, bytes: Uint8Array): void {
    this.drive(() => native.received(this.handle, link, bytes, bytes.length));
  }

  /** The connection takes no more for now: nothing is to be written until `writable`. */
  blocked(link: number): void {
    this.drive(() => native.blocked(this.handle, link));
  }

  writable(link: number): void {
    this.drive(() => native.writable(this.handle, link));
  }

  /** The connection has ended: by the peer, or with Node's name of an error. */
  closed(link: number, code = "", text = ""): void {
    this.drive(() => native.closed(this.handle, link, code, text));
  }

  /** The deadline has come. */
  tick(): void {
    this.actions.deadline = Number.POSITIVE_INFINITY;
    this.drive(() => native.tick(this.handle));
  }

  /** Answers a `need`, or without an id hands in what replaces a material under live traffic. */
  supply<M extends Material>(material: M, content: Contents[M], id = 0): void {
    const parts = shaped(material, content);
    this.drive(() => native.supply(this.handle, material, id, parts));
  }

  /** There is no answer to a `need`. */
  supplyFailed(material: Material, id: number, why: string): void {
    this.drive(() => native.supplyFailed(this.handle, material, id, why));
  }

  /** Looks at all materials now. */
  reload(): void {
    this.drive(() => native.reload(this.handle));
  }

  /** Fails what is waiting and says goodbye: carry out what `poll` gives, and forget the driver. */
  close(): void {
    if (this.over) {
      return;
    }
    this.drive(() => native.close(this.handle));
    this.lastStatus = native.status(this.handle);
    this.over = true;
    forgotten.unregister(this);
    native.release(this.handle);
  }

  // Lanes: connections beside the shared one.

  /** For one caller (`held`), subscriptions (`listening`), or bytes of one's own (`wire`, `bare wire`). */
  openLane(purpose: Purpose): number {
    const lane = native.openLane(this.handle, purpose);
    if (typeof lane !== "number") {
      throw lane;
    }
    if (purpose !== "held") {
      this.drive(() => native.connectLane(this.handle, lane));
    }
    return lane;
  }

  /** Sends bytes of one's own. */
  send(lane: number, bytes: Uint8Array): void {
    this.drive(() => native.send(this.handle, lane, bytes, bytes.length));
  }

  /** Closes a lane; one that was held is kept for the next. */
  closeLane(lane: number, keep = false): void {
    this.drive(() => (keep ? native.takeBack : native.shut)(this.handle, lane));
  }

  // Out.

  /** What is to be done, until there is nothing more. */
  *poll(): Generator<Action> {
    for (
      let next = this.actions.list.shift();
      next !== undefined;
      next = this.actions.list.shift()
    ) {
      yield next;
    }
  }

  /** When `tick` is due, on the clock of `performance.now()`; infinite if never. */
  deadline(): number {
    return this.actions.deadline;
  }

  // To look at.

  isReady(): boolean {
    return !this.over && native.isReady(this.handle);
  }

  status(): Status {
    return JSON.parse(this.over ? this.lastStatus : native.status(this.handle));
  }

  /** The settings in force, secrets masked. */
  config(): Record<string, unknown> {
    this.demandOpen();
    return JSON.parse(native.config(this.handle));
  }

  private drive(input: () => Output): void {
    this.demandOpen();
    const { actions } = this;
    for (let more = actions.take(input()); more; ) {
      more = actions.take(native.more(this.handle, NO_ROOM));
    }
  }

  private demandOpen(): void {
    if (this.over) {
      throw failure("client.closed", "");
    }
  }
}

/** A long write comes with its own bytes, then. */
const NO_ROOM = new Uint8Array(0);
