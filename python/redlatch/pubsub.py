"""Subscriptions of the blocking client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import redis.client

if TYPE_CHECKING:
    from .client import Redis


class PubSub(redis.client.PubSub):
    """redis-py's subscriptions on a connection of redlatch's that listens.

    Subscriptions survive a lost connection (an event, ``gap``, tells that messages may be missing)
    and follow rotations without losing or repeating a message. A subscription that the server
    refuses is raised by the call that asks for it.
    """

    connection: Any

    def __init__(self, client: Redis, **kwargs: Any) -> None:
        # Keeps alive what is asked for secrets.
        self._client = client
        super().__init__(client.connection_pool, **kwargs)

    def execute_command(self, *args: Any) -> None:
        if self.connection is None:
            self.connection = self._client._listener()
        self.connection.send(args)

    def parse_response(self, block: bool = True, timeout: float = 0) -> Any:
        """What was heard next; None if that is nothing in time."""
        if self.connection is None:
            # The words are redis-py's.
            text = "did you forget to call subscribe() or psubscribe()?"
            raise RuntimeError(f"pubsub connection not set: {text}")
        heard = answered(self.connection.receive(None if block else timeout))
        if self.push_handler_func is not None and isinstance(heard, list):
            handle: Any = self.push_handler_func
            return handle(heard)
        return heard

    def check_health(self) -> None:
        """The core asks for signs of life by itself."""

    def clean_health_check_responses(self) -> None:
        """There are none."""

    def reset(self) -> None:
        """Ends all subscriptions and closes their connection."""
        listener, self.connection = self.connection, None
        if listener is not None:
            listener.close()
            self._client._forget(listener)
        super().reset()

    def events(self) -> list[str]:
        """What happened to the connection since the last call, as JSON documents."""
        return [] if self.connection is None else self.connection.events()


def answered(heard: Any) -> Any:
    """RESP3 answers to PING with a string alone; RESP2 as redis-py's command layer wants it."""
    if isinstance(heard, str):
        return ["pong", "" if heard == "PONG" else heard]
    if isinstance(heard, bytes):
        return [b"pong", b"" if heard == b"PONG" else heard]
    return heard
