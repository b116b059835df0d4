// Spans and durations for OpenTelemetry, taken by its own SDK.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { after, before, beforeEach, test } from "node:test";
import {
  context,
  metrics,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { createClient } from "../dist/index.mjs";
import { Lab, run } from "./lab.mjs";

const spans = new InMemorySpanExporter();
const values = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const reader = new PeriodicExportingMetricReader({ exporter: values, exportIntervalMillis: 1e6 });
let lab;
let client;
before(async () => {
  const storage = new AsyncLocalStorage();
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (found, work, self, ...args) => storage.run(found, () => work.call(self, ...args)),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  const processor = new SimpleSpanProcessor(spans);
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  lab = await Lab.up();
  client = await createClient(lab.options({ database: 3 })).connect();
});
after(async () => {
  client.destroy();
  await reader.shutdown();
  await lab.down();
});
beforeEach(async () => {
  await reader.forceFlush();
  spans.reset();
  values.reset();
});

test("a command is a span and a duration", async () => {
  await client.set("secret-key", "secret-value");
  await assert.rejects(client.lPush("secret-key", "x"), { code: "server.wrong_type" });
  await new Promise(setImmediate);
  const [first, second] = spans.getFinishedSpans();
  const place = { "server.address": lab.facts.host, "server.port": lab.facts.port };
  const common = { "db.system.name": "redis", "db.namespace": "3", ...place };
  assert.deepEqual([first.name, first.kind], ["SET", SpanKind.CLIENT]);
  assert.deepEqual(first.attributes, { ...common, "db.operation.name": "SET" });
  assert.equal(second.attributes["error.type"], "server.wrong_type");
  assert.equal(second.status.code, SpanStatusCode.ERROR);
  await reader.forceFlush();
  const [{ scopeMetrics }] = values.getMetrics();
  const [{ scope, metrics: told }] = scopeMetrics;
  assert.deepEqual([scope.name, told.length], ["redlatch", 1]);
  const [{ descriptor, dataPoints }] = told;
  assert.deepEqual([descriptor.name, descriptor.unit], ["db.client.operation.duration", "s"]);
  assert.deepEqual(
    dataPoints.map(({ attributes, value }) => [attributes["db.operation.name"], value.count]),
    [
      ["SET", 1],
      ["LPUSH", 1],
    ],
  );
  assert.equal(dataPoints[1].attributes["error.type"], "server.wrong_type");
  const attributes = JSON.stringify(spans.getFinishedSpans().map((span) => span.attributes));
  assert.doesNotMatch(attributes, /secret-/);
});

test("a transaction is one span, a pipeline another", async () => {
  await client.multi().set("a", 1).get("a").exec();
  await client.multi().set("a", 1).get("a").execAsPipeline();
  await new Promise(setImmediate);
  assert.deepEqual(
    spans.getFinishedSpans().map((span) => [span.name, span.attributes["db.operation.batch.size"]]),
    [
      ["MULTI", 2],
      ["PIPELINE", 2],
    ],
  );
});

test("spans belong to the span around them", async () => {
  const around = trace.getTracer("test").startSpan("request");
  await context.with(trace.setSpan(context.active(), around), () => client.incr("n"));
  await new Promise(setImmediate);
  const [span] = spans.getFinishedSpans();
  assert.equal(span.parentSpanContext.spanId, around.spanContext().spanId);
});

test("an option turns it off", async () => {
  const silent = await createClient(lab.options({ telemetry: false })).connect();
  await silent.ping();
  silent.destroy();
  await new Promise(setImmediate);
  assert.deepEqual(spans.getFinishedSpans(), []);
});

test("without a provider nobody watches, and the package is not loaded", () => {
  const body = `const { createClient } = require(".");
    const client = createClient();
    console.log(client.core.telemetry,
      Object.keys(require.cache).some((name) => name.includes("opentelemetry")));`;
  assert.deepEqual(run(["-e", body]), { status: 0, output: "undefined false\n" });
});
