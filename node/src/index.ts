// Secure connections to Redis and Valkey whose trust rotates under live traffic.
import type {
  RedisFunctions,
  RedisModules,
  RedisScripts,
  RespVersions,
  TypeMapping,
} from "@redis/client/dist/lib/RESP/types";
import { Client } from "./client";
import type { ClientOptions } from "./options";
import { Pool, type PoolOptions } from "./pool";
import type { None, OptionsOf, RedisClientPoolType, RedisClientType } from "./types";

/** A client of the given options; nothing is read from the environment. */
export function createClient<
  M extends RedisModules = None,
  F extends RedisFunctions = None,
  S extends RedisScripts = None,
  RESP extends RespVersions = 3,
  T extends TypeMapping = None,
>(options: OptionsOf<M, F, S, RESP, T> = {}): RedisClientType<M, F, S, RESP, T> {
  return Client.of(options as ClientOptions, false) as unknown as RedisClientType<M, F, S, RESP, T>;
}

/** A client whose `execute` lends connections; everything else shares one. */
export function createClientPool<
  M extends RedisModules = None,
  F extends RedisFunctions = None,
  S extends RedisScripts = None,
  RESP extends RespVersions = 3,
  T extends TypeMapping = None,
>(
  options: OptionsOf<M, F, S, RESP, T> = {},
  poolOptions?: PoolOptions,
): RedisClientPoolType<M, F, S, RESP, T> {
  const made: unknown = Pool.of(options as ClientOptions, poolOptions);
  return made as RedisClientPoolType<M, F, S, RESP, T>;
}

/** A client of the `REDIS_…` variables of this process; options given here win over them. */
export function fromEnv<
  M extends RedisModules = None,
  F extends RedisFunctions = None,
  S extends RedisScripts = None,
  RESP extends RespVersions = 3,
  T extends TypeMapping = None,
>(options: OptionsOf<M, F, S, RESP, T> = {}): RedisClientType<M, F, S, RESP, T> {
  return Client.of(options as ClientOptions, true) as unknown as RedisClientType<M, F, S, RESP, T>;
}

// What applications import from node-redis beside its clients.
export type { CommandParser } from "@redis/client/dist/lib/client/parser";
export {
  AR_OPERATIONS,
  AR_PREDICATE_COMBINATORS,
  AR_PREDICATE_TYPES,
  CLIENT_KILL_FILTERS,
  CLIENT_UNBLOCK_MODES,
  CLUSTER_SLOT_STATES,
  COMMAND_LIST_FILTER_BY,
  FAILOVER_MODES,
  REDIS_FLUSH_MODES,
} from "@redis/client/dist/lib/commands";
export { GEO_REPLY_WITH } from "@redis/client/dist/lib/commands/GEOSEARCH_WITH";
export type { SetOptions } from "@redis/client/dist/lib/commands/SET";
export { defineScript } from "@redis/client/dist/lib/lua-script";
export type {
  Command,
  RedisArgument,
  RedisFunctions,
  RedisModules,
  RedisScripts,
  RespVersions,
} from "@redis/client/dist/lib/RESP/types";
export { digest } from "@redis/client/dist/lib/utils/digest";
export {
  AbortError,
  BlobError,
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  ErrorReply,
  SimpleError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
  WatchError,
} from "./aliases";
export { type Bundle, type BundleCertificate, readBundle } from "./bundle";
export { doctor, type Examination, type Report, type ReportStage } from "./doctor";
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
export {
  type Health,
  type HealthOptions,
  type HealthProblem,
  METRICS_CONTENT_TYPE,
  metrics,
} from "./health";
export { RESP_TYPES, type TypeMapping, VerbatimString } from "./mapping";
export type { Contents, Credentials, Identity, Material } from "./material";
export type { Multi } from "./multi";
export type {
  Certificates,
  ClientOptions,
  ClientOptions as RedisClientOptions,
  CommandOptions,
  Duration,
  SendOptions,
  SocketOptions,
} from "./options";
export type { Argument } from "./packer";
export type { PoolOptions, PoolOptions as RedisPoolOptions } from "./pool";
export type {
  AsyncCredentialsProvider,
  CredentialsListener,
  CredentialsProvider,
  IdentityProvider,
  StreamingCredentialsProvider,
  TrustProvider,
} from "./provider";
export type * from "./status";
export type { RedisClientPoolType, RedisClientType } from "./types";
