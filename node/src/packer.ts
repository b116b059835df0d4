// Commands of one tick, packed to RESP in one growing buffer with one record each.

/** An argument of a command. Numbers are sent as their decimal text. */
export type Argument = string | Uint8Array | number | bigint;

/** Flag of a record: it may be sent again after a lost connection. */
export const IDEMPOTENT = 1;

/** Fields of a record, as 32-bit words; the layout is the core's `Record::PACKED`. */
const WORDS = 6;
const LONG_TEXT = 72;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;
const CR = 13;
const LF = 10;
const FIRST_BYTES = 1 << 12;
/** A larger payload is let go at once, a smaller one when it was not needed for a while. */
const KEPT = 1 << 22;
const SMALL = 1 << 17;
const PATIENCE = 64;
/** Bytes within which the name of a command ends. */
const LONGEST_NAME = 64;

export class Packer {
  payload = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Bytes of complete records. */
  length = 0;
  /** Complete records. */
  count = 0;
  records = new Uint8Array(WORDS * 4 * 256);
  private words = new Uint32Array(this.records.buffer);
  /** Where the next byte goes; behind `length` while a record is being packed. */
  private at = 0;
  private commands = 0;
  /** Times in a row that most of a large payload was not needed. */
  private unused = 0;
  private fault: unknown;

  /** Starts a record; one that was not finished is forgotten. */
  begin(): void {
    this.at = this.length;
    this.commands = 0;
    this.fault = undefined;
  }

  /** Starts a command of a record, its first bytes packed already by {@link prefix}. */
  prefix(bytes: Uint8Array): void {
    const { length } = bytes;
    let at = this.reserve(length);
    const { payload } = this;
    for (let from = 0; from < length; from++) {
      payload[at++] = bytes[from];
    }
    this.at = at;
    this.commands++;
  }

  command(args: readonly Argument[]): void {
    this.header(STAR, args.length);
    for (const argument of args) {
      this.argument(argument);
    }
    if (args.length === 0) {
      this.fault = new TypeError("a command needs a name");
    }
    this.commands++;
  }

  argument(argument: Argument): void {
    if (typeof argument === "string") {
      this.text(argument);
    } else if (argument instanceof Uint8Array) {
      this.bytes(argument);
    } else if (typeof argument === "number" || typeof argument === "bigint") {
      this.text(String(argument));
    } else {
      this.fault ??= new TypeError(`arguments are strings or Buffers, not ${typeof argument}`);
    }
  }

  /** What a record begins with, and how many commands it has. */
  operation(): { first: string; size: number } {
    const end = Math.min(this.at, this.length + LONGEST_NAME);
    const head = this.payload.toString("latin1", this.length, end).split("\r\n", 3);
    return { first: (head[2] ?? "").toUpperCase(), size: this.commands };
  }

  /** Ends the record. What is wrong with it, if anything; then it is forgotten. */
  finish(ticket: number, timeout: number, flags: number): unknown {
    if (this.fault !== undefined) {
      return this.fault;
    }
    let word = this.count * WORDS;
    if (word === this.words.length) {
      this.growRecords();
    }
    const { words } = this;
    words[word++] = ticket >>> 0;
    words[word++] = Math.floor(ticket / 0x1_0000_0000);
    words[word++] = this.commands;
    words[word++] = this.at - this.length;
    words[word++] = timeout;
    words[word] = flags;
    this.length = this.at;
    this.count++;
    return undefined;
  }

  /** Starts over. */
  clear(): void {
    const size = this.payload.length;
    if (size > SMALL) {
      // A fresh one for each large value costs a page fault for every page, and the garbage collector.
      this.unused = this.length * 4 > size ? 0 : this.unused + 1;
      if (size > KEPT || this.unused > PATIENCE) {
        this.payload = Buffer.allocUnsafeSlow(FIRST_BYTES);
        this.unused = 0;
      }
    }
    this.length = 0;
    this.count = 0;
  }

  private text(text: string): void {
    const { length } = text;
    if (length > LONG_TEXT) {
      this.longText(text);
      return;
    }
    let at = this.reserve(length + 7);
    const { payload } = this;
    payload[at++] = DOLLAR;
    if (length > 9) {
      payload[at++] = ZERO + ((length / 10) | 0);
    }
    payload[at++] = ZERO + (length % 10);
    payload[at++] = CR;
    payload[at++] = LF;
    for (let from = 0; from < length; from++) {
      const code = text.charCodeAt(from);
      if (code > 127) {
        this.longText(text);
        return;
      }
      payload[at++] = code;
    }
    payload[at++] = CR;
    payload[at++] = LF;
    this.at = at;
  }

  private longText(text: string): void {
    // To count the bytes takes longer than to write them. Text that is not ASCII has more of them
    // than characters, and is cut short beyond: no character takes more than four.
    const start = this.at;
    const { length } = text;
    this.header(DOLLAR, length);
    const at = this.reserve(length + 4);
    if (this.payload.write(text, at, length + 4) === length) {
      this.end(at + length);
      return;
    }
    this.at = start;
    const size = Buffer.byteLength(text);
    this.header(DOLLAR, size);
    const from = this.reserve(size + 2);
    this.payload.write(text, from);
    this.end(from + size);
  }

  private bytes(bytes: Uint8Array): void {
    this.header(DOLLAR, bytes.length);
    const at = this.reserve(bytes.length + 2);
    this.payload.set(bytes, at);
    this.end(at + bytes.length);
  }

  private header(kind: number, number: number): void {
    const digits = String(number);
    let at = this.reserve(digits.length + 3);
    const { payload } = this;
    payload[at++] = kind;
    for (let from = 0; from < digits.length; from++) {
      payload[at++] = digits.charCodeAt(from);
    }
    this.end(at);
  }

  private end(at: number): void {
    this.payload[at] = CR;
    this.payload[at + 1] = LF;
    this.at = at + 2;
  }

  /** Where to write so many bytes. */
  private reserve(size: number): number {
    if (this.at + size > this.payload.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.payload.length * 2, this.at + size));
      this.payload.copy(grown, 0, 0, this.at);
      this.payload = grown;
    }
    return this.at;
  }

  private growRecords(): void {
    const grown = new Uint8Array(this.records.length * 2);
    grown.set(this.records);
    this.records = grown;
    this.words = new Uint32Array(grown.buffer);
  }
}

/** The first bytes of a command of `count` arguments, its name included. */
export function prefix(count: number, name: string): Uint8Array {
  return Buffer.from(`*${count}\r\n$${name.length}\r\n${name}\r\n`);
}
