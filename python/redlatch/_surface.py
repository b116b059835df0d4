"""What both clients have besides redis-py's commands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from . import _native
from ._settings import Settings
from .errors import refused


class Surface:
    """Ways to make a client, and to watch it."""

    _source: Any
    #: redis-py's class, whose arguments are understood.
    _peer: ClassVar[Any]
    #: Our pool, the only one that a client takes.
    _pool: ClassVar[Any]
    #: Our connection.
    _connection: ClassVar[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pool = kwargs.pop("connection_pool", None)
        single = bool(kwargs.pop("single_connection_client", False))
        if pool is None:
            self._open(self._settings(*args, **kwargs), from_env=False, single=single)
            return
        if not isinstance(pool, self._pool):
            pool = self._adopted(pool)
        self._share(pool, single)

    @classmethod
    def _adopted(cls, pool: Any) -> Any:
        """Our pool of what another's connections are made of, as RQ's scheduler has it."""
        kind = getattr(pool, "connection_class", None)
        source = getattr(pool, "connection_kwargs", {}).get("source")
        if source is None or not isinstance(kind, type) or not issubclass(kind, cls._connection):
            text = "another kind of pool would open sockets of its own: use redlatch.ConnectionPool"
            raise refused("config.unsupported", text, setting="connection_pool")
        return cls._pool.of(source)

    @classmethod
    def from_url(cls, url: str, **kwargs: Any) -> Self:
        """A client of a URL: ``redis``, ``rediss``, ``valkey``, ``valkeys`` or ``unix``.

        Any setting may follow as its query; keyword arguments win. Raises the family ``config``.
        """
        return cls(url=url, **kwargs)

    @classmethod
    def from_env(cls, **kwargs: Any) -> Self:
        """A client of the environment (``REDIS_URL``, ``REDIS_HOST`` …); arguments win.

        Raises the family ``config``.
        """
        made = cls.__new__(cls)
        made._open(cls._settings(**kwargs), from_env=True)
        return made

    @classmethod
    def _settings(cls, *args: Any, **kwargs: Any) -> Settings:
        return Settings(cls._peer.__init__, args, kwargs)

    def __reduce__(self) -> Any:
        given = self._source.settings.portable()
        return (_made_again, (type(self), given, self._source.from_env))

    @classmethod
    def from_pool(cls, connection_pool: Any) -> Self:
        """A client that closes the pool when it is closed."""
        made = cls(connection_pool=connection_pool)
        made.auto_close_connection_pool = True  # type: ignore[attr-defined]
        return made

    def _open(self, settings: Settings, from_env: bool, single: bool = False) -> None:
        raise NotImplementedError

    def _share(self, pool: Any, single: bool) -> None:
        raise NotImplementedError

    def client(self) -> Any:
        """A client of the same pool that keeps one connection to itself."""
        return type(self)(
            connection_pool=self.connection_pool,  # type: ignore[attr-defined]
            single_connection_client=True,
        )

    @property
    def config(self) -> dict[str, Any]:
        """The settings in force by their names in the table (``ca_file``, ``poll_interval`` …).

        Durations are in seconds, what is not set is None, and secrets are ``***``. Besides:
        ``address``, ``warnings``, ``dangers``::

            print(r.config["address"], r.config["poll_interval"])
        """
        return dict(self._source.config)

    def status(self) -> dict[str, Any]:
        """What protects the connection: generations, certificates, counters.

        Of several connections, the one used last, with the ``counters`` of all; on asyncio, the
        running loop's. ``state`` is
        ``ready``, ``connecting``, ``failing``, ``idle`` or ``closed``; ``sessions`` tell version of
        TLS, cipher, server's certificate and the CA that verified it; ``trust``, ``identity``,
        ``crl`` and ``credentials`` their generation, source and end, or are None; ``last_error``
        has ``code`` and ``text``. Points in time are seconds since the epoch. No secret is in it::

            status = r.status()
            print(status["state"], [ca["days_left"] for ca in status["trust"]["certificates"]])
        """
        found: dict[str, Any] = json.loads(self._source.engine.status())
        return found

    def metrics(self) -> str:
        """The status as metrics, in Prometheus's text format; :func:`redlatch.metrics` joins
        several clients::

            print(r.metrics())
        """
        return exposed([self])

    def events(self) -> list[dict[str, Any]]:
        """What happened since the last call, oldest first; at most the latest 1024.

        Each has ``kind``, ``at`` (seconds since the epoch) and facts of its kind. Kinds are
        ``connected``, ``disconnected``, ``reconnecting``, ``rotation``, ``rejected``, ``expiring``,
        ``expired``, ``distrusted``, ``replaced``, ``reauthenticated``, ``reauth_failed``,
        ``failing``, ``gap``, ``warning`` and ``danger``::

            for event in r.events():
                if event["kind"] == "rejected":
                    print(event["material"], event)
        """
        return [json.loads(event) for event in self._source.engine.events()]

    def reload(self) -> None:
        """Looks at all watched files now instead of after ``poll_interval``, and asks providers
        again."""
        self._source.engine.reload()

    def supply(self, material: str, *parts: Any) -> None:
        """Hands in material, in place of what its source gave, from any thread.

        ``material`` and ``parts`` are ``"trust"`` and one or more CA bundles; ``"identity"`` and
        certificate chain, key and what opens the key; ``"credentials"`` and anything a
        ``credentials_provider`` may give; or ``"crl"`` and revocation lists. A file that was
        watched is not looked at any more, by no client of this process; a provider still is asked::

            from pathlib import Path

            r.supply("trust", Path("/etc/redis-tls/ca.pem").read_bytes())

        Raises the families ``trust``, ``identity`` and ``auth`` for what cannot be used: what was
        good stays. Raises ``client.misuse`` for a material that this client does not have.
        """
        self._source.supply(material, *parts)


def exposed(clients: Iterable[Any]) -> str:
    """Metrics of several clients."""
    return _native.expose_metrics([client._source.engine.status() for client in clients])


def _made_again(kind: Any, given: dict[str, Any], from_env: bool) -> Any:
    return kind.from_env(**given) if from_env else kind(**given)
