"""The pages of the book and of the READMEs: their blocks of code, links and anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "docs"
#: Where a page of the book says that something is in the repository.
REPOSITORY = "https://github.com/redlatch/redlatch"

_FENCE = re.compile(r"^```(?P<words>[^\n`]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_REASON = re.compile(r"<!-- not run: (?P<reason>[^\n]+?) -->\n\Z")
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(
    r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\((?P<target>[^()\s]*)\)|<(?P<bare>https?://[^>\s]+)>"
)
_SOURCE = re.compile(r'\b(?:src|href)="(?P<target>[^"]*)"')
_HEADING = re.compile(r"^#{1,6} (?P<text>.+)$", re.MULTILINE)
_ANCHOR = re.compile(r'\bid="(?P<name>[^"]+)"')


@dataclass(frozen=True)
class Block:
    """Code between fences."""

    page: Path
    #: Of its first line of code.
    line: int
    language: str
    code: str
    #: Why it is not run; none if it is.
    reason: str | None

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One file of Markdown."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    def blocks(self, *languages: str) -> Iterator[Block]:
        """Those of these languages, or all."""
        for found in _FENCE.finditer(self.text):
            language = found["words"].strip()
            if languages and language not in languages:
                continue
            before = self.text[: found.start()]
            reason = _REASON.search(before)
            line = before.count("\n") + 2
            yield Block(self.path, line, language, found["code"], reason and reason["reason"])

    def links(self) -> list[str]:
        """Where its links and pictures lead."""
        prose = _CODE.sub("", self._prose)
        found = [link["target"] or link["bare"] or "" for link in _LINK.finditer(prose)]
        return found + [source["target"] for source in _SOURCE.finditer(prose)]

    def anchors(self) -> set[str]:
        """What a link can name after ``#``."""
        names = {_slug(heading["text"]) for heading in _HEADING.finditer(self._prose)}
        return names | {anchor["name"] for anchor in _ANCHOR.finditer(self._prose)}

    @cached_property
    def _prose(self) -> str:
        return _FENCE.sub("", self.text)


def _slug(heading: str) -> str:
    """The anchor of a heading, on which GitHub and MkDocs agree for plain ones."""
    plain = re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower()
    return re.sub(r"\s", "-", plain)


def book() -> list[Page]:
    """Every page of ``docs/``."""
    return [Page(path) for path in sorted(BOOK.rglob("*.md"))]


def others() -> list[Page]:
    """The pages beside the book that people read first."""
    names = "README.md SECURITY.md CONTRIBUTING.md CHANGELOG.md python/README.md"
    names += " python/ARGUMENTS.md node/README.md go/README.md bindings/c/README.md"
    names += " bindings/rust/README.md"
    names += " bindings/uniffi/README.md"
    names += " bindings/wasm/README.md"
    names += " tests/vectors/README.md tests/examples/README.md deploy/README.md"
    return [Page(ROOT / name) for name in names.split()]
