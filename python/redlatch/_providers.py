"""Providers: callbacks that give material, and how what they give becomes the core's content.

When to ask, whom to let wait and what to do with a refusal is the core's business.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import NoneType
from typing import Any, Protocol, TypeAlias

from redis.credentials import CredentialProvider

from .errors import refused

Text: TypeAlias = str | bytes
#: Content for the core, or why there is none.
Answer: TypeAlias = list[bytes] | str

GONE = "the client is gone"


class Credentials:
    """Username and secret, as a ``credentials_provider`` gives them.

    ``secret`` is a password or token; ``username`` defaults to the client's. The end is known by
    ``expires_at``, seconds since the epoch or a ``datetime`` with a time zone, or by
    ``expires_in``, seconds or a ``timedelta``: a successor is asked for at half the remaining
    life, and no later than four minutes ahead. ``repr`` masks the secret::

        def token():
            fetched = vault.read("redis")
            return redlatch.Credentials(fetched["password"], expires_in=fetched["ttl"])
    """

    __slots__ = ("expires_at", "expires_in", "secret", "username")

    def __init__(
        self,
        secret: Text,
        username: str | None = None,
        expires_at: float | datetime | None = None,
        expires_in: float | timedelta | None = None,
    ) -> None:
        self.secret = secret
        self.username = username
        self.expires_at = expires_at
        self.expires_in = expires_in

    def __repr__(self) -> str:
        end = f"expires_at={self.expires_at!r}, expires_in={self.expires_in!r}"
        return f"Credentials('***', username={self.username!r}, {end})"


class GivesCredentials(Protocol):
    """What redis-py's ``CredentialProvider`` looks like."""

    def get_credentials(self) -> tuple[str] | tuple[str, str]: ...


#: What provides username and secret may give. A text alone is the secret, exactly.
GivenCredentials: TypeAlias = Text | Sequence[Text] | Mapping[str, Any] | Credentials
GivenTrust: TypeAlias = Text | Sequence[Text]
GivenIdentity: TypeAlias = Text | Sequence[Text]

CredentialsProvider: TypeAlias = (
    Callable[[], GivenCredentials | Awaitable[GivenCredentials]] | GivesCredentials
)
TrustProvider: TypeAlias = Callable[[], GivenTrust | Awaitable[GivenTrust]]
IdentityProvider: TypeAlias = Callable[[], GivenIdentity | Awaitable[GivenIdentity]]


class Providers:
    """The callbacks of one client, by material.

    Engines refer to it weakly: a callback may well refer to the client, and the garbage collector
    does not look into engines.
    """

    def __init__(self, given: Mapping[str, Any], on_loop: bool) -> None:
        """``on_loop``: coroutines may be awaited."""
        self._provide = {
            material: _callback(material, it, on_loop) for material, it in given.items()
        }
        self._threads = {material: threading.Lock() for material in given}

    def asked_weakly(self) -> Callable[[str], Answer]:
        """:meth:`ask`, as long as the client lives."""
        method = weakref.WeakMethod(self.ask)

        def ask(material: str) -> Answer:
            found = method()
            return GONE if found is None else found(material)

        return ask

    def ask(self, material: str) -> Answer:
        """Asks in this thread. Lets pass what is no failure: Ctrl-C, say."""
        try:
            given = self._provide[material]()
            if inspect.isawaitable(given):
                if inspect.iscoroutine(given):
                    given.close()
                raise TypeError("it is a coroutine, which only redlatch.asyncio can await")
            return content(material, given)
        except Exception as error:
            return explained(error)

    async def ask_in_loop(self, material: str) -> Answer:
        """Awaits a coroutine function; runs any other callable in a thread, where it may block."""
        try:
            provide = self._provide[material]
            if is_async(provide):
                given = await provide()
            else:
                given = await asyncio.to_thread(self._alone, material)
                if inspect.isawaitable(given):
                    given = await given
            return content(material, given)
        except Exception as error:
            return explained(error)

    def _alone(self, material: str) -> Any:
        # A thread outlives the question that closing the client cancelled.
        with self._threads[material]:
            return self._provide[material]()


def content(material: str, given: Any) -> list[bytes]:
    """What a provider gave, or a caller hands in, as the core reads it.

    Raises ``TypeError`` or ``ValueError`` for anything else, never with its value.
    """
    if material == "credentials":
        return [_credentials(given)]
    texts = [given] if isinstance(given, (str, bytes, bytearray)) else _sequence(given, material)
    return [_bytes(text, material) for text in texts]


def explained(error: BaseException) -> str:
    """An exception in one line."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def is_async(provide: Callable[[], Any]) -> bool:
    """Whether calling it gives a coroutine."""
    call = type(provide).__call__
    return inspect.iscoroutinefunction(provide) or inspect.iscoroutinefunction(call)


def _callback(material: str, given: Any, on_loop: bool) -> Callable[[], Any]:
    setting = f"{material}_provider"
    provide: Callable[[], Any] = given
    blocking = getattr(given, "get_credentials", None) if material == "credentials" else None
    if blocking is not None:
        own = getattr(type(given), "get_credentials_async", None)
        # redis-py's own only warns and blocks the loop.
        inherited = own in (None, CredentialProvider.get_credentials_async)
        provide = given.get_credentials_async if on_loop and not inherited else blocking
    if not callable(provide):
        raise refused("config.invalid", f"{setting} must be callable", setting=setting)
    if is_async(provide) and not on_loop:
        text = f"{setting} is a coroutine function, which only redlatch.asyncio can await"
        raise refused("config.unsupported", text, setting=setting)
    return provide


def _credentials(given: Any) -> bytes:
    if isinstance(given, (str, bytes, bytearray)):
        # As it is, whatever it looks like.
        return _document({"password": given})
    if hasattr(given, "get_value") and hasattr(given, "get_expires_at_ms"):
        # redis-py's token; -1 is no end.
        end = given.get_expires_at_ms()
        ends = end / 1000 if end > 0 else None
        given = Credentials(given.get_value(), given.try_get("oid"), expires_at=ends)
    if isinstance(given, Credentials):
        return _document(
            {
                "username": given.username,
                "password": given.secret,
                "expires_at": given.expires_at,
                "expires_in": given.expires_in,
            }
        )
    if isinstance(given, Mapping):
        return _document(given)
    texts = _sequence(given, "credentials")
    if len(texts) not in (1, 2):
        raise ValueError("credentials are (secret,) or (username, secret)")
    for text in texts:
        if not isinstance(text, (str, bytes, NoneType)):
            raise _mistyped("credentials", text)
    return _document(dict(zip(("password", "username"), reversed(texts), strict=False)))


def _document(fields: Mapping[str, Any]) -> bytes:
    return json.dumps({str(name): _plain(value) for name, value in fields.items()}).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return value.decode()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime without time zone may mean any hour: add tzinfo")
        return value.timestamp()
    # Other fields of a response are none of the core's.
    return value if isinstance(value, (str, int, float)) else None


def _sequence(given: Any, material: str) -> list[Any]:
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise _mistyped(material, given)
    return list(given)


def _bytes(text: Any, material: str) -> bytes:
    if isinstance(text, str):
        return text.encode()
    if isinstance(text, (bytes, bytearray)):
        return bytes(text)
    raise _mistyped(material, text)


def _mistyped(material: str, found: Any) -> TypeError:
    return TypeError(f"{material} must be str or bytes, not {type(found).__name__}")
