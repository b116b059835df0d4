"""kombu's Redis transport, and so Celery's, on redlatch's connections: the scheme ``redlatch``.

::

    import kombu

    import redlatch.kombu

    url = ("redlatch+rediss://10.0.0.3:6378/0?ca_file=/etc/redis-tls/ca.pem"
           "&password_file=/etc/redis/password")
    with kombu.Connection(url) as connection, connection.SimpleQueue("jobs") as queue:
        queue.put({"n": 1})
        print(queue.get(timeout=5).payload)

Behind ``redlatch+`` stands a URL as :func:`redlatch.from_url` takes it; ``redlatch://`` alone reads
the environment. What no URL can say, such as a provider, stands in the transport's options::

    options = {"redlatch": {"timeout": 2, "poll_interval": "1s"}}
    connection = kombu.Connection("redlatch://", transport_options=options)

Consumers keep connections for as long as they run. Those are replaced between two messages when
their server is no longer trusted or a newer secret is in force. To get there in time, nobody waits
for a message longer than half of ``distrust_grace`` at once, whatever ``polling_interval`` says.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import redis
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as peer

from ._settings import Settings
from ._source import blocking_source
from .client import Redis
from .connection import Connection
from .pool import ConnectionPool

SCHEME = "redlatch"


def source_of(url: str, options: Mapping[str, Any]) -> Any:
    """What a URL and the settings beside it name. Channels, and backends, come and go with threads
    and greenlets: those of one process share it."""
    scheme, _, place = url.removeprefix(f"{SCHEME}+").partition("://")
    given = dict(options)
    if place:
        given["url"] = f"{'rediss' if scheme == SCHEME else scheme}://{place}"
    from_env = None if place else {n: it for n, it in os.environ.items() if n.startswith("REDIS_")}
    for known, source in tuple(_SOURCES):
        if known == (given, from_env):
            return source
    source = blocking_source(Settings(redis.Redis.__init__, (), given), from_env is not None)
    _SOURCES.append(((given, from_env), source))
    return source


#: The latest, and what they were asked for by.
_SOURCES: deque[tuple[Any, Any]] = deque(maxlen=16)


class SharedPool(ConnectionPool):
    """Closes its own connections only, not those that others run commands on."""

    def disconnect(self, inuse_connections: bool = True) -> None:
        redis.ConnectionPool.disconnect(self, inuse_connections)


class Channel(peer.Channel):
    """Publishes by a :class:`redlatch.Redis`; consumes on connections that a poller watches."""

    #: Has a place for the database until there is a pool.
    keyprefix_fanout: str
    brpop_timeout: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A message that comes as the connection is ended would be lost. 0 is for ever.
        most = self.connection.source.config["distrust_grace"] / 2
        if most:
            self.brpop_timeout = min(self.brpop_timeout or most, most)

    def _get_pool(self, asynchronous: bool = False) -> Any:
        source = self.connection.source
        self.keyprefix_fanout = self.keyprefix_fanout.format(db=source.config["db"])
        return SharedPool.of(source, self._watched() if asynchronous else Connection)

    def _watched(self) -> type[Connection]:
        channel = self

        class Watched(Connection):
            """Tells the poller of its end."""

            def disconnect(self, *args: Any, **kwargs: Any) -> None:
                super().disconnect(*args, **kwargs)  # type: ignore[no-untyped-call]
                if channel._registered:
                    channel._on_connection_disconnect(self)

        return Watched

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return self.Client(connection_pool=self.async_pool)
        # kombu's own client is the one that prefixes keys.
        kind = self.Client if self.global_keyprefix else Redis
        return kind(connection_pool=self.pool)

    def renew(self) -> None:
        """Drops connections that had better not be used again: the poller makes new ones."""
        for name in ("client", "subclient"):
            connection = getattr(self.__dict__.get(name), "connection", None)
            # While it is asked for a message, one may be under way to us.
            if connection is None or connection is self._in_poll:
                continue
            if connection.should_reconnect():
                connection.disconnect()


class Poller(peer.MultiChannelPoller):
    """Looks at the connections before each wait."""

    def on_poll_start(self) -> None:
        for channel in self._channels:
            channel.renew()
        super().on_poll_start()


class Transport(peer.Transport):
    """The transport of the scheme ``redlatch``."""

    Channel = Channel
    driver_name = "redlatch"
    can_parse_url = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cycle = Poller()

    @cached_property
    def source(self) -> Any:
        """What all connections of all channels are made of."""
        options = self.client.transport_options.get(SCHEME, {})
        return source_of(self.client.hostname, options)


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
