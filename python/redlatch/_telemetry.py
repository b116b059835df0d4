"""OpenTelemetry's spans and durations of commands, around an engine, if somebody takes them.

Who looks is found out when a client is made: one that nobody watches has no wrapper, and pays
nothing. Never are arguments of a command told.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from . import _native
from .errors import RedlatchError, refused

#: Seconds, as OpenTelemetry's conventions for databases have them.
BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]


def telemetry_of(wanted: bool | None, config: dict[str, Any]) -> Telemetry | None:
    """What watches a client of this configuration; None unless wanted, or if nobody listens."""
    if wanted is False or (wanted is None and not _is_listening()):
        return None
    try:
        return Telemetry(config)
    except ImportError:
        text = "telemetry needs the package opentelemetry-api"
        raise refused("config.unsupported", text, setting="telemetry") from None


def _is_listening() -> bool:
    """Whether the application has set a provider. One that never imported the API has none."""
    trace = sys.modules.get("opentelemetry.trace")
    metrics = sys.modules.get("opentelemetry.metrics._internal")
    return bool(
        getattr(trace, "_TRACER_PROVIDER", None) or getattr(metrics, "_METER_PROVIDER", None)
    )


class Telemetry:
    """Names one server to OpenTelemetry."""

    def __init__(self, config: dict[str, Any]) -> None:
        from opentelemetry import metrics, trace

        version = _native.__version__
        self._tracer = trace.get_tracer("redlatch", version)
        self._duration = metrics.get_meter("redlatch", version).create_histogram(
            "db.client.operation.duration",
            unit="s",
            description="Duration of database client operations.",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        self._kind = trace.SpanKind.CLIENT
        self._error = trace.StatusCode.ERROR
        self._attributes: dict[str, Any] = {
            "db.system.name": "redis",
            "db.namespace": str(config["db"]),
        }
        if config.get("path"):
            self._attributes["server.address"] = config["path"]
        else:
            self._attributes["server.address"] = config["host"]
            self._attributes["server.port"] = config["port"]

    def begin(self, operation: str, size: int = 1) -> Callable[[BaseException | None], None]:
        """An operation begins; what is called when it has ended."""
        attributes = self._attributes | {"db.operation.name": operation}
        if size > 1:
            attributes["db.operation.batch.size"] = size
        span = self._tracer.start_span(operation, kind=self._kind, attributes=attributes)
        started = time.perf_counter()

        def end(error: BaseException | None) -> None:
            took = time.perf_counter() - started
            told = dict(attributes)
            if error is not None:
                told["error.type"] = _kind_of(error)
                span.set_attribute("error.type", told["error.type"])
                span.set_status(self._error)
            span.end()
            told.pop("db.operation.batch.size", None)
            self._duration.record(took, told)

        return end


def _kind_of(error: BaseException) -> str:
    return error.code if isinstance(error, RedlatchError) else type(error).__qualname__


def _name(args: Sequence[Any]) -> str:
    """The command's name, and nothing that follows it."""
    word = args[0] if args else ""
    return word.decode(errors="replace").upper() if isinstance(word, bytes) else str(word).upper()


def _names(commands: Sequence[Sequence[Any]]) -> tuple[str, int]:
    """What a pipeline is called, and how many commands it has."""
    if commands and _name(commands[0]) == "MULTI":
        return "MULTI", max(len(commands) - 2, 0)
    return "PIPELINE", len(commands)


class Watched:
    """An engine for callers who block."""

    def __init__(self, engine: Any, telemetry: Telemetry) -> None:
        self._engine = engine
        self._telemetry = telemetry

    def execute(
        self, args: tuple[Any, ...], timeout: float | None = None, raw: bool = False
    ) -> Any:
        end = self._telemetry.begin(_name(args))
        try:
            reply = self._engine.execute(args, timeout, raw)
        except BaseException as error:
            end(error)
            raise
        end(None)
        return reply

    def execute_many(
        self, commands: list[tuple[Any, ...]], timeout: float | None = None, raw: bool = False
    ) -> Any:
        end = self._telemetry.begin(*_names(commands))
        try:
            replies = self._engine.execute_many(commands, timeout, raw)
        except BaseException as error:
            end(error)
            raise
        end(None)
        return replies

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class WatchedLoop:
    """An engine of an event loop."""

    def __init__(self, engine: Any, telemetry: Telemetry) -> None:
        self._engine = engine
        self._telemetry = telemetry

    def execute(
        self, args: tuple[Any, ...], timeout: float | None = None, raw: bool = False
    ) -> Any:
        return self._watched(_name(args), 1, lambda: self._engine.execute(args, timeout, raw))

    def execute_many(
        self, commands: list[tuple[Any, ...]], timeout: float | None = None, raw: bool = False
    ) -> Any:
        name, size = _names(commands)
        return self._watched(name, size, lambda: self._engine.execute_many(commands, timeout, raw))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def _watched(self, name: str, size: int, send: Callable[[], Any]) -> Any:
        end = self._telemetry.begin(name, size)
        try:
            future = send()
        except BaseException as error:
            end(error)
            raise

        def done(future: Any) -> None:
            if future.cancelled():
                from asyncio import CancelledError

                end(CancelledError())
            else:
                end(future.exception())

        future.add_done_callback(done)
        return future
