// What callers see: node-redis's types, and what redlatch has besides.
import type { RedisClientType as NodeRedisClient } from "@redis/client/dist/lib/client";
import type { RedisClientPoolType as NodeRedisPool } from "@redis/client/dist/lib/client/pool";
import type {
  RedisFunctions,
  RedisModules,
  RedisScripts,
  RespVersions,
  TypeMapping,
} from "@redis/client/dist/lib/RESP/types";
import type { Client } from "./client";
import type { ClientOptions, CommandOptions, SendOptions } from "./options";
import type { Argument } from "./packer";
import type { PoolOptions } from "./pool";

// biome-ignore lint/complexity/noBannedTypes: it is node-redis's way to say that there are none.
export type None = {};

/** Options whose modules, functions, scripts and types are known. */
export type OptionsOf<
  M extends RedisModules,
  F extends RedisFunctions,
  S extends RedisScripts,
  RESP extends RespVersions,
  T extends TypeMapping,
> = Omit<ClientOptions, "modules" | "functions" | "scripts" | "RESP" | "commandOptions"> & {
  readonly modules?: M;
  readonly functions?: F;
  readonly scripts?: S;
  readonly RESP?: RESP;
  readonly commandOptions?: Omit<CommandOptions, "typeMapping"> & { readonly typeMapping?: T };
};

/** What redlatch's clients have besides node-redis's, or have otherwise. */
export interface Own<
  M extends RedisModules,
  F extends RedisFunctions,
  S extends RedisScripts,
  RESP extends RespVersions,
  T extends TypeMapping,
> extends Pick<Client, "config" | "status" | "health" | "metrics" | "events" | "supply" | "reload">,
    AsyncDisposable {
  connect(): Promise<RedisClientType<M, F, S, RESP, T>>;
  duplicate(overrides?: ClientOptions): RedisClientType<M, F, S, RESP, T>;
  sendCommand<R = unknown>(args: readonly Argument[], options?: SendOptions): Promise<R>;
  withTypeMapping<N extends TypeMapping>(mapping: N): RedisClientType<M, F, S, RESP, N>;
  withAbortSignal(signal: AbortSignal): RedisClientType<M, F, S, RESP, T>;
  asap(): RedisClientType<M, F, S, RESP, T>;
  withCommandOptions<N extends TypeMapping = T>(
    options: Omit<CommandOptions, "typeMapping"> & { readonly typeMapping?: N },
  ): RedisClientType<M, F, S, RESP, N>;
  createPool(options?: PoolOptions): RedisClientPoolType<M, F, S, RESP, T>;
  mget: RedisClientType<M, F, S, RESP, T>["mGet"];
}

/** A client: wherever node-redis's is taken, this one is. */
export type RedisClientType<
  M extends RedisModules = None,
  F extends RedisFunctions = None,
  S extends RedisScripts = None,
  RESP extends RespVersions = 3,
  T extends TypeMapping = None,
> = Own<M, F, S, RESP, T> & NodeRedisClient<M, F, S, RESP, T>;

/** A pool: wherever node-redis's is taken, this one is. */
export type RedisClientPoolType<
  M extends RedisModules = None,
  F extends RedisFunctions = None,
  S extends RedisScripts = None,
  RESP extends RespVersions = 3,
  T extends TypeMapping = None,
> = Pick<Own<M, F, S, RESP, T>, "config" | "status" | "events" | "supply" | "reload"> &
  AsyncDisposable & {
    execute<R>(task: (client: RedisClientType<M, F, S, RESP, T>) => R | PromiseLike<R>): Promise<R>;
  } & NodeRedisPool<M, F, S, RESP, T>;
