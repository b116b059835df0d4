"""What connections are made of, shared by clients, pools and single connections."""

from __future__ import annotations

import contextlib
import json
import weakref
from collections.abc import Callable, Generator
from typing import Any
from weakref import WeakSet

from redis.credentials import StreamingCredentialProvider

from . import _native, errors
from ._hubs import maker
from ._providers import Providers, content
from ._settings import PROTOCOL, Settings
from ._telemetry import telemetry_of


class Source:
    """Settings, materials and providers, valid ones."""

    def __init__(self, settings: Settings, from_env: bool, on_loop: bool) -> None:
        self.settings = settings
        self.from_env = from_env
        # A mistake in the settings shows here, not at the first command.
        self.profile = _native.Profile(settings.document(), from_env, PROTOCOL)
        self.providers = Providers(settings.providers, on_loop)
        self.config: dict[str, Any] = json.loads(self.profile.config())
        #: What watches commands, if anything does.
        self.telemetry = telemetry_of(settings.telemetry, self.config)
        self._follow(settings.providers.get("credentials"))

    @property
    def arguments(self) -> dict[str, Any]:
        """What redis-py's command layer and connections look at."""
        return self.settings.connection_kwargs(self.config)

    def supply(self, material: str, *parts: Any) -> None:
        """Hands in material in place of what its source gave."""
        given = parts[0] if len(parts) == 1 else parts
        self.profile.supply(material, content(material, given))
        self.notice()

    def notice(self) -> None:
        """The materials have changed."""

    def _follow(self, provider: Any) -> None:
        """Takes what redis-py's streaming providers hand out unasked."""
        if not isinstance(provider, StreamingCredentialProvider):
            return
        source = weakref.ref(self)

        def take(token: Any) -> Any:
            found = source()
            if found is not None:
                # An event tells of a refusal.
                with contextlib.suppress(errors.RedlatchError):
                    found.supply("credentials", token)
            return Nothing()

        def ignore(_: Exception) -> Any:
            # It is asked again before the end of what it gave, and tells then.
            return Nothing()

        provider.on_next(take)
        provider.on_error(ignore)


def blocking_source(
    settings: Settings, from_env: bool = False, patience: float | None = None
) -> Any:
    """What blocking clients are made of, in the threads this process has."""
    green = maker()
    if green is None:
        return BlockingSource(settings, from_env, patience)
    from ._green import GreenSource

    return GreenSource(settings, from_env, green)


class BlockingSource(Source):
    """The same for callers who block."""

    def __init__(
        self, settings: Settings, from_env: bool = False, patience: float | None = None
    ) -> None:
        super().__init__(settings, from_env, on_loop=False)
        self.engine = _native.Client(self.profile, self.ask(), *settings.strings, patience=patience)
        self.listeners: WeakSet[_native.Listener] = WeakSet()

    def __reduce__(self) -> Any:
        return (blocking_source, (self.settings, self.from_env))

    def ask(self) -> Callable[[str], Any]:
        """Asks the providers, as long as this lives."""
        return self.providers.asked_weakly()

    def hold(self) -> _native.Held:
        """A connection for one caller."""
        return _native.Held(self.engine)

    def listen(self) -> _native.Listener:
        """A connection for subscriptions."""
        made = _native.Listener(self.profile, self.ask(), *self.settings.strings)
        self.listeners.add(made)
        return made

    def wire(self) -> _native.Wire:
        """A connection of the caller's own bytes."""
        return _native.Wire(self.profile, self.ask(), True)


class Nothing:
    """May be awaited: some streaming providers do, others do not."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()
