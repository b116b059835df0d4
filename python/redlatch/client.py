"""The blocking client."""

from __future__ import annotations

from typing import Any, Unpack

import redis
import redis.client

from . import _native
from ._arguments import Arguments
from ._pipeline import packed, results
from ._providers import Providers
from ._settings import Settings
from ._shortcuts import callback_of, look_up, shorten
from ._surface import Surface, unsupported


# `from_url` makes our class, whichever arguments it takes.
class Redis(Surface, redis.Redis):  # pyright: ignore[reportIncompatibleMethodOverride]
    """redis-py's client on redlatch's engine.

    ::

        with redlatch.Redis(host="10.0.0.3", port=6378, ssl=True,
                            ssl_ca_certs="/etc/redis-tls/ca.pem",
                            password_file="/etc/redis/password") as r:
            r.set("key", "value")

    Takes redis-py's arguments and the core's settings by name (``password_file``, ``verify``,
    ``pin_sha256``, ``poll_interval`` …). Durations are seconds, a ``timedelta`` or text such as
    ``500ms``. An argument that cannot be honoured raises ``config.unsupported``, an unknown one
    ``config.unknown``; a command, anything of :mod:`redlatch.errors`, ``client.timeout`` after
    ``timeout`` (5 s). Connects at the first command; safe to share between
    threads, each busy thread having a connection of its own.

    Providers are called when material is needed and ahead of its end, one call at a time, in the
    thread of a command, which waits. One that raises is asked again, ever later; until what it gave
    before has ended that is an event, afterwards ``auth.unavailable``, ``trust.unreadable`` or
    ``identity.unreadable`` with its text. One that uses this client gets ``client.misuse``.

    - ``credentials_provider`` gives the secret; ``(secret,)`` or ``(username, secret)``; a mapping
      with ``username``, ``password`` or ``token``, ``expires_in`` or ``expires_at``; or
      :class:`redlatch.Credentials`. It may be redis-py's ``CredentialProvider`` too, the streaming
      one included, and be called ``credential_provider``.
    - ``trust_provider`` gives a CA bundle, or a list of them.
    - ``identity_provider`` gives certificate chain and key, and what opens the key if anything.
    """

    _peer = redis.Redis
    _on_loop = False

    def __init__(self, *args: Any, **kwargs: Unpack[Arguments]) -> None:
        super().__init__(*args, **kwargs)

    def _start(self, settings: Settings, providers: Providers) -> None:
        self._providers = providers
        self._engine = _native.Client(self._profile, providers.asked_weakly(), *settings.strings)
        kwargs = settings.connection_kwargs(self.config)
        redis.Redis.__init__(self, connection_pool=NoConnections(**kwargs))

    def execute_command(self, *args: Any, **options: Any) -> Any:
        options.pop("keys", None)
        if not options and args and args[0].isupper():
            return _straight(self, args)
        raw = options.pop("NEVER_DECODE", None) is not None
        try:
            reply = self._engine.execute(args, None, raw)
        except redis.ResponseError:
            if "EMPTY_RESPONSE" in options:
                return options["EMPTY_RESPONSE"]
            raise
        options.pop("EMPTY_RESPONSE", None)
        callback = callback_of(self.response_callbacks, args[0])
        return reply if callback is None else callback(reply, **options)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Commands sent in one flight, as a transaction unless told otherwise."""
        return Pipeline(self, transaction, shard_hint)

    def close(self) -> None:
        """Closes the connections. The next command opens new ones."""
        engine = getattr(self, "_engine", None)
        if engine is not None:
            engine.close()
            engine.reopen()


def _straight(client: Redis, args: tuple[Any, ...]) -> Any:
    reply = client._engine.execute(args)
    callback = look_up(client.response_callbacks, args[0])
    return reply if callback is None else callback(reply)


class Pipeline(redis.client.Pipeline):
    """redis-py's pipeline on redlatch's engine."""

    # For redis-py it is a method too, of clients.
    transaction: Any

    def __init__(self, client: Redis, transaction: bool, shard_hint: str | None) -> None:
        # Keeps alive what the engine asks.
        self._client = client
        self._engine = client._engine
        super().__init__(client.connection_pool, client.response_callbacks, transaction, shard_hint)

    def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        if args[0] in ("WATCH", "UNWATCH"):
            raise unsupported("WATCH")
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


def _staged(pipeline: Pipeline, args: tuple[Any, ...]) -> Any:
    if pipeline.watching:
        return pipeline.execute_command(*args)
    pipeline.command_stack.append((args, {}))
    return pipeline


shorten(Redis, redis.Redis, _straight)
shorten(Pipeline, redis.client.Pipeline, _staged)


class NoConnections(redis.ConnectionPool):
    """Stands where redis-py's command layer expects a pool: commands never use it."""

    def get_connection(self, *_: Any, **__: Any) -> Any:
        raise unsupported("connection of redis-py's own")
