// Error classes, built from the core's table of codes:
//
//   RedlatchError
//   ├── ConfigError, TrustError, IdentityError, AuthError, TlsError
//   └── NetError, ProtocolError, ServerError, ClientError, InternalError
//
// A class is a family; `code` tells what happened.
import { VerbatimString } from "@redis/client/dist/lib/RESP/verbatim-string";
import { Convert, native } from "./native";

/** One row of the table of codes. */
export interface CodeRow {
  /** Dotted name, `family.reason`. */
  readonly code: string;
  readonly number: number;
  readonly family: string;
  readonly retry: Retry;
  /** What happened. */
  readonly sentence: string;
  /** What to do. */
  readonly remedy: string;
}

/** What a caller can do about an error. */
export type Retry = "never" | "reconnect" | "backoff" | "after_rotation";

/** What is special about one failure. */
export interface ErrorFacts {
  readonly evidence?: Readonly<Record<string, string>>;
  readonly maybeExecuted?: boolean;
  readonly cause?: unknown;
}

/** A failure with everything a caller can react to. */
export class RedlatchError extends Error {
  /** Dotted name, such as `tls.untrusted`. */
  readonly code: string;
  readonly number: number;
  readonly family: string;
  readonly retry: Retry;
  /** What to do, in one sentence. */
  readonly remedy: string;
  /** Named facts: names, dates, issuers, fingerprints, settings. */
  readonly evidence: Readonly<Record<string, string>>;
  /** Whether the server may have executed the command. */
  readonly maybeExecuted: boolean;

  constructor(row: CodeRow, message: string, facts: ErrorFacts = {}) {
    super(message, "cause" in facts ? { cause: facts.cause } : undefined);
    this.code = row.code;
    this.number = row.number;
    this.family = row.family;
    this.retry = row.retry;
    this.remedy = row.remedy;
    this.evidence = facts.evidence ?? {};
    this.maybeExecuted = facts.maybeExecuted ?? false;
  }

  static {
    RedlatchError.prototype.name = "RedlatchError";
  }
}

export class ConfigError extends RedlatchError {}
export class TrustError extends RedlatchError {}
export class IdentityError extends RedlatchError {}
export class AuthError extends RedlatchError {}
export class TlsError extends RedlatchError {}
export class NetError extends RedlatchError {}
export class ProtocolError extends RedlatchError {}
export class ServerError extends RedlatchError {}
export class ClientError extends RedlatchError {}
export class InternalError extends RedlatchError {}

/** The class of each family. */
export const families: Readonly<Record<string, typeof RedlatchError>> = {
  config: ConfigError,
  trust: TrustError,
  identity: IdentityError,
  auth: AuthError,
  tls: TlsError,
  net: NetError,
  protocol: ProtocolError,
  server: ServerError,
  client: ClientError,
  internal: InternalError,
};
for (const family of Object.values(families)) {
  family.prototype.name = family.name;
}

/** Every code, in order of number. */
export const codes: readonly CodeRow[] = Object.freeze(JSON.parse(native.codes()));

const byNumber = new Map(codes.map((row) => [row.number, row]));
const byName = new Map(codes.map((row) => [row.code, row]));

/** A transaction or pipeline in which commands failed, each on its own. */
export class MultiErrorReply extends ServerError {
  constructor(
    /** All replies, errors among them. */
    readonly replies: unknown[],
    /** Which of them are errors. */
    readonly errorIndexes: number[],
  ) {
    const first = replies[errorIndexes[0]] as RedlatchError;
    super(
      row(first.code),
      `${errorIndexes.length} commands failed, see .replies and .errorIndexes for more information`,
      { cause: first },
    );
  }

  /** The errors, in order. */
  *errors(): Generator<RedlatchError> {
    for (const index of this.errorIndexes) {
      yield this.replies[index] as RedlatchError;
    }
  }

  static {
    MultiErrorReply.prototype.name = "MultiErrorReply";
  }
}

/** An error of this side, worded as the core words its own. */
export function failure(
  code: string,
  detail: string,
  evidence: Record<string, string> = {},
): RedlatchError {
  const { sentence } = row(code);
  const facts = Object.entries(evidence).map(([name, value]) => `${name}=${value}`);
  const message = [sentence, detail].filter(Boolean).join(": ");
  return made(code, facts.length > 0 ? `${message} (${facts.join(", ")})` : message, { evidence });
}

/** An error whose text is known already. */
export function made(code: string, message: string, facts?: ErrorFacts): RedlatchError {
  const known = row(code);
  return new (families[known.family] ?? RedlatchError)(known, message, facts);
}

/** An error from the core's document. */
export function fromDocument(document: string): RedlatchError {
  const { code, message, detail, evidence, maybe_executed } = JSON.parse(document);
  const facts: ErrorFacts = { evidence, maybeExecuted: maybe_executed };
  if (byName.has(evidence.cause)) {
    return made(code, message, { ...facts, cause: made(evidence.cause, detail) });
  }
  return made(code, message, facts);
}

/** Whatever was thrown inside, as an error of ours. */
export function internal(thrown: unknown): RedlatchError {
  const { code, message } = thrown as { code?: string; message?: string };
  return code !== undefined && byName.has(code)
    ? made(code, message ?? "")
    : made("internal.bug", String(message ?? thrown), { cause: thrown });
}

function row(code: string): CodeRow {
  return (byName.get(code) ?? byName.get("internal.bug")) as CodeRow;
}

const FIELD = { writable: true, enumerable: true, configurable: true };

native.install((what, value) => {
  switch (what) {
    case Convert.ErrorReply: {
      // People match the server's own words.
      const text = value as string;
      const blank = text.indexOf(" ");
      const known = byNumber.get(Number(text.slice(0, blank)));
      return made(known?.code ?? "server.error", text.slice(blank + 1));
    }
    case Convert.Object: {
      const flat = value as unknown[];
      const object: Record<string, unknown> = {};
      for (let at = 0; at < flat.length; at += 2) {
        const key = flat[at] as string;
        if (key === "__proto__") {
          // An assignment would change what the object is.
          Object.defineProperty(object, key, { ...FIELD, value: flat[at + 1] });
        } else {
          object[key] = flat[at + 1];
        }
      }
      return object;
    }
    case Convert.Map: {
      const flat = value as unknown[];
      const map = new Map<unknown, unknown>();
      for (let at = 0; at < flat.length; at += 2) {
        map.set(flat[at], flat[at + 1]);
      }
      return map;
    }
    case Convert.Set:
      return new Set(value as unknown[]);
    case Convert.Verbatim: {
      const [format, text] = value as string[];
      return new VerbatimString(format, text);
    }
    case Convert.BigInt:
      return BigInt(value as string);
    default:
      return fromDocument(value as string);
  }
});
