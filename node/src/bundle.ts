// CA bundles, as the core reads them.
import { failure } from "./error";
import { native } from "./native";

/** A certificate of a bundle. Dates are RFC 3339 in UTC. */
export interface BundleCertificate {
  /** SHA-256 of the DER, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly subject: string;
  readonly issuer: string;
  readonly not_before: string;
  readonly not_after: string;
  readonly kind: "root" | "intermediate" | "leaf";
}

/** What a CA bundle holds. */
export interface Bundle {
  /** What would be trusted, in file order, each once. Never empty. */
  readonly certificates: readonly BundleCertificate[];
  /** Well formed, but not to be trusted: `code` and `reason` say why. */
  readonly rejected: readonly (BundleCertificate & {
    readonly code: string;
    readonly reason: string;
  })[];
  /** What was unusual: the text form, duplicates, dates that lie ahead. */
  readonly notes: readonly string[];
}

/**
 * Reads one or many CAs in any text form, as a client reads its `caFile`.
 *
 * Throws a `TrustError`: `trust.private_key`, `trust.empty`, `trust.malformed` or `trust.expired`.
 */
export function readBundle(data: string | Uint8Array): Bundle {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  if (!(bytes instanceof Uint8Array)) {
    throw failure("client.misuse", "a bundle is text or bytes");
  }
  const read = native.readBundle(bytes, bytes.length);
  if (typeof read !== "string") {
    throw read;
  }
  return JSON.parse(read);
}
