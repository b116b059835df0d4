// Commands of one record, packed to RESP; node/src/packer.ts does the same for many, faster, with Buffers.
import { failure } from "../../../node/src/error";

/** An argument of a command. Numbers are sent as their decimal text. */
export type Argument = string | Uint8Array | number | bigint;

/** Flag of a record: it may be sent again after a lost connection. */
export const IDEMPOTENT = 1;

const encoder = new TextEncoder();

/** A record of the core (`Record::PACKED`) and what it describes. */
export function pack(
  commands: readonly (readonly Argument[])[],
  ticket: number,
  timeout: number,
  flags: number,
): { record: Uint8Array; payload: Uint8Array } {
  const pieces: Uint8Array[] = [];
  const text = (it: string) => pieces.push(encoder.encode(it));
  for (const command of commands) {
    if (command.length === 0) {
      throw failure("client.misuse", "a command needs a name");
    }
    text(`*${command.length}\r\n`);
    for (const argument of command) {
      const bytes = encoded(argument);
      text(`$${bytes.length}\r\n`);
      pieces.push(bytes);
      text("\r\n");
    }
  }
  const payload = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    payload.set(piece, at);
    at += piece.length;
  }
  const words = [ticket >>> 0, Math.floor(ticket / 2 ** 32), commands.length, payload.length];
  const record = new Uint8Array(Uint32Array.of(...words, timeout, flags).buffer);
  return { record, payload };
}

function encoded(argument: Argument): Uint8Array {
  if (argument instanceof Uint8Array) {
    return argument;
  }
  if (!["string", "number", "bigint"].includes(typeof argument)) {
    throw failure("client.misuse", `arguments are strings or bytes, not ${typeof argument}`);
  }
  return encoder.encode(String(argument));
}
