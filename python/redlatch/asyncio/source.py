"""What connections of event loops are made of, and the engine of each loop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from .. import _native
from .._asker import Asker
from .._settings import Settings
from .._source import Source
from ..errors import refused
from .dialer import Dialer


class LoopSource(Source):
    """The same for tasks: one engine for each loop."""

    def __init__(self, settings: Settings, from_env: bool = False) -> None:
        self._engines: WeakKeyDictionary[asyncio.AbstractEventLoop, _native.LoopClient] = (
            WeakKeyDictionary()
        )
        #: The loop that was asked for last, and its engine: looking into the dictionary for each
        #: command would cost as much as the command.
        self.latest: tuple[Any, Any] = (None, None)
        # Events of connections that were closed.
        self._told: list[str] = []
        #: What waits for messages or bytes, to be told when its engine is closed.
        self.ears: WeakSet[Any] = WeakSet()
        super().__init__(settings, from_env, on_loop=True)

    def __reduce__(self) -> Any:
        return (LoopSource, (self.settings, self.from_env))

    @property
    def engine(self) -> _native.LoopClient:
        """The running loop's."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            text = "redlatch.asyncio needs a running asyncio loop: trio has none, and of anyio's"
            raise refused("client.misuse", f"{text} backends only asyncio has") from None
        latest, engine = self.latest
        if latest is loop:
            return engine  # type: ignore[no-any-return]
        engine = self._engines.get(loop)
        if engine is None:
            asker = Asker(loop, self.providers)
            strings = self.settings.strings
            engine = _native.LoopClient(loop, self.profile, Dialer(loop), asker, *strings)
            self._engines[loop] = engine
        self.latest = (loop, engine)
        return engine

    def notice(self) -> None:
        for reference in self._engines.keyrefs():
            loop = reference()
            engine = None if loop is None else self._engines.get(loop)
            if loop is not None and engine is not None:
                # A loop that was closed has nothing to notice.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(engine.notice)

    def events(self) -> list[str]:
        """What happened since the last call, as JSON documents."""
        told, self._told = self._told, []
        return told + self.engine.events()

    async def close(self) -> None:
        """Closes this loop's connections and cancels its providers."""
        loop = asyncio.get_running_loop()
        engine = self._engines.pop(loop, None)
        if engine is None:
            return
        self.latest = (None, None)
        engine.close()
        for ear in list(self.ears):
            ear.engine_closed(engine)
        self._told += engine.events()
        await engine.ask.close()
        # Lets the transport say goodbye before the loop ends.
        await asyncio.sleep(0)
