// Secure connections to Redis and Valkey whose trust rotates under live traffic.
import { Client } from "./client";
import type { ClientOptions } from "./options";

/** A client of the given options; nothing is read from the environment. */
export function createClient(options: ClientOptions = {}): Client {
  return new Client(options, false);
}

/** A client of the `REDIS_…` variables of this process; options given here win over them. */
export function fromEnv(options: ClientOptions = {}): Client {
  return new Client(options, true);
}

export { type Bundle, type BundleCertificate, readBundle } from "./bundle";
export type { Client as RedisClient, Client as RedisClientType } from "./client";
export type { SetOptions } from "./commands";
export {
  AuthError,
  ClientError,
  type CodeRow,
  ConfigError,
  codes,
  IdentityError,
  InternalError,
  MultiErrorReply,
  NetError,
  ProtocolError,
  RedlatchError,
  type Retry,
  ServerError,
  TlsError,
  TrustError,
} from "./error";
export type { ClientEvent, EventKind } from "./events";
export type { Contents, Credentials, Identity, Material } from "./material";
export type { Multi } from "./multi";
export {
  type Certificates,
  type ClientOptions,
  type CommandOptions,
  type Duration,
  RESP_TYPES,
  type SendOptions,
  type SocketOptions,
  type TypeMapping,
} from "./options";
export type { Argument } from "./packer";
export type {
  AsyncCredentialsProvider,
  CredentialsListener,
  CredentialsProvider,
  IdentityProvider,
  StreamingCredentialsProvider,
  TrustProvider,
} from "./provider";
export type * from "./status";
