// The options of createClient, in node-redis's shape plus redlatch's own.
import type {
  RedisArgument,
  RedisFunctions,
  RedisModules,
  RedisScripts,
  TypeMapping,
} from "@redis/client/dist/lib/RESP/types";
import type { CredentialsProvider, IdentityProvider, TrustProvider } from "./provider";

/** PEM text or bytes, or DER bytes. */
export type Certificates = string | Uint8Array | readonly (string | Uint8Array)[];

/** A duration: milliseconds, or text such as `500ms`, `5s`, `2m`. */
export type Duration = number | string;

export interface SocketOptions {
  host?: string;
  port?: number;
  /** A Unix socket, in place of host and port. */
  path?: string;
  tls?: boolean;
  /** Trusted CAs; only these are trusted. */
  ca?: Certificates;
  /** Client certificate chain. */
  cert?: Certificates;
  /** Key of the client certificate. */
  key?: Certificates;
  /** Name the server's certificate must carry, in place of host. */
  servername?: string;
  /** `false` verifies nothing: anyone in between can read and change everything. */
  rejectUnauthorized?: boolean;
  /** Opens an encrypted key. */
  passphrase?: string;
  connectTimeout?: Duration;
  /** Oldest TLS version accepted; those before TLSv1.2 never are. */
  minVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  maxVersion?: "TLSv1.3";
  noDelay?: boolean;
  keepAlive?: boolean;
  keepAliveInitialDelay?: number;
  family?: number;
  /** Milliseconds between attempts. A function is not supported: see `backoffMin`, `backoffMax`. */
  reconnectStrategy?: number;
  /** Not supported: see `verify` and `expectedName`. */
  checkServerIdentity?: undefined;
}

export interface ClientOptions {
  /** redis://, rediss://, valkey://, valkeys:// or unix://. */
  url?: string;
  socket?: SocketOptions;
  username?: string;
  password?: string;
  database?: number;
  /** Name shown by CLIENT LIST. */
  name?: string;
  RESP?: 2 | 3;
  clientInfoTag?: string;
  commandsQueueMaxLength?: number;
  commandOptions?: CommandOptions;
  /** Commands fail with `net.closed` while there is no connection, in place of waiting for one. */
  disableOfflineQueue?: boolean;
  /**
   * Whether OpenTelemetry hears of commands; unless set, if a provider was set before the client was
   * made. Needs `@opentelemetry/api`.
   */
  telemetry?: boolean;
  /** Goes before each key that is sent; keys in replies keep it. */
  keyPrefix?: RedisArgument;
  /** The longest silence in milliseconds before the server is asked for a sign of life. */
  pingInterval?: number;
  modules?: RedisModules;
  functions?: RedisFunctions;
  scripts?: RedisScripts;

  /** CA bundle or a folder of such files, watched and used at once when it changes. */
  caFile?: string;
  /** Several files or folders. */
  caFiles?: readonly string[];
  caPem?: Certificates;
  /** Gives the trusted CAs, in place of files. */
  trustProvider?: TrustProvider;
  /** Client certificate chain, watched together with its key. */
  certFile?: string;
  keyFile?: string;
  certPem?: Certificates;
  keyPem?: Certificates;
  /** Opens an encrypted key. */
  keyPassword?: string;
  /** File that holds what opens an encrypted key; watched together with it. */
  keyPasswordFile?: string;
  /** Gives the client certificate and its key, in place of files. */
  identityProvider?: IdentityProvider;
  /** Revocation lists, PEM or DER, or a folder of such files; watched. */
  crlFile?: string;
  /**
   * SHA-256 of public keys (SPKI), base64 or hexadecimal: one of them must stand in the verified
   * chain, whatever else holds.
   */
  pinSha256?: readonly string[];
  /** Oldest TLS version accepted: `1.2` unless set. */
  tlsMinVersion?: "1.2" | "1.3";
  /** File that holds the password, watched and used at once when it changes. */
  passwordFile?: string;
  usernameFile?: string;
  /**
   * Gives username and secret. It is asked when the client first needs them, ahead of the end of
   * what it gave, and when the server refuses it; never twice at once. One that fails is asked again
   * ever later (`auth.unavailable`), and what it gave before stays in force until its end. Within it
   * this client must not be used: `client.misuse`.
   */
  credentialsProvider?: CredentialsProvider;
  /**
   * How often a provider is asked that names no end of what it gives: 5 minutes unless set; 0 means
   * only when needed.
   */
  providerInterval?: Duration;
  /** Program and arguments that print the secret, or a JSON object as a provider gives it. */
  passwordCommand?: string | readonly string[];
  /** Longest run of `passwordCommand`: 10 s unless set. */
  commandTimeout?: Duration;
  /** Refuses a server that lets everybody in: it must ask for the secret before it gets it. */
  requireServerAuth?: boolean;
  /** `ca`: chain only, for a CA that issues to nobody but this server. */
  verify?: "full" | "ca";
  expectedName?: string;
  host?: string;
  port?: number;
  path?: string;
  db?: number;
  tls?: boolean;
  protocol?: 2 | 3;
  clientName?: string;
  libName?: string;
  libVersion?: string;
  /** Longest wait for a command's reply, reconnection included; 0 means no limit. */
  timeout?: Duration;
  connectTimeout?: Duration;
  handshakeTimeout?: Duration;
  liveness?: Duration;
  /** For blocking clients of other languages: an event loop never does it. */
  busyPoll?: Duration;
  /** How often watched files are looked at. */
  pollInterval?: Duration;
  distrustGrace?: Duration;
  /**
   * Live connections that a rotation replaces. `distrusted`, unless set: those whose CA is gone.
   * `always`: all. `never`: none, so that a CA that was removed goes on protecting them.
   */
  recycle?: "distrusted" | "always" | "never";
  backoffMin?: Duration;
  backoffMax?: Duration;
  /** Connections at once: commands that block have one of their own. */
  maxConnections?: number;
  maxQueue?: number;
  maxQueueBytes?: number;
  maxReplyBytes?: number;
  dangerAcceptAnyCertificate?: boolean;
  dangerPlaintextAuth?: boolean;
  /** Appends the secrets of each TLS session to this file: whoever has it can decrypt them. */
  dangerKeylogFile?: string;
}

export interface CommandOptions {
  /** Longest wait in milliseconds; 0 means no limit. */
  timeout?: number;
  typeMapping?: TypeMapping;
  /** Gives the command up: `client.cancelled`. */
  abortSignal?: AbortSignal;
  /** Means nothing here: commands leave at once, in order. */
  asap?: boolean;
  chainId?: symbol;
}

export interface SendOptions extends CommandOptions {
  /** The command may be sent again after a lost connection. */
  idempotent?: boolean;
}
