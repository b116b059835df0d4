"""What both clients have besides redis-py's commands."""

from __future__ import annotations

import contextlib
import json
import weakref
from collections.abc import Generator
from typing import Any, ClassVar, Self

from redis.credentials import StreamingCredentialProvider

from . import _native, errors
from ._providers import Providers, content
from ._settings import PROTOCOL, Settings


class Surface:
    """Ways to make a client, to watch it, and what it does not do yet."""

    _engine: Any
    _profile: _native.Profile
    #: redis-py's class, whose arguments are understood.
    _peer: ClassVar[Any]
    _on_loop: ClassVar[bool]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._open(self._settings(*args, **kwargs), from_env=False)

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

    def _open(self, settings: Settings, from_env: bool) -> None:
        # A mistake in the settings shows here, not at the first command.
        self._profile = _native.Profile(settings.document(), from_env, PROTOCOL)
        self._start(settings, Providers(settings.providers, self._on_loop))
        self._follow(settings.providers.get("credentials"))

    def _start(self, settings: Settings, providers: Providers) -> None:
        raise NotImplementedError

    @property
    def config(self) -> dict[str, Any]:
        """The settings in force by their names in the table (``ca_file``, ``poll_interval`` …).

        Durations are in seconds, what is not set is None, and secrets are ``***``. Besides:
        ``address``, ``warnings``, ``dangers``::

            print(r.config["address"], r.config["poll_interval"])
        """
        found: dict[str, Any] = json.loads(self._profile.config())
        return found

    def status(self) -> dict[str, Any]:
        """What protects the connection: generations, certificates, counters.

        Of several connections, the one used last; on asyncio, the running loop's. ``state`` is
        ``ready``, ``connecting``, ``failing``, ``idle`` or ``closed``; ``sessions`` tell version of
        TLS, cipher, server's certificate and the CA that verified it; ``trust``, ``identity``,
        ``crl`` and ``credentials`` their generation, source and end, or are None; ``last_error``
        has ``code`` and ``text``. Points in time are seconds since the epoch. No secret is in it::

            status = r.status()
            print(status["state"], [ca["days_left"] for ca in status["trust"]["certificates"]])
        """
        found: dict[str, Any] = json.loads(self._engine.status())
        return found

    def events(self) -> list[dict[str, Any]]:
        """What happened since the last call, oldest first; at most the latest 1024.

        Each has ``kind``, ``at`` (seconds since the epoch) and facts of its kind. Kinds are
        ``connected``, ``disconnected``, ``reconnecting``, ``rotation``, ``rejected``, ``expiring``,
        ``expired``, ``distrusted``, ``replaced``, ``reauthenticated``, ``reauth_failed``,
        ``failing``, ``warning`` and ``danger``::

            for event in r.events():
                if event["kind"] == "rejected":
                    print(event["material"], event)
        """
        return [json.loads(event) for event in self._engine.events()]

    def reload(self) -> None:
        """Looks at all watched files now instead of after ``poll_interval``, and asks providers
        again."""
        self._engine.reload()

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
        given = parts[0] if len(parts) == 1 else parts
        self._profile.supply(material, content(material, given))
        self._notice()

    def _notice(self) -> None:
        """The materials have changed."""

    def _follow(self, provider: Any) -> None:
        """Takes what redis-py's streaming providers hand out unasked."""
        if not isinstance(provider, StreamingCredentialProvider):
            return
        client = weakref.ref(self)

        def take(token: Any) -> Any:
            found = client()
            if found is not None:
                # An event tells of a refusal.
                with contextlib.suppress(errors.RedlatchError):
                    found.supply("credentials", token)
            return Nothing()

        def ignore(_: Exception) -> Any:
            # It is asked again before the end of what it gave, and tells then.
            return Nothing()

        provider.on_next(take)
        provider.on_error(ignore)

    def pubsub(self, **kwargs: Any) -> Any:
        raise unsupported("pub/sub")

    def monitor(self) -> Any:
        raise unsupported("MONITOR")

    def client(self) -> Any:
        raise unsupported("client of a single connection")


class Nothing:
    """May be awaited: some streaming providers do, others do not."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


def unsupported(what: str) -> errors.RedlatchError:
    """The error for what redis-py does and redlatch does not yet."""
    return errors.BY_CODE["config.unsupported"](f"redlatch has no {what} yet")
