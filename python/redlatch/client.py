"""The blocking client."""

from __future__ import annotations

import json
from typing import Any, Unpack
from weakref import WeakSet

import redis
import redis.client

from ._arguments import Arguments
from ._forks import keepers
from ._health import COMMANDS, LIMIT, Probe
from ._pipeline import packed, results
from ._settings import Settings
from ._shortcuts import callback_of, look_up, shorten
from ._source import blocking_source
from ._surface import Surface
from ._telemetry import Watched
from .connection import Connection
from .errors import RedlatchError
from .pool import ConnectionPool
from .pubsub import PubSub


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
    _pool = ConnectionPool
    _connection = Connection
    #: Runs commands: the pool's engine, or the one connection of a client that keeps one.
    _engine: Any

    def __init__(self, *args: Any, **kwargs: Unpack[Arguments]) -> None:
        super().__init__(*args, **kwargs)

    def _open(self, settings: Settings, from_env: bool, single: bool = False) -> None:
        self._share(ConnectionPool.of(blocking_source(settings, from_env)), single)
        self.auto_close_connection_pool = True

    def _share(self, pool: ConnectionPool, single: bool) -> None:
        self._source = pool.source
        self._single = single
        self._engine = self._watched(pool.source.hold() if single else pool.source.engine)
        if single:
            keepers.add(self)
        self._listeners: WeakSet[Any] = WeakSet()
        self._told: list[str] = []
        redis.Redis.__init__(self, connection_pool=pool)

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

    def pubsub(self, **kwargs: Any) -> PubSub:
        """Subscriptions, on a connection of their own. Arguments are redis-py's."""
        return PubSub(self, **kwargs)

    def _listener(self) -> Any:
        made = self._source.listen()
        self._listeners.add(made)
        return made

    def _forget(self, heard: Any) -> None:
        self._told += heard.events()
        self._listeners.discard(heard)

    def health(self, timeout: float = LIMIT, read_only: bool = False) -> dict[str, Any]:
        """Whether this client can serve, for probes; a server that is away raises nothing.

        Asks the server, for no longer than ``timeout`` seconds. ``ok`` is readiness: the server
        answers, is trusted, has let us in, and takes writes, unless ``read_only``. ``live`` is
        liveness: the client is neither closed nor broken, whatever becomes of the server.

        Of the first problem there are ``code``, ``text`` and ``remedy``. All are ``problems``, some
        of them warnings, such as a CA that ends soon. Besides there are ``alive``,
        ``authenticated``, ``writable``, ``role``, ``trust`` (``ok``, ``warning``, ``failing`` or
        ``off``) and ``seconds``::

            health = r.health()
            print(health["ok"], health["code"], health["remedy"])
        """
        probe, engine = Probe(), self._source.engine
        try:
            probe.answered(engine.execute_many(COMMANDS, timeout, True))
        except RedlatchError as error:
            probe.failed(error)
        return probe.judged(engine.status(), read_only)

    def events(self) -> list[dict[str, Any]]:
        """What happened since the last call, also to subscriptions of this client."""
        told, self._told = self._told, []
        for heard in list(self._listeners):
            told += heard.events()
        return super().events() + [json.loads(event) for event in told]

    def _keep_another(self) -> None:
        """Takes another connection for the one this client keeps."""
        self._engine = self._watched(self._source.hold())

    def _watched(self, engine: Any) -> Any:
        telemetry = self._source.telemetry
        return engine if telemetry is None else Watched(engine, telemetry)

    def close(self) -> None:
        """Closes the connections, those of subscriptions too, unless others share them. The next
        command opens new ones."""
        engine = getattr(self, "_engine", None)
        if engine is not None and self._single:
            engine.release()
            self._keep_another()
        if getattr(self, "auto_close_connection_pool", False):
            self.connection_pool.disconnect()


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
        #: The connection that watches.
        self._held: Any = None
        super().__init__(client.connection_pool, client.response_callbacks, transaction, shard_hint)

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        """Runs a command now, on the connection that watches."""
        options.pop("keys", None)
        if self._held is None:
            client = self._client
            alone = client._single
            self._held = client._engine if alone else client._watched(client._source.hold())
        reply = self._held.execute(args, None, options.pop("NEVER_DECODE", None) is not None)
        if args[0] == "WATCH":
            self.watching = True
        elif args[0] == "UNWATCH":
            self.watching = False
        options.pop("EMPTY_RESPONSE", None)
        callback = callback_of(self.response_callbacks, args[0])
        return reply if callback is None else callback(reply, **options)

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        commands = list(self.command_stack)
        # An empty one still tells whether what was watched has changed.
        transaction = bool(commands or self.watching) and (
            self.transaction or self.explicit_transaction
        )
        engine = self._held or self._client._engine
        try:
            for script in self.scripts:
                engine.execute(("SCRIPT", "LOAD", script.script))
            replies = engine.execute_many(packed(commands, transaction))
            if transaction:
                # EXEC has ended it.
                self.watching = False
            callbacks = self.response_callbacks
            return results(commands, replies, transaction, callbacks, raise_on_error)
        finally:
            self.reset()

    def reset(self) -> None:  # type: ignore[override]
        """Forgets the commands and what is watched."""
        held, self._held = getattr(self, "_held", None), None
        if held is not None:
            if held is self._client._engine:
                if self.watching:
                    held.execute(("UNWATCH",))
            else:
                held.release()
        self.command_stack = []
        self.scripts = set()
        self.watching = False
        self.explicit_transaction = False


def _staged(pipeline: Pipeline, args: tuple[Any, ...]) -> Any:
    if pipeline.watching:
        return pipeline.execute_command(*args)  # type: ignore[no-untyped-call]
    pipeline.command_stack.append((args, {}))
    return pipeline


shorten(Redis, redis.Redis, _straight)
shorten(Pipeline, redis.client.Pipeline, _staged)
