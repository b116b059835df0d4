"""What pipelines of both kinds share: how a list of replies becomes the caller's list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis.exceptions as peer

#: Arguments and options of one command, as redis-py's pipelines keep them.
Command = tuple[tuple[Any, ...], Mapping[str, Any]]


def packed(commands: Sequence[Command], transaction: bool) -> list[tuple[Any, ...]]:
    """The commands to send."""
    plain = [args for args, _ in commands]
    return [("MULTI",), *plain, ("EXEC",)] if transaction else plain


def results(
    commands: Sequence[Command],
    replies: list[Any],
    transaction: bool,
    callbacks: Mapping[str, Callable[..., Any]],
    raise_on_error: bool,
) -> list[Any]:
    """The caller's results, after redis-py's response callbacks."""
    if transaction:
        replies = _executed(commands, replies)
    found = []
    for (args, options), reply in zip(commands, replies, strict=True):
        options = {name: value for name, value in options.items() if name != "keys"}
        if "EMPTY_RESPONSE" in options:
            empty = options.pop("EMPTY_RESPONSE")
            if isinstance(reply, peer.ResponseError):
                reply = empty
        options.pop("NEVER_DECODE", None)
        if not isinstance(reply, Exception) and args[0] in callbacks:
            reply = callbacks[args[0]](reply, **options)
        found.append(reply)
    if raise_on_error:
        for number, (command, reply) in enumerate(zip(commands, found, strict=True), 1):
            if isinstance(reply, Exception):
                # The name only: arguments may hold secrets.
                reply.add_note(f"Command # {number} ({command[0][0]}) of the pipeline")
                raise reply
    return found


def _executed(commands: Sequence[Command], replies: list[Any]) -> list[Any]:
    *queued, executed = replies
    if isinstance(executed, Exception):
        for reply in queued:
            if isinstance(reply, Exception):
                raise reply
        raise executed
    if executed is None:
        raise peer.WatchError("Watched variable changed.")
    if len(executed) != len(commands):
        raise peer.InvalidResponse("Wrong number of response items from pipeline execution")
    return executed
