// OpenTelemetry's spans and durations of commands. Who listens is found out when a client is made: one
// that nobody watches pays for one look at a field. Never are arguments of a command told.
import { failure, RedlatchError } from "./error";
import type { Packer } from "./packer";

/** As much of @opentelemetry/api as is needed here: the package need not be there. */
interface Api {
  readonly trace: {
    getTracer(name: string): { startSpan(name: string, options: object): Span };
  };
  readonly metrics: {
    getMeter(name: string): { createHistogram(name: string, options: object): Histogram };
  };
  readonly SpanKind: { readonly CLIENT: number };
  readonly SpanStatusCode: { readonly ERROR: number };
}

interface Span {
  setAttribute(name: string, value: string): unknown;
  setStatus(status: object): unknown;
  end(): void;
}

interface Histogram {
  record(value: number, attributes: object): void;
}

/** Seconds, as the conventions for databases have them. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
/** Where the API keeps the providers that an application has set. */
const GLOBAL = Symbol.for("opentelemetry.js.api.1");

/** What watches a client of this configuration; none unless it is wanted, or somebody listens. */
export function telemetryOf(wanted: boolean | undefined, config: string): Telemetry | undefined {
  const set = (globalThis as Record<symbol, unknown>)[GLOBAL] as Partial<Api> | undefined;
  if (wanted === false || (wanted === undefined && !(set?.trace || set?.metrics))) {
    return undefined;
  }
  try {
    return new Telemetry(require("@opentelemetry/api") as Api, JSON.parse(config));
  } catch (error) {
    if (wanted === undefined) {
      return undefined;
    }
    throw failure("config.unsupported", `@opentelemetry/api: ${(error as Error).message}`, {
      setting: "telemetry",
    });
  }
}

export class Telemetry {
  private readonly tracer;
  private readonly duration;
  private readonly attributes: Record<string, string | number>;

  constructor(
    private readonly api: Api,
    config: { host: string; port: number; path: string | null; db: number },
  ) {
    this.tracer = api.trace.getTracer("redlatch");
    this.duration = api.metrics
      .getMeter("redlatch")
      .createHistogram("db.client.operation.duration", {
        description: "Duration of database client operations.",
        unit: "s",
        advice: { explicitBucketBoundaries: BUCKETS },
      });
    const place: Record<string, string | number> = config.path
      ? { "server.address": config.path }
      : { "server.address": config.host, "server.port": config.port };
    this.attributes = { "db.system.name": "redis", "db.namespace": String(config.db), ...place };
  }

  /** Sends the record in a packer, and tells when its promise is settled. */
  watch(packer: Packer, send: () => Promise<unknown>): Promise<unknown> {
    const { first, size } = packer.operation();
    const operation = size === 1 ? first : first === "MULTI" ? first : "PIPELINE";
    const told = { ...this.attributes, "db.operation.name": operation };
    const batch =
      size === 1 ? {} : { "db.operation.batch.size": first === "MULTI" ? size - 2 : size };
    const { CLIENT } = this.api.SpanKind;
    const span = this.tracer.startSpan(operation, {
      kind: CLIENT,
      attributes: { ...told, ...batch },
    });
    const started = performance.now();
    const end = (failed: object) => {
      span.end();
      this.duration.record((performance.now() - started) / 1000, { ...told, ...failed });
    };
    const sent = send();
    sent.then(
      () => end({}),
      (error: unknown) => {
        const type = error instanceof RedlatchError ? error.code : (error as Error).name;
        span.setAttribute("error.type", type);
        span.setStatus({ code: this.api.SpanStatusCode.ERROR });
        end({ "error.type": type });
      },
    );
    return sent;
  }
}
