// Why a connection cannot be made, as the core finds it out.
import type { ClientOptions } from "./options";
import { read } from "./settings";

/** One step of an examination. */
export interface ReportStage {
  readonly stage: string;
  readonly status: "ok" | "skipped" | "failed" | "not_reached";
  /** Set if it failed. */
  readonly code: string | null;
  /** Why it failed or was skipped. */
  readonly reason: string | null;
  /** What was seen. */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Milliseconds it took. */
  readonly ms: number;
}

/** What an examination found, as `redlatch doctor --json` prints it. No secret is in it. */
export interface Report {
  /** Whether all is well, but for the warnings. */
  readonly ok: boolean;
  /** Code of the failure: one of the table of errors. */
  readonly code: string | null;
  /** Stage that failed. */
  readonly stage: string | null;
  /** What is wrong. */
  readonly message: string | null;
  /** What to do, in words that fit where this runs. */
  readonly remedy: string | null;
  /** What was seen in the stage that failed. */
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly address: string | null;
  readonly place: "kubernetes" | "compose" | "container" | "systemd" | "host";
  readonly service: "memorystore" | "elasticache" | "azure" | "own";
  /** What works, but should not stay as it is. */
  readonly warnings: readonly string[];
  /** config, materials, dns, tcp, tls, chain, name, client_certificate, auth, server, latency. */
  readonly stages: readonly ReportStage[];
}

export interface Examination {
  /** Whether the environment counts too, as for `fromEnv`. */
  fromEnv?: boolean;
  /** Whether the server need not take writes. */
  readOnly?: boolean;
}

/**
 * Finds out step by step why a client of these options cannot connect, or that it can.
 *
 * Whatever it finds is in the report; an option that does not exist rejects with `config.unknown`. It
 * takes as long as the options allow each step, in a thread of Node's pool, and shares nothing with
 * clients.
 */
export async function doctor(
  options: ClientOptions = {},
  { fromEnv = false, readOnly = false }: Examination = {},
): Promise<Report> {
  return JSON.parse(await read(options).examine(fromEnv, readOnly));
}
