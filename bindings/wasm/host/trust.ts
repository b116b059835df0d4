// What CA bundles hold, what a rotation changes and whom they trust, without a client. The core judges.
import type { BundleCertificate } from "../../../node/src/bundle";
import { failure } from "../../../node/src/error";
import { native } from "./module";

/** A certificate, trusted or not. */
export interface InspectedCertificate extends BundleCertificate {
  /** Whether a client would trust it. */
  readonly trusted: boolean;
  /** Why not: a code of the table of errors, and words. */
  readonly code: string | null;
  readonly reason: string | null;
  /** Whole days until it ends; negative once it has. */
  readonly days_left: number;
  /** What to mind, in sentences. */
  readonly warnings: readonly string[];
  readonly common_name: string | null;
  /** Its subjectAltName: `DNS:name`, `IP:address`. */
  readonly names: readonly string[];
  /** `RSA 2048`, `EC 256`. */
  readonly key: string;
  /** Of X.509: 1 or 3. */
  readonly version: number;
  /** SHA-1 of the DER, in lower-case hexadecimal: `sha1Fingerprint` of gcloud. */
  readonly sha1: string;
  readonly self_issued: boolean;
}

/** Everything a person wants to know of a bundle. */
export interface Inspection {
  /** Those that would be trusted first. */
  readonly certificates: readonly InspectedCertificate[];
  /** What was unusual: the text form, duplicates. */
  readonly notes: readonly string[];
  /** Stays the same when the bundle is rewritten in another form or order. */
  readonly sha256: string;
  /** What is trusted, written out cleanly; null if that is nothing. */
  readonly pem: string | null;
}

/** A certificate with its names and what is left of its life. */
export interface DatedCertificate extends BundleCertificate {
  readonly names: readonly string[];
  readonly days_left: number;
}

/** What a rotation changes. */
export interface Difference {
  /** Whether both trust the same. */
  readonly same: boolean;
  readonly added: readonly DatedCertificate[];
  readonly removed: readonly DatedCertificate[];
  readonly kept: readonly DatedCertificate[];
  /** Those of the new one that end within 30 days. */
  readonly expiring: readonly DatedCertificate[];
}

/** The CA that a chain ends at. */
export interface Trusted {
  readonly anchor: DatedCertificate;
  /** The earliest end among the chain and its CA; RFC 3339, in UTC. */
  readonly until: string;
}

/** Text in any form that tools print, or bytes. */
export type Data = string | Uint8Array;

/**
 * Reads one or many CAs in any text form, to look at: none of them has to be usable.
 *
 * Throws a `TrustError`: `trust.private_key`, `trust.empty` or `trust.malformed`.
 */
export function inspectBundle(data: Data): Inspection {
  const bytes = encoded(data);
  return read(native.inspectBundle(bytes, bytes.length));
}

/**
 * Several bundles as one clean PEM: each CA once, none that may not be trusted.
 *
 * Throws a `TrustError`, also if no CA is left.
 */
export function mergeBundles(...data: readonly Data[]): Inspection {
  return read(native.mergeBundles(data.map(encoded)));
}

/** What changes for clients from one bundle to another: certificates are compared, not texts. */
export function diffBundles(old: Data, next: Data): Difference {
  const [before, after] = [encoded(old), encoded(next)];
  return read(native.diffBundles(before, before.length, after, after.length));
}

/**
 * Whether a client that trusts just this bundle would trust a server that presents this chain: by which
 * CA, and until when. Without a name only chain, dates and purpose are checked.
 *
 * Throws what a connection would fail with: `tls.untrusted`, `tls.name_mismatch`, `tls.expired` …
 */
export function judgeChain(bundle: Data, chain: Data, name = ""): Trusted {
  const [trusted, presented] = [encoded(bundle), encoded(chain)];
  return read(native.judgeChain(trusted, trusted.length, presented, presented.length, name));
}

const encoder = new TextEncoder();

function encoded(data: Data): Uint8Array {
  if (typeof data === "string") {
    return encoder.encode(data);
  }
  if (!(data instanceof Uint8Array)) {
    throw failure("client.misuse", "a bundle is text or bytes");
  }
  return data;
}

function read<T>(document: string | Error): T {
  if (typeof document !== "string") {
    throw document;
  }
  return JSON.parse(document);
}
