"""What both clients have besides redis-py's commands."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Self

import redis

from . import errors
from ._settings import Settings


class Surface:
    """Ways to make a client, to watch it, and what it does not do yet."""

    _engine: Any
    #: redis-py's class, whose arguments are understood.
    _peer: ClassVar[type]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._open(self._settings(*args, **kwargs), from_env=False)

    @classmethod
    def from_url(cls, url: str, **kwargs: Any) -> Self:
        """A client of a URL; keyword arguments win over its parts."""
        return cls(url=url, **kwargs)

    @classmethod
    def from_env(cls, **kwargs: Any) -> Self:
        """A client of the environment (``REDIS_URL``, ``REDIS_HOST`` …); arguments win."""
        made = cls.__new__(cls)
        made._open(cls._settings(**kwargs), from_env=True)
        return made

    @classmethod
    def _settings(cls, *args: Any, **kwargs: Any) -> Settings:
        settings = Settings(cls._peer.__init__, args, kwargs)
        # What redis-py itself speaks when it is not told: RESP3 since version 8.
        major = int(redis.__version__.split(".")[0])
        settings.core.setdefault("protocol", 3 if major >= 8 else 2)
        return settings

    def _open(self, settings: Settings, from_env: bool) -> None:
        raise NotImplementedError

    def status(self) -> dict[str, Any]:
        """What protects the connection: generations, certificates, counters.

        Of several connections, the one used last; on asyncio, the running loop's.
        """
        found: dict[str, Any] = json.loads(self._engine.status())
        return found

    def events(self) -> list[dict[str, Any]]:
        """What happened since the last call, oldest first."""
        return [json.loads(event) for event in self._engine.events()]

    def reload(self) -> None:
        """Looks at all watched files now."""
        self._engine.reload()

    def pubsub(self, **kwargs: Any) -> Any:
        raise unsupported("pub/sub")

    def monitor(self) -> Any:
        raise unsupported("MONITOR")

    def client(self) -> Any:
        raise unsupported("client of a single connection")


def unsupported(what: str) -> errors.RedlatchError:
    """The error for what redis-py does and redlatch does not yet."""
    return errors.BY_CODE["config.unsupported"](f"redlatch has no {what} yet")
