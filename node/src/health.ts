// Health for probes and metrics for Prometheus: runs the core's commands, and has the core judge.
import type { Engine } from "./engine";
import { RedlatchError } from "./error";
import { native } from "./native";
import type { Argument } from "./packer";
import type { Status } from "./status";
import type { Collector } from "./waiters";

/** Whether a client can serve. */
export interface Health {
  /** Readiness: the server answers, is trusted, has let us in, and takes writes if it has to. */
  ok: boolean;
  /** Liveness: the client is neither closed nor broken, whatever becomes of the server. */
  live: boolean;
  /** Whether the server answered in time. */
  alive: boolean | null;
  /** `null` if that cannot be said, as `writable` if the user may not run INFO. */
  authenticated: boolean | null;
  writable: boolean | null;
  role: "primary" | "replica" | null;
  /** `off` without TLS. */
  trust: "ok" | "warning" | "failing" | "off";
  /** Of the first problem, or `null`. */
  code: string | null;
  text: string | null;
  remedy: string | null;
  /** All of them, what fails first. */
  problems: HealthProblem[];
  /** How long the server took to answer. */
  seconds: number | null;
  state: string;
  address: string;
}

export interface HealthProblem {
  /** Warnings, such as a CA that ends soon, leave a client ready. */
  severity: "failing" | "warning";
  code: string;
  text: string;
  remedy: string;
}

export interface HealthOptions {
  /** Milliseconds within which the server has to answer: 900 unless set. */
  timeout?: number;
  /** Whether a replica that takes no writes is good enough. */
  readOnly?: boolean;
}

interface Plan {
  readonly commands: readonly (readonly Argument[])[];
  readonly limit_ms: number;
}

const { commands, limit_ms: LIMIT }: Plan = JSON.parse(native.healthPlan());

/** Looks at the server; a failure is part of the outcome. */
export async function probe(engine: Engine, options: HealthOptions): Promise<Health> {
  const started = performance.now();
  let outcome: object;
  try {
    const { packer } = engine;
    packer.begin();
    for (const command of commands) {
      packer.command(command);
    }
    const limit = Math.max(1, Math.ceil(options.timeout ?? LIMIT));
    outcome = { replies: await engine.finish(new Told(), limit, 0) };
  } catch (error) {
    outcome = told(error);
  }
  const seconds = (performance.now() - started) / 1000;
  const document = JSON.stringify({ ...outcome, seconds });
  return JSON.parse(text(native.judgeHealth(engine.status(), document, options.readOnly === true)));
}

/** What an HTTP server says of metrics. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Clients as metrics, in Prometheus's text format, told apart by `clientName` or address. */
export function metrics(...clients: readonly { status(): Status }[]): string {
  return text(native.exposeMetrics(JSON.stringify(clients.map((client) => client.status()))));
}

function text(answer: string | Error): string {
  if (typeof answer !== "string") {
    throw answer;
  }
  return answer;
}

/** Replies as the core wants them. */
class Told implements Collector {
  private readonly replies: object[] = [];

  add(reply: unknown): boolean {
    this.replies.push(told(reply));
    return this.replies.length === commands.length;
  }

  result(): unknown {
    return this.replies;
  }
}

function told(reply: unknown): object {
  return reply instanceof RedlatchError
    ? { code: reply.code, message: reply.message }
    : { text: String(reply) };
}
