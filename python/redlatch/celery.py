"""Celery's broker and result backend on redlatch's connections: the scheme ``redlatch``.

::

    from celery import Celery

    import redlatch.celery

    server = ("redlatch+rediss://10.0.0.3:6378/{db}?ca_file=/etc/redis-tls/ca.pem"
              "&password_file=/etc/redis/password")
    app = Celery("tasks", broker=server.format(db=0), backend=server.format(db=1))

The URLs are those of :mod:`redlatch.kombu`, and so are the options, of
``broker_transport_options`` and ``result_backend_transport_options``. Celery's settings that begin
with ``redis_`` say nothing here.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import redis.client
from celery.app.backends import BACKEND_ALIASES
from celery.backends import redis as peer

from .client import Redis
from .connection import Connection
from .kombu import SCHEME, SharedPool, source_of

#: The longest wait for the server to confirm a subscription.
CONFIRMED = 5


class ResultConsumer(peer.ResultConsumer):
    """Hears of results; moves to another connection before the one it has is given up."""

    def drain_events(self, timeout: float | None = None) -> None:
        # Older versions of Celery take no care of threads that share a consumer.
        with getattr(self, "_locked", nullcontext)():
            connection = getattr(self._pubsub, "connection", None)
            if connection is not None and connection.is_stale():
                # Looks at the results: there may be nothing left to wait for.
                self._reconnect()
                return
        super().drain_events(timeout)

    def _reconnect_pubsub(self) -> None:
        pubsub: Any = self._pubsub
        if pubsub is not None:
            pubsub.close()
        super()._reconnect_pubsub()
        # Celery looks at the results and subscribes then: whatever came between would be missed.
        pubsub, keys = self._pubsub, list(self.subscribed_to)
        for _ in keys:
            pubsub.get_message(timeout=CONFIRMED)
        for meta in self.backend.client.mget(keys) if keys else []:
            if meta is not None:
                self.on_state_change(self._decode_result(meta), None)


class Backend(peer.RedisBackend):
    """Keeps results by a :class:`redlatch.Redis`."""

    ResultConsumer = ResultConsumer

    def _params_from_url(self, url: str, defaults: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _create_client(self, **params: Any) -> Any:
        options = self._transport_options.get(SCHEME, {})
        source = source_of(self.url or f"{SCHEME}://", options)
        return Client(connection_pool=SharedPool.of(source, Subscribed))


class Subscribed(Connection):
    """Is replaced by who consumes: redis-py would, and miss what comes while it does."""

    def is_stale(self) -> bool:
        """Whether it had better be replaced."""
        # redis-py connects what is closed by itself, too, when it is read.
        return self._sock is None or super().should_reconnect()

    def should_reconnect(self) -> bool:
        return False


class Client(Redis):
    """Subscriptions are on a connection that Celery's poller can watch."""

    def pubsub(self, **kwargs: Any) -> Any:
        return redis.client.PubSub(self.connection_pool, **kwargs)


BACKEND_ALIASES[SCHEME] = f"{__name__}:Backend"
