"""Writes the pages that are made of the core's tables: settings and errors.

Usage: generate.py    with the command in REDLATCH_CLI, or in target/fast
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from book import BOOK, ROOT

CLI = os.environ.get("REDLATCH_CLI", str(ROOT / "target" / "fast" / "redlatch"))
MADE = "<!-- Generated from the core's table by `make gen`. -->\n"

KINDS = {
    "bool": "true or false",
    "choice": "one of its words",
    "integer": "whole number",
    "list": "list",
    "path": "path",
    "seconds": "duration",
    "secret": "secret",
    "text": "text",
}

#: Where the settings belong, by the first of each group in the table.
GROUPS = {
    "url": "Server",
    "username": "Username and secret",
    "tls": "TLS and trust",
    "cert_file": "Client certificate",
    "verify": "What is checked of a server",
    "danger_accept_any_certificate": "What weakens security",
    "protocol": "Protocol and names",
    "timeout": "Time",
    "poll_interval": "Rotation",
    "backoff_min": "Reconnecting",
    "max_connections": "Limits",
}

FAMILIES = {
    "config": "The settings cannot be used. Nothing was connected.",
    "trust": "The trusted CAs cannot be used.",
    "identity": "The client certificate or its key cannot be used.",
    "auth": "Username and secret, and what the user may do.",
    "tls": "The handshake with the server failed.",
    "net": "The server was not reached, or the connection was lost.",
    "protocol": "The server sent something that cannot be understood.",
    "server": "The server answered with an error.",
    "client": "The client gave up, or was used in a way that cannot work.",
    "internal": "A defect of redlatch.",
}

RETRIES = {
    "never": "The same call fails again until the program or its configuration changes.",
    "reconnect": "A new connection may succeed at once.",
    "backoff": "Try again after a pause.",
    "after_rotation": "Succeeds only after a CA, certificate or secret has been replaced.",
}


def pages() -> dict[Path, str]:
    """What each generated page holds."""
    return {
        BOOK / "settings.md": settings(table("settings")),
        BOOK / "errors.md": errors(table("errors")),
    }


def table(name: str) -> list[dict]:
    printed = subprocess.run([CLI, name, "--json"], capture_output=True, text=True, check=True)
    return json.loads(printed.stdout)


def settings(rows: list[dict]) -> str:
    return f"""# Settings
{MADE}
This page lets you look up a setting: what it does, its default, and the environment variable that
sets it. All languages have the same settings; `redlatch settings` prints the table.

{spelled()}
{"".join(setting_groups(rows))}
## Environment variables

| variable | setting |
|---|---|
{"".join(variables(rows))}"""


def spelled() -> str:
    return """| where | spelling of `ca_file` | durations |
|---|---|---|
| Python | `ca_file`, or [redis-py's name](migrate/redis-py.md) | seconds, `timedelta`, `"500ms"` |
| Node.js | `caFile`, or [node-redis's name](migrate/node-redis.md) | milliseconds, `"500ms"` |
| Go | `CAFile` of `Options` | `time.Duration` |
| Rust | `ca_file` of `Client::builder()` | `Duration` |
| C, URLs | `ca_file` in the query or the JSON object | seconds, `500ms` |
| Kotlin, Ruby | `"ca_file"`, `ca_file:` | `Duration` in Kotlin, seconds, `"500ms"` |
| `redlatch` command | `--ca-file` | seconds, `500ms` |

Explicit settings win over the URL, and the URL wins over the environment. Only `from_env` and its
siblings read the environment. An empty variable is an unset one.

Two more variables are understood: `REDIS_SSL_CHECK_HOSTNAME=false` means `verify=ca`, and
`REDIS_SSL_CERT_REQS=none` means `danger_accept_any_certificate`; `required` is the default.
"""


def variables(rows: list[dict]) -> Iterator[str]:
    named = {variable: row["name"] for row in rows for variable in row["environment"]}
    for variable, name in sorted(named.items()):
        yield f"| `{variable}` | [`{name}`](#{name}) |\n"


def setting_groups(rows: list[dict]) -> Iterator[str]:
    missing = GROUPS.keys() - {row["name"] for row in rows}
    if missing:
        raise SystemExit(f"no such settings: {', '.join(sorted(missing))}")
    for row in rows:
        if row["name"] in GROUPS:
            yield f"\n## {GROUPS[row['name']]}\n"
        yield setting(row, {other["name"] for other in rows} - {row["name"]})


def setting(row: dict, others: set[str]) -> str:
    default = f", default `{row['default']}`" if row["default"] else ""
    variables = ", ".join(f"`{name}`" for name in row["environment"])
    environment = f"\nEnvironment: {variables}\n" if variables else ""
    # Those that are no words of English besides.
    sentence = re.sub(
        r"\b\w+_\w+\b",
        lambda name: f"[`{name[0]}`](#{name[0]})" if name[0] in others else name[0],
        row["sentence"],
    )
    return f"""
### `{row["name"]}`

{KINDS[row["kind"]].capitalize()}{default}. {sentence}
{environment}"""


def errors(rows: list[dict]) -> str:
    return f"""# Errors
{MADE}
This page lets you find out what a code means and what to do. Codes are the same in every language
and stay the same; texts may change. `redlatch errors tls.untrusted` prints one, `redlatch errors
tls` a family.

| retry | |
|---|---|
{"".join(f"| `{name}` | {meaning} |{chr(10)}" for name, meaning in RETRIES.items())}
redlatch itself acts on the retry class: what may pass (`reconnect`, `backoff`) is tried again until
the command's deadline; what may not fails at once.

| language | a code | a family |
|---|---|---|
| Python | `errors.TlsUntrusted`, `error.code` | `errors.TlsError` |
| Node.js | `error.code === "tls.untrusted"` | `instanceof TlsError` |
| Go | `errors.Is(err, redlatch.ErrTLSUntrusted)` | `errors.Is(err, redlatch.ErrTLS)` |
| Rust | `error.code() == Code::TlsUntrusted` | `error.code().family() == "tls"` |
| C | `redlatch_error_code`, `redlatch_error_number` | the text before the dot |
| Kotlin | `failed.code == "tls.untrusted"` | `is RedlatchException.Tls` |
| Ruby | `error.code == "tls.untrusted"` | `Redlatch::Errors::TlsError` |
{"".join(families(rows))}"""


def families(rows: list[dict]) -> Iterator[str]:
    for family, members in groupby(rows, lambda row: row["family"]):
        yield f"\n## {family}\n\n{FAMILIES[family]}\n"
        yield from map(error, members)


def error(row: dict) -> str:
    sentence = row["sentence"][0].upper() + row["sentence"][1:]
    return f"""
<a id="{row["code"]}"></a>
### {row["code"]}

Number {row["number"]}, retry `{row["retry"]}`. {sentence}.

*Remedy:* {row["remedy"]}
"""


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)
