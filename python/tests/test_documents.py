"""Every Python example of the READMEs and docstrings runs as it stands, against a lab."""

from __future__ import annotations

import asyncio
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis

import redlatch
import redlatch.celery
import redlatch.kombu
from lab import Lab
from redlatch import client, errors

ROOT = Path(__file__).parents[2]


@dataclass
class Example:
    """One piece of code; ``line`` is where it begins."""

    source: str
    line: int
    code: str


@dataclass
class Document:
    """A text whose examples build on each other."""

    name: str
    examples: list[Example]


def readme(path: Path) -> Document:
    """Fenced blocks of a page."""
    name, text = str(path.relative_to(ROOT)), path.read_text()
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    examples = [Example(name, text[: block.start()].count("\n") + 2, block[1]) for block in found]
    return Document(name, examples)


def everything_public() -> list[Any]:
    """Modules, functions, classes and what they add to redis-py's."""
    public: list[Any] = [
        redlatch,
        redlatch.asyncio,
        errors,
        redlatch.Credentials,
        redlatch.read_bundle,
        redlatch.doctor,
    ]
    public += [redlatch.from_env, redlatch.from_url]
    public += [redlatch.celery, redlatch.kombu]
    public += [client.Pipeline, redlatch.asyncio.Pipeline]
    for owner in (redlatch.Redis, redlatch.asyncio.Redis):
        own = {n: m for kind in owner.__mro__ for n, m in vars(kind).items() if ours(kind)}
        public += [owner, *(member for name, member in own.items() if name[0] != "_")]
    return [getattr(found, "__func__", found) for found in dict.fromkeys(public)]


def docstrings() -> Iterator[Document]:
    """Indented blocks after a double colon."""
    for described in everything_public():
        name = getattr(described, "__qualname__", getattr(described, "__name__", ""))
        text = inspect.getdoc(described) or ""
        blocks = re.finditer(r"::\n\n((?:    .*\n|\n)+)", text + "\n")
        examples = [Example(f"docstring {name}", 1, textwrap.dedent(b[1])) for b in blocks]
        if examples:
            yield Document(f"docstring of {name}", examples)


def ours(kind: type) -> bool:
    return kind.__module__.startswith("redlatch")


DOCUMENTS = [readme(ROOT / "README.md"), readme(ROOT / "python" / "README.md"), *docstrings()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=[document.name for document in DOCUMENTS])
def test_the_examples_run(document: Document, lab: Lab, monkeypatch: pytest.MonkeyPatch):
    facts = lab.facts()
    for name, value in lab.environment().items():
        monkeypatch.setenv(name, value)
    password = Path(facts["password_file"]).read_text().strip()
    secret = {"password": password, "ttl": 3600}
    names: dict[str, object] = {
        "__name__": "example",
        "vault": SimpleNamespace(read=lambda _: secret),
        "redlatch": redlatch,
        "asyncio": asyncio,
    }
    with redlatch.from_env() as r:
        names["r"] = r
        for example in document.examples:
            # At the line it has in its document, for tracebacks.
            code = "\n" * (example.line - 1) + lab.hosting(example.code)
            exec(compile(code, example.source, "exec"), names)


def test_everything_public_is_described():
    # Of redis-py's own methods only those that say something else.
    missing = [found for found in everything_public() if not inspect.getdoc(found)]
    names = {getattr(found, "__name__", "") for found in missing}
    assert names <= set(dir(redis.Redis)) | set(dir(redis.asyncio.Redis)), names


def test_there_are_examples():
    assert len(DOCUMENTS[0].examples) >= 2
    assert len(DOCUMENTS[1].examples) >= 8
    assert len(DOCUMENTS) > 4
