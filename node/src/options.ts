// The options of createClient, in node-redis's shape plus redlatch's own.

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
  connectTimeout?: Duration;
  minVersion?: string;
  maxVersion?: string;
  noDelay?: boolean;
  keepAlive?: boolean;
  keepAliveInitialDelay?: number;
  family?: number;
  /** Not supported: the core reconnects; see `backoffMin` and `backoffMax`. */
  reconnectStrategy?: undefined;
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
  disableOfflineQueue?: false;

  /** CA bundle, watched and used at once when it changes. */
  caFile?: string;
  caPem?: Certificates;
  certFile?: string;
  keyFile?: string;
  certPem?: Certificates;
  keyPem?: Certificates;
  /** File that holds the password, watched and used at once when it changes. */
  passwordFile?: string;
  usernameFile?: string;
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
  /** How often watched files are looked at. */
  pollInterval?: Duration;
  distrustGrace?: Duration;
  backoffMin?: Duration;
  backoffMax?: Duration;
  maxQueue?: number;
  maxQueueBytes?: number;
  maxReplyBytes?: number;
  dangerAcceptAnyCertificate?: boolean;
  dangerPlaintextAuth?: boolean;
}

/** RESP types whose JavaScript type can be chosen. */
export const RESP_TYPES = { BLOB_STRING: 36 } as const;

/** The JavaScript type of strings: `{ [RESP_TYPES.BLOB_STRING]: Buffer }`. */
export interface TypeMapping {
  [RESP_TYPES.BLOB_STRING]?: StringConstructor | typeof Buffer;
}

export interface CommandOptions {
  /** Longest wait in milliseconds; 0 means no limit. */
  timeout?: number;
  typeMapping?: TypeMapping;
}

export interface SendOptions extends CommandOptions {
  /** The command may be sent again after a lost connection. */
  idempotent?: boolean;
}
