"""The committed `errors.pyi` is what the core's table makes of it; `REDLATCH_GEN=1` writes it."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

from redlatch import errors

STUB = Path(__file__).parents[1] / "redlatch" / "errors.pyi"

HEAD = '''\
# Made of the core's table of errors by `make gen`.
"""{doc}"""

from typing import Any, ClassVar, Literal

import redis.exceptions as peer

class RedlatchError(peer.RedisError):
    """Base of every error."""

    code: ClassVar[str]
    """Dotted name: what programs compare."""
    number: ClassVar[int]
    """The same as a number, which is never given to another error."""
    retry: ClassVar[Literal["never", "reconnect", "backoff", "after_rotation"]]
    """When the same call may succeed."""
    remedy: ClassVar[str]
    """What to do about it, in one sentence."""
    evidence: dict[str, str]
    """Named facts: expected and presented names, dates, issuers, fingerprints, settings."""
    maybe_executed: bool
    """Whether the server may have executed the command."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __reduce__(self) -> Any: ...

BY_CODE: dict[str, type[RedlatchError]]
"""Class of each code."""

def refused(code: str, text: str, **evidence: str) -> RedlatchError:
    """The error of a code that this package finds out itself."""

'''


def made() -> str:
    """The stub of the classes that are there."""
    leaves = list(errors.BY_CODE.values())
    families = list(dict.fromkeys(leaf.__bases__[0] for leaf in leaves))
    assert {made.__name__ for made in (*families, *leaves)} < set(errors.__all__)
    # Constants first, as linters sort them.
    shown_names = sorted(errors.__all__, key=lambda name: (not name.isupper(), name))
    names = "".join(f'    "{name}",\n' for name in shown_names)
    classes = "\n".join(shown(found) for found in (*families, *leaves))
    return HEAD.format(doc=errors.__doc__) + classes + f"\n__all__ = [\n{names}]\n"


def shown(found: type) -> str:
    """One class."""
    bases = ", ".join(
        base.__name__ if base.__module__ == errors.__name__ else f"peer.{base.__name__}"
        for base in found.__bases__
    )
    doc = textwrap.fill(f'"""{found.__doc__}"""', 96, break_long_words=False)
    return f"class {found.__name__}({bases}):\n{textwrap.indent(doc, '    ')}\n"


def test_the_committed_stub_is_current():
    if os.environ.get("REDLATCH_GEN"):
        STUB.write_text(made())
    assert STUB.read_text() == made(), "errors.pyi is stale: run `make gen`"
