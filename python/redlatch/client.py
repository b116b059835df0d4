"""The blocking client."""

from __future__ import annotations

import json
from typing import Any, Self

import redis
import redis.client

from . import _native, errors
from ._pipeline import packed, results
from ._settings import Settings


class Redis(redis.Redis):
    """redis-py's client on redlatch's engine.

    Takes redis-py's arguments and the core's settings by name (``password_file``, ``verify``,
    ``expected_name``, ``poll_interval`` …). Durations are in seconds. An argument that cannot be
    honoured raises ``config.unsupported``. Connects at the first command; safe to share between
    threads, each busy thread having a connection of its own.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._open(Settings(redis.Redis.__init__, args, kwargs), from_env=False)

    @classmethod
    def from_url(cls, url: str, **kwargs: Any) -> Self:  # type: ignore[override]
        """A client of a URL; keyword arguments win over its parts."""
        return cls(url=url, **kwargs)

    @classmethod
    def from_env(cls, **kwargs: Any) -> Self:
        """A client of the environment (``REDIS_URL``, ``REDIS_HOST`` …); arguments win."""
        client = cls.__new__(cls)
        client._open(Settings(redis.Redis.__init__, (), kwargs), from_env=True)
        return client

    def _open(self, settings: Settings, from_env: bool) -> None:
        self._engine = _native.Client(
            _with_protocol(settings), from_env, settings.decode, settings.encoding_errors
        )
        super().__init__(connection_pool=NoConnections(**settings.connection_kwargs()))

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if not options:
            reply = self._engine.execute(args)
            callback = self.response_callbacks.get(args[0])
            return reply if callback is None else callback(reply)
        raw = options.pop("NEVER_DECODE", None) is not None
        try:
            reply = self._engine.execute(args, None, raw)
        except redis.ResponseError:
            if "EMPTY_RESPONSE" in options:
                return options["EMPTY_RESPONSE"]
            raise
        options.pop("EMPTY_RESPONSE", None)
        options.pop("keys", None)
        callback = self.response_callbacks.get(args[0])
        return reply if callback is None else callback(reply, **options)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Commands sent in one flight, as a transaction unless told otherwise."""
        return Pipeline(self, transaction, shard_hint)

    def pubsub(self, **kwargs: Any) -> Any:
        raise _unsupported("pub/sub")

    def monitor(self) -> Any:
        raise _unsupported("MONITOR")

    def client(self) -> Redis:
        raise _unsupported("a client of a single connection")

    def status(self) -> dict[str, Any]:
        """What protects the connection used last: generations, certificates, counters."""
        found: dict[str, Any] = json.loads(self._engine.status())
        return found

    def events(self) -> list[dict[str, Any]]:
        """What happened since the last call, oldest first."""
        return [json.loads(event) for event in self._engine.events()]

    def reload(self) -> None:
        """Looks at all watched files now."""
        self._engine.reload()

    def close(self) -> None:
        """Closes the connections. The next command opens new ones."""
        engine = getattr(self, "_engine", None)
        if engine is not None:
            engine.close()
            engine.reopen()


class Pipeline(redis.client.Pipeline):
    """redis-py's pipeline on redlatch's engine."""

    def __init__(self, client: Redis, transaction: bool, shard_hint: str | None) -> None:
        self._engine = client._engine
        super().__init__(client.connection_pool, client.response_callbacks, transaction, shard_hint)

    def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        if args[0] in ("WATCH", "UNWATCH"):
            raise _unsupported("WATCH")
        return self.pipeline_execute_command(*args, **kwargs)

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        commands = list(self.command_stack)
        transaction = bool(commands) and (self.transaction or self.explicit_transaction)
        try:
            for script in self.scripts:
                self._engine.execute(("SCRIPT", "LOAD", script.script))
            replies = self._engine.execute_many(packed(commands, transaction))
            callbacks = self.response_callbacks
            return results(commands, replies, transaction, callbacks, raise_on_error)
        finally:
            self.reset()


class NoConnections(redis.ConnectionPool):
    """Stands where redis-py's command layer expects a pool: commands never use it."""

    def get_connection(self, *_: Any, **__: Any) -> Any:
        raise _unsupported("a connection of redis-py's own")


def _with_protocol(settings: Settings) -> str:
    settings.core.setdefault("protocol", _default_protocol())
    return settings.document()


def _default_protocol() -> int:
    """What redis-py itself speaks when it is not told: RESP3 since version 8."""
    return 3 if int(redis.__version__.split(".")[0]) >= 8 else 2


def _unsupported(what: str) -> errors.RedlatchError:
    return errors.BY_CODE["config.unsupported"](f"redlatch has no {what} yet")
