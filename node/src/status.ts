// The core's status document. No secret is in it; times are in seconds since the Unix epoch.

/** A snapshot of a client. */
export interface Status {
  state: "ready" | "connecting" | "failing" | "idle" | "closed";
  /** When it was taken. */
  at: number;
  address: string;
  client_name: string | null;
  /** The number of the database. */
  db: number;
  /** `null` without TLS. */
  verify: Verify | null;
  /** What is checked of a server; `null` without TLS. */
  verification: Verification | null;
  recycle: "distrusted" | "always" | "never";
  require_server_auth: boolean;
  /** Settings in use that weaken security. */
  dangers: string[];
  /** How many there are of `sessions`. */
  connections: number;
  /** More than one while one takes over from another. */
  sessions: SessionStatus[];
  /** `null` without TLS. */
  trust: TrustStatus | null;
  /** `null` without a client certificate. */
  identity: IdentityStatus | null;
  /** `null` without revocation lists. */
  crl: CrlStatus | null;
  /** `null` without a password. */
  credentials: CredentialsStatus | null;
  counters: Counters;
  /** Commands that wait for a connection. */
  queued: number;
  /** Commands without a reply. */
  open: number;
  /** Material that somebody was asked for and that an attempt to connect waits for. */
  awaiting: string | null;
  /** What keeps the client from being ready. */
  last_error: { code: string; text: string } | null;
}

export type Verify = "full" | "ca" | "danger_none";

export interface Verification {
  verify: Verify;
  expected_name: string | null;
  /** SHA-256 of public keys, base64. */
  pins: string[];
  /** Whether revocation lists are used. */
  crls: boolean;
  min_version: "TLSv1.2" | "TLSv1.3";
  keylog: boolean;
}

/** One connection. */
export interface SessionStatus {
  link: number;
  phase: string;
  /** Whether it takes commands. */
  active: boolean;
  tls: string | null;
  cipher: string | null;
  resumed: boolean;
  trust_generation: number;
  identity_generation: number;
  crl_generation: number;
  credentials_generation: number | null;
  /** Fingerprint and end of the CA that verified the server; empty without one. */
  anchor_sha256: string;
  anchor_not_after: number | null;
  /** The server's certificate. */
  peer: CertificateStatus | null;
  /** Why the server is no longer trusted. */
  distrusted: string | null;
  /** The code of that. */
  distrusted_code: string | null;
  /** Seconds until the connection ends for it. */
  distrusted_ends_in: number | null;
  /** Whether another connection takes over for a reason other than trust. */
  stale: boolean;
  in_flight: number;
  server_version: string;
}

export interface CertificateStatus {
  sha256: string;
  subject: string;
  issuer: string;
  not_after: number;
  days_left: number;
}

/** What all materials tell. */
export interface MaterialStatus {
  /** 0 before the first. */
  generation: number;
  since: number | null;
  /** How often content was refused. */
  rejections: number;
  /** Whether somebody was asked and has not answered yet. */
  fetching: boolean;
  /** Code and text of why the latest content was refused; `null` if it is in force. */
  refused: string | null;
  refused_why: string | null;
}

export interface TrustStatus extends MaterialStatus {
  certificates: CertificateStatus[];
}

export interface IdentityStatus extends MaterialStatus {
  sha256: string | null;
  subject: string | null;
  not_after: number | null;
  days_left: number | null;
}

export interface CrlStatus extends MaterialStatus {
  lists: { issuer: string; revoked: number; next_update: number | null }[];
}

/** Nothing is shown but its end. */
export interface CredentialsStatus extends MaterialStatus {
  expires: number | null;
  /** Seconds. */
  expires_in: number | null;
}

/** Counts since the client was made. */
export interface Counters {
  /** Commands taken from callers, each of a pipeline. */
  commands: number;
  /** Replies given to callers, error replies included. */
  replies: number;
  /** Commands that failed without a reply. */
  failures: number;
  connects: number;
  reconnects: number;
  /** Connections that took over from a live one. */
  replacements: number;
  /** Times the server refused username and password. */
  auth_failures: number;
}
