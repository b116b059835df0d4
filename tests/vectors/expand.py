"""Templates of the vectors: certificates made for this run, facts of the lab, text forms."""

from __future__ import annotations

import base64
import codecs
import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

TEMPLATE = re.compile(r"\{\{([a-z0-9_.]+)\}\}")

#: What ``{{ca1.WORD}}`` stands for, from PEM without a last line end.
FORMS: dict[str, Callable[[str], str]] = {
    "pem": lambda pem: pem,
    "crlf": lambda pem: pem.replace("\n", "\r\n"),
    "cr": lambda pem: pem.replace("\n", "\r"),
    "escaped": lambda pem: pem.replace("\n", "\\n"),
    "escaped_crlf": lambda pem: pem.replace("\n", "\\r\\n"),
    "escaped_twice": lambda pem: pem.replace("\n", "\\\\n"),
    "spaced": lambda pem: pem.replace("\n", " "),
    "indented": lambda pem: pem.replace("\n", "\n    "),
    "base64": lambda pem: base64.b64encode(f"{pem}\n".encode()).decode(),
    "body": lambda pem: "".join(pem.split("\n")[1:-1]),
    "half": lambda pem: pem[: len(pem) // 2],
    "headless": lambda pem: pem[100:],
    "holed": lambda pem: "\n".join(line for at, line in enumerate(pem.split("\n")) if at != 3),
    "garbled": lambda pem: pem.replace("\n", "\nnot*base64", 1),
    "damaged": lambda pem: pem.replace("-----BEGIN", "----BEGIN"),
    "x509": lambda pem: pem.replace("CERTIFICATE", "X509 CERTIFICATE"),
    "trusted": lambda pem: pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
}

#: What ``as`` does to the whole text.
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "utf-8-bom": lambda text: codecs.BOM_UTF8 + text.encode(),
    "utf-16-le": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16-be": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "utf-16-le-unmarked": lambda text: text.encode("utf-16-le"),
    "utf-16-be-unmarked": lambda text: text.encode("utf-16-be"),
    "latin-1": lambda text: text.encode("latin-1"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64-wrapped": lambda text: base64.encodebytes(text.encode()),
    "base64-twice": lambda text: base64.b64encode(base64.b64encode(text.encode())),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "der": lambda text: b"".join(base64.b64decode(line) for line in text.split()),
}


class Certificates:
    """Those that the vectors name, made anew for each run."""

    def __init__(self, program: Path) -> None:
        made = subprocess.run([program], capture_output=True, text=True, check=True)
        self.rows: dict[str, dict[str, str]] = json.loads(made.stdout)

    def facts(self) -> dict[str, str]:
        """Every template of a certificate."""
        found = {}
        for name, row in self.rows.items():
            found |= {f"{name}.{form}": make(row["pem"]) for form, make in FORMS.items()}
            found |= {f"{name}.key": row["key"], f"{name}.sha256": self.sha256(name)}
        return found

    def sha256(self, name: str) -> str:
        return hashlib.sha256(base64.b64decode(self.rows[name]["der"])).hexdigest()


def expand(value: Any, facts: Mapping[str, Any]) -> Any:
    """The value with its templates replaced; one that stands alone keeps the fact's type."""
    if isinstance(value, dict):
        return {name: expand(inner, facts) for name, inner in value.items()}
    if isinstance(value, list):
        return [expand(inner, facts) for inner in value]
    if not isinstance(value, str):
        return value
    alone = TEMPLATE.fullmatch(value)
    if alone:
        return facts[alone[1]]
    return TEMPLATE.sub(lambda found: str(facts[found[1]]), value)


def difference(got: Any, wanted: Any, at: str = "") -> str | None:
    """Where what was got is not what is wanted; objects may hold more than is wanted."""
    match wanted:
        case {"like": pattern}:
            good = isinstance(got, str) and re.search(pattern, got) is not None
        case {"least": number}:
            good = isinstance(got, int | float) and got >= number
        case {"set": wish}:
            good = (got not in (None, "", [], {})) is wish
        case {"holds": part}:
            good = any(difference(one, part) is None for one in got or [])
        case dict():
            if not isinstance(got, dict):
                return f"{at or 'it'} is {got!r}"
            pairs = ((got.get(name), value, f"{at}.{name}") for name, value in wanted.items())
            found = (difference(*pair) for pair in pairs)
            return next(filter(None, found), None)
        case list() if isinstance(got, list) and len(got) == len(wanted):
            found = (difference(*pair, f"{at}[]") for pair in zip(got, wanted, strict=True))
            return next(filter(None, found), None)
        case _:
            # A language may have no null for text: there is nothing either way.
            absent = wanted is None and got in ("", 0)
            good = absent or (got == wanted and isinstance(got, bool) == isinstance(wanted, bool))
    return None if good else f"{at or 'it'} is {got!r}, not {wanted!r}"
