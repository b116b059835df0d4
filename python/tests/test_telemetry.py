"""Spans and durations for OpenTelemetry, taken by its own SDK."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import redlatch
from redlatch import errors


class Told:
    """What came to the SDK."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()

    def spans(self) -> list:
        return list(self.exporter.get_finished_spans())

    def durations(self) -> dict[tuple[str, str | None], int]:
        """How many of each operation and error."""
        data = self.reader.get_metrics_data()
        found = {}
        for scope in (s for r in data.resource_metrics for s in r.scope_metrics):
            for metric in scope.metrics:
                assert (scope.scope.name, metric.name) == (
                    "redlatch",
                    "db.client.operation.duration",
                )
                assert metric.unit == "s"
                for point in metric.data.data_points:
                    names = (
                        point.attributes["db.operation.name"],
                        point.attributes.get("error.type"),
                    )
                    found[names] = point.count
                    assert point.explicit_bounds[0] == 0.001
        return found


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Providers of this test alone: the API takes one for a whole process."""
    made = Told()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(made.exporter))
    meters = MeterProvider([made.reader])
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", tracers)
    monkeypatch.setattr("opentelemetry.metrics._internal._METER_PROVIDER", meters)
    yield made
    tracers.shutdown()
    meters.shutdown()


def test_a_command_is_a_span_and_a_duration(told, options, connect):
    caller = connect(**options | {"db": 3})
    caller.do("set", "secret-key", "secret-value")
    with pytest.raises(errors.RedlatchError):
        caller.do("lpush", "secret-key", "x")
    first, second = told.spans()
    assert (first.name, first.kind) == ("SET", trace.SpanKind.CLIENT)
    assert dict(first.attributes) == {
        "db.system.name": "redis",
        "db.namespace": "3",
        "db.operation.name": "SET",
        "server.address": options["host"],
        "server.port": options["port"],
    }
    assert first.status.is_unset
    assert second.attributes["error.type"] == "server.wrong_type"
    assert second.status.status_code == trace.StatusCode.ERROR
    assert told.durations() == {("SET", None): 1, ("LPUSH", "server.wrong_type"): 1}
    # What was stored, and where, is nobody's business.
    said = "".join(span.to_json() for span in told.spans())
    assert "secret-key" not in said and "secret-value" not in said


def test_a_pipeline_is_one_span(told, options):
    with redlatch.Redis(**options) as r:
        for transaction in (True, False):
            with r.pipeline(transaction=transaction) as pipe:
                pipe.set("a", 1)
                pipe.get("a")
                assert pipe.execute() == [True, b"1"]
    names = [(s.name, s.attributes["db.operation.batch.size"]) for s in told.spans()]
    assert names == [("MULTI", 2), ("PIPELINE", 2)]


async def test_spans_belong_to_the_span_around_them(told, options):
    async with redlatch.asyncio.Redis(**options) as r:
        with trace.get_tracer("test").start_as_current_span("request") as around:
            await r.incr("n")
            async with r.pipeline() as pipe:
                await pipe.incr("n").incr("n").execute()
    within = [span for span in told.spans() if span.name != "request"]
    assert [span.name for span in within] == ["INCRBY", "MULTI"]
    parents = {span.parent.span_id for span in within}
    assert parents == {around.get_span_context().span_id}


def test_an_option_turns_it_off(told, options, connect):
    caller = connect(**options, telemetry=False)
    caller.do("ping")
    assert not told.spans()


def test_without_a_provider_there_is_no_wrapper():
    """In a process of its own: the API is there, as everywhere, and nobody has set it up."""
    code = (
        "import opentelemetry.trace, opentelemetry.metrics, redlatch; r = redlatch.Redis();"
        "assert type(r._engine) is redlatch._native.Client, r._engine;"
        "assert not redlatch.asyncio.Redis()._apart"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
