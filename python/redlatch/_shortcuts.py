"""The commonest commands, past redis-py's command layer, which takes longer than the engine.

A profile of SET showed half of the client's time in the checks of options that are not given. What
has options goes redis-py's way, and so does all of a class or object that has an
``execute_command`` of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

#: Of the dict itself, for names in upper case: redis-py's callbacks are one whose own method calls
#: ``upper`` in Python each time.
look_up: Callable[[Any, Any], Any] = dict.get


def callback_of(callbacks: Any, name: Any) -> Callable[..., Any] | None:
    """What redis-py makes of the replies to a command, whose name may be in any case."""
    found: Callable[..., Any] | None = look_up(callbacks, name)
    return found if found is not None or name.isupper() else callbacks.get(name)


def shorten(client: type, peer: type, straight: Callable[[Any, tuple[Any, ...]], Any]) -> None:
    """Gives a class methods that hand packed arguments to ``straight``, without options."""
    own = client.execute_command  # type: ignore[attr-defined]

    def get(self: Any, name: Any) -> Any:
        if getattr(self.execute_command, "__func__", None) is own:
            return straight(self, ("GET", name))
        return peer.get(self, name)  # type: ignore[attr-defined]

    def set(self: Any, name: Any, value: Any, *args: Any, **options: Any) -> Any:
        if not args and not options and getattr(self.execute_command, "__func__", None) is own:
            return straight(self, ("SET", name, value))
        return peer.set(self, name, value, *args, **options)  # type: ignore[attr-defined]

    def incrby(self: Any, name: Any, amount: int = 1) -> Any:
        if getattr(self.execute_command, "__func__", None) is own:
            return straight(self, ("INCRBY", name, amount))
        return peer.incrby(self, name, amount)  # type: ignore[attr-defined]

    def hget(self: Any, name: Any, key: Any) -> Any:
        if getattr(self.execute_command, "__func__", None) is own:
            return straight(self, ("HGET", name, key))
        return peer.hget(self, name, key)  # type: ignore[attr-defined]

    methods: tuple[Any, ...] = (get, set, incrby, hget)
    for method in methods:
        # Name, signature and words are redis-py's.
        setattr(client, method.__name__, functools.wraps(getattr(peer, method.__name__))(method))
    client.incr = client.incrby  # type: ignore[attr-defined]
