"""What pipelines of both kinds share: how a list of replies becomes the caller's list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis.exceptions as peer

from ._shortcuts import callback_of

#: Arguments and options of one command, as redis-py's pipelines keep them.
Command = tuple[tuple[Any, ...], Mapping[str, Any]]


def packed(commands: Sequence[Command], transaction: bool) -> list[tuple[Any, ...]]:
    """The commands to send."""
    if not transaction:
        return [args for args, _ in commands]
    return [("MULTI",), *(args for _, (args, _) in _sent(commands)), ("EXEC",)]


def results(
    commands: Sequence[Command],
    replies: list[Any],
    transaction: bool,
    callbacks: Mapping[Any, Callable[..., Any]],
    raise_on_error: bool,
) -> list[Any]:
    """The caller's results, after redis-py's response callbacks."""
    if transaction:
        replies = _executed(commands, replies)
    found = []
    failed = False
    for (args, options), reply in zip(commands, replies, strict=True):
        if isinstance(reply, Exception):
            if "EMPTY_RESPONSE" in options and isinstance(reply, peer.ResponseError):
                reply = options["EMPTY_RESPONSE"]
            else:
                failed = True
        if callback := callback_of(callbacks, args[0]):
            if not isinstance(reply, Exception):
                reply = callback(reply, **_told(options)) if options else callback(reply)
        found.append(reply)
    if raise_on_error and failed:
        for number, (command, reply) in enumerate(zip(commands, found, strict=True), 1):
            if isinstance(reply, Exception):
                raise _named(reply, number, command)
    return found


def _told(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a callback is told of a command's options."""
    own = ("keys", "EMPTY_RESPONSE", "NEVER_DECODE")
    return {name: value for name, value in options.items() if name not in own}


def _sent(commands: Sequence[Command]) -> list[tuple[int, Command]]:
    # A command that the server refuses spoils its transaction. Of these the reply is known.
    numbered = enumerate(commands, 1)
    return [(number, command) for number, command in numbered if "EMPTY_RESPONSE" not in command[1]]


def _named(error: Exception, number: int, command: Command) -> Exception:
    # redis-py tells the arguments too. They may hold secrets.
    text = f"Command # {number} ({command[0][0]}) of pipeline caused error: "
    error.args = (f"{text}{error}", *error.args[1:])
    return error


def _executed(commands: Sequence[Command], replies: list[Any]) -> list[Any]:
    queued: list[Any] = replies[1:-1]
    executed: list[Any] | Exception | None = replies[-1]
    sent = _sent(commands)
    if isinstance(executed, Exception):
        for (number, command), reply in zip(sent, queued, strict=True):
            if isinstance(reply, Exception):
                raise _named(reply, number, command)
        raise executed
    if executed is None:
        raise peer.WatchError("Watched variable changed.")
    if len(executed) != len(sent):
        raise peer.InvalidResponse("Wrong number of response items from pipeline execution")
    found = iter(executed)
    return [
        options["EMPTY_RESPONSE"] if "EMPTY_RESPONSE" in options else next(found)
        for _, options in commands
    ]
