"""Questions of the core on an event loop: a task each, for the time it takes."""

from __future__ import annotations

import asyncio
import weakref
from contextvars import ContextVar
from functools import partial

from . import _native
from ._providers import GONE, Answer, Providers, explained


class Asker:
    """Asks a client's providers, on one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, providers: Providers) -> None:
        self._loop = loop
        self._providers = weakref.ref(providers)
        self._tasks: set[asyncio.Task[Answer]] = set()

    def __call__(self, client: _native.LoopClient, material: str, number: int) -> None:
        # Not by the loop's factory: an eager task would call back while the client calls.
        task = asyncio.Task(self._ask(material), loop=self._loop)
        self._tasks.add(task)
        task.add_done_callback(partial(self._answer, client, material, number))

    def is_within(self) -> bool:
        """Whether the running task, or who started it, is a provider of this client."""
        return any(question.asker is self for question in _QUESTIONS.get() if question.open)

    async def close(self) -> None:
        """Cancels providers and waits until they are gone."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, material: str) -> Answer:
        question = Question(self)
        _QUESTIONS.set((*_QUESTIONS.get(), question))
        try:
            providers = self._providers()
            return GONE if providers is None else await providers.ask_in_loop(material)
        finally:
            question.open = False

    def _answer(
        self, client: _native.LoopClient, material: str, number: int, task: asyncio.Task[Answer]
    ) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            given: Answer = "cancelled"
        else:
            error = task.exception()
            given = task.result() if error is None else explained(error)
        client.answer(material, number, given)


class Question:
    """One run of a provider."""

    __slots__ = ("asker", "open")

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.open = True


#: Those the running code is part of. Tasks that a provider starts inherit them.
_QUESTIONS: ContextVar[tuple[Question, ...]] = ContextVar("redlatch questions", default=())
