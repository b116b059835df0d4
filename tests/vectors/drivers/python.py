"""Does what the vectors ask with the Python package: a line in, a line out. Decides nothing.

Usage: python.py sync|asyncio
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from pathlib import Path
from typing import Any

import redlatch

Ask = dict[str, Any]


class Driver:
    """One client at a time."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.client: Any = None
        self.seen: list[Any] = []

    async def open(self, ask: Ask) -> None:
        await self.drop()
        os.environ.update(ask["env"] or {})
        try:
            make = self.kind if ask["env"] is None else self.kind.from_env
            self.client = make(decode_responses=True, **ask["settings"])
        finally:
            for name in ask["env"] or {}:
                del os.environ[name]

    async def drop(self) -> None:
        if self.client is not None:
            await self.close({})
        self.client, self.seen = None, []

    async def config(self, ask: Ask) -> Any:
        return self.client.config

    async def bundle(self, ask: Ask) -> Any:
        return redlatch.read_bundle(Path(ask["file"]).read_bytes())

    async def codes(self, ask: Ask) -> Any:
        return [
            {
                "code": made.code,
                "number": made.number,
                "retry": made.retry,
                "remedy": made.remedy,
                "is": caught_by(made),
            }
            for made in redlatch.errors.BY_CODE.values()
        ]

    async def call(self, ask: Ask) -> Any:
        return await maybe(self.client.execute_command(*ask["args"]))

    async def burst(self, ask: Ask) -> Any:
        calls = (self.call(ask) for _ in range(ask["times"]))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        return [shown(it) if isinstance(it, Exception) else it for it in outcomes]

    async def events(self, ask: Ask) -> Any:
        found = self.client.events()
        self.seen += found
        return found

    async def status(self, ask: Ask) -> Any:
        return self.client.status()

    async def reload(self, ask: Ask) -> None:
        self.client.reload()

    async def close(self, ask: Ask) -> None:
        await maybe(getattr(self.client, "aclose", self.client.close)())

    async def texts(self, ask: Ask) -> Any:
        things = (self.client, self.client.config, self.client.status(), self.seen)
        return [form(thing) for thing in things for form in (repr, str)]


async def maybe(outcome: Any) -> Any:
    return await outcome if inspect.isawaitable(outcome) else outcome


def caught_by(kind: type) -> list[str]:
    """The public names by which an ``except`` clause catches an error."""
    known = {name: getattr(redlatch.errors, name) for name in redlatch.errors.__all__}
    return [name for name, it in known.items() if isinstance(it, type) and issubclass(kind, it)]


def shown(error: Exception) -> Ask:
    if not isinstance(error, redlatch.RedlatchError):
        return {"code": None, "texts": [repr(error)]}
    return {
        "code": error.code,
        "number": error.number,
        "retry": error.retry,
        "remedy": error.remedy,
        "evidence": error.evidence,
        "maybe_executed": error.maybe_executed,
        "is": caught_by(type(error)),
        "texts": [str(error), repr(error), repr(vars(error))],
    }


async def main() -> None:
    driver = Driver({"sync": redlatch.Redis, "asyncio": redlatch.asyncio.Redis}[sys.argv[1]])
    while line := await asyncio.to_thread(sys.stdin.readline):
        ask = json.loads(line)
        try:
            answer = {"value": await getattr(driver, ask["do"])(ask)}
        except Exception as error:
            answer = {"error": shown(error)}
        print(json.dumps(answer), flush=True)


asyncio.run(main())
