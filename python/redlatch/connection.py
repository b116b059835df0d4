"""redis-py's connection over a session of the core: for pools, pollers, and other libraries."""

from __future__ import annotations

import inspect
from typing import Any

import redis
from redis.connection import AbstractConnection

from ._peer_arguments import ALL
from ._settings import Settings
from ._source import blocking_source
from .errors import ClientMisuse

#: Arguments that redis-py's connection keeps to itself; setting up the session is the core's.
OWN = frozenset(
    """db socket_timeout retry_on_timeout retry_on_error encoding encoding_errors decode_responses
    parser_class socket_read_size health_check_interval retry protocol legacy_responses
    command_packer encoder_class""".split()
)


class Connection(AbstractConnection):
    """A connection as redis-py's, trusted, authenticated and watched as all of redlatch's.

    ::

        pool = redis.ConnectionPool(
            connection_class=redlatch.Connection, host="10.0.0.3", port=6378,
            ssl_ca_certs="/etc/redis-tls/ca.pem", password_file="/etc/redis/password",
        )

    Arguments are those of :class:`redlatch.Redis`. Login and database are the core's part, and so
    is the end: a connection whose CA was removed, or that was authenticated with a secret that has
    been replaced since, is made anew the next time a pool hands it out, and carries nothing after
    ``distrust_grace``. Raises the codes of :mod:`redlatch.errors` when it connects.
    """

    def __init__(self, *, source: Any = None, **kwargs: Any) -> None:
        own = {name: value for name, value in kwargs.items() if name in OWN}
        if source is None:
            known = {name: value for name, value in kwargs.items() if name not in ONLY_HERE}
            source = blocking_source(Settings(redis.Redis.__init__, (), known))
        self.source = source
        config = source.config
        self.host = config["host"]
        self.port = config["port"]
        self.path = config["path"]
        self._wire: Any = None
        own = {"socket_timeout": config["timeout"] or None, **source.arguments, **own}
        parameters = inspect.signature(AbstractConnection.__init__).parameters
        super().__init__(**{name: value for name, value in own.items() if name in parameters})

    def repr_pieces(self) -> Any:
        return [("address", self.source.config["address"]), ("db", self.db)]

    def connect(self) -> None:
        # Pools of redis-py 6 call it whenever they hand it out, and ask nothing else.
        if not hasattr(AbstractConnection, "should_reconnect") and self.should_reconnect():
            self.disconnect()  # type: ignore[no-untyped-call]
        super().connect()  # type: ignore[no-untyped-call]

    def _connect(self) -> Any:
        # What was trusted before need not be now: each session is a client's whole life.
        wire = self.source.wire()
        wire.connect()
        self._wire = wire
        return Socket(wire, self.socket_timeout)

    def on_connect_check_health(self, check_health: bool = True) -> None:
        # Login, names and database are done.
        self._parser.on_connect(self)

    def on_connect(self) -> None:
        self.on_connect_check_health()

    def should_reconnect(self) -> bool:
        asked = getattr(super(), "should_reconnect", None)
        if asked is not None and asked():
            return True
        if self._sock is None or self._wire is None or not self._wire.is_stale():
            return False
        # redis-py's subscribers reconnect in place of reading: what has come would be lost.
        try:
            return not self.can_read(0)
        except ClientMisuse:
            # It is the parent's, and this is a child.
            return True

    def can_read(self, timeout: float = 0) -> bool:
        """Whether a reply, or the end, can be read within so many seconds."""
        if self._sock is None:
            self.connect()
        parser: Any = self._parser
        reader: Any = getattr(parser, "_reader", None)
        buffer: Any = getattr(parser, "_buffer", None)
        if reader is not None and reader.has_data():
            return True
        if hasattr(buffer, "unread_bytes") and buffer.unread_bytes():
            return True
        # The socket's readiness says nothing of what has been decrypted already.
        return bool(self._wire.is_readable(timeout))

    def _host_error(self) -> Any:
        return str(self.source.config["address"])

    def events(self) -> list[str]:
        """What happened since the last call, as JSON documents, oldest first."""
        return [] if self._wire is None else self._wire.events()


class Socket:
    """What redis-py's parsers and other libraries' pollers take for a socket."""

    def __init__(self, wire: Any, timeout: float | None) -> None:
        self._wire = wire
        self._timeout = timeout

    def fileno(self) -> int:
        """The socket's number; -1 once it is closed."""
        return int(self._wire.fileno())

    def pending(self) -> int:
        """How many decrypted bytes wait; 1 if it is only that the end can be read."""
        return 1 if self._wire.is_readable(0) else 0

    def settimeout(self, timeout: float | None) -> None:
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        return self._timeout

    def setblocking(self, flag: bool) -> None:
        self._timeout = None if flag else 0.0

    def recv(self, most: int, flags: int = 0) -> bytes:
        try:
            return bytes(self._wire.receive(most, self._timeout))
        except TimeoutError:
            if self._timeout == 0:
                raise BlockingIOError(11, "nothing to read yet") from None
            raise

    def recv_into(self, buffer: Any, most: int = 0, flags: int = 0) -> int:
        view = memoryview(buffer)
        data = self.recv(most or len(view), flags)
        view[: len(data)] = data
        return len(data)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._wire.send(data)

    def send(self, data: Any, flags: int = 0) -> int:
        self._wire.send(data)
        return len(data)

    def shutdown(self, how: int) -> None:
        self._wire.close()

    def close(self) -> None:
        self._wire.close()


#: Arguments that only redis-py's connections take.
ONLY_HERE = frozenset(
    """parser_class command_packer encoder_class socket_type maint_notifications_pool_handler
    maintenance_state maintenance_notification_hash orig_host_address orig_socket_timeout
    orig_socket_connect_timeout himport_registry oss_cluster_maint_notifications_handler
    event_dispatcher""".split()
)

#: Those of them that pools hand on to connections, unless clients have an opinion.
HANDED_ON = ONLY_HERE - ALL
