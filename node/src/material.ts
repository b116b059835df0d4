// What providers give and `supply` takes, to the parts the core reads. No policy.
import { failure } from "./error";
import type { Certificates } from "./options";

/** What a client is made of and what may be replaced while it runs. */
export type Material = "trust" | "identity" | "credentials" | "crl";

/** Username and secret; exactly one of `password` and `token`. */
export interface Credentials {
  /** ACL user; left out: the one of the options. */
  username?: string;
  password?: string;
  token?: string;
  /** Seconds until the server stops to accept it. */
  expiresIn?: number;
  /** When the server stops to accept it: seconds since the Unix epoch, or a date. */
  expiresAt?: number | Date;
}

/** Client certificate chain and its key, PEM. */
export interface Identity {
  cert: Certificates;
  key: string | Uint8Array;
  /** Opens an encrypted key. */
  passphrase?: string | Uint8Array;
}

/** What a material is made of. */
export interface Contents {
  /** CA bundles, in any text form or DER. */
  trust: Certificates;
  identity: Identity;
  /** The secret alone, or with its username and end. */
  credentials: string | Credentials;
  /** Certificate revocation lists, PEM or DER. */
  crl: Certificates;
}

export type Parts = Uint8Array[];

/** The parts of a material's content; a `TypeError`, without the content, if it has another shape. */
export const parts: { readonly [M in Material]: (content: Contents[M]) => Parts } = {
  trust: several,
  crl: several,
  identity({ cert, key, passphrase }) {
    const chain = several(cert).flatMap((part) => [part, NEWLINE]);
    const opening = passphrase === undefined ? [] : [bytes(passphrase, "passphrase")];
    return [joined(chain), bytes(key, "key"), ...opening];
  },
  credentials(content) {
    const given: Credentials = typeof content === "string" ? { password: content } : content;
    if (typeof given !== "object" || given === null) {
      throw new TypeError("credentials are a string or an object");
    }
    const { username, password, token, expiresIn, expiresAt } = given;
    if ((password === undefined) === (token === undefined)) {
      throw new TypeError("credentials have either a password or a token");
    }
    // One form for all: a secret alone could look like another one.
    const document = {
      username: optional(username, "string", "username"),
      password: optional(password ?? token, "string", "password"),
      expires_in: optional(expiresIn, "number", "expiresIn"),
      expires_at: optional(seconds(expiresAt), "number", "expiresAt"),
    };
    return [encoder.encode(JSON.stringify(document))];
  },
};

/** As `parts`, with an error of ours. */
export function shaped<M extends Material>(material: M, content: Contents[M]): Parts {
  if (!Object.hasOwn(parts, material)) {
    throw failure("client.misuse", "a material is trust, identity, credentials or crl");
  }
  try {
    return parts[material](content);
  } catch (error) {
    throw failure("client.misuse", (error as Error).message);
  }
}

const encoder = new TextEncoder();
const NEWLINE = encoder.encode("\n");

function several(content: Certificates): Parts {
  return (Array.isArray(content) ? content : [content]).map((part) => bytes(part, "certificates"));
}

function bytes(content: unknown, what: string): Uint8Array {
  if (typeof content === "string") {
    return encoder.encode(content);
  }
  if (content instanceof Uint8Array) {
    return content;
  }
  throw new TypeError(`${what}: neither a string nor bytes`);
}

function joined(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function seconds(at: unknown): unknown {
  return at instanceof Date ? at.getTime() / 1000 : at;
}

/** What JSON would leave out or change must not pass as absent. */
function optional(value: unknown, type: "string" | "number", what: string): unknown {
  if (value !== undefined && (typeof value !== type || Object.is(value, Number.NaN))) {
    throw new TypeError(`${what} is no ${type}`);
  }
  return value;
}
