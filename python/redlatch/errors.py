"""Errors, built from the core's one table.

    RedlatchError(redis.RedisError)
    ├── ConfigError, TrustError, IdentityError, AuthError, TlsError, NetError,
    │   ProtocolError, ServerError, ClientError, InternalError        one for each family
    └── … AuthRejected(AuthError, redis.AuthenticationError), …       one for each code

A leaf class also inherits what redis-py raises in the same case, so existing ``except`` clauses
keep working. Names are the codes in CamelCase: ``tls.name_mismatch`` is ``TlsNameMismatch``. Only
``server.error``, whose family has that name, is ``ServerErrorReply``.
"""

from __future__ import annotations

import json
from typing import Any

import redis.exceptions as peer

from . import _native


class RedlatchError(peer.RedisError):
    """Base of every error."""

    code: str = "internal.bug"
    number: int = 0
    #: ``never``, ``reconnect``, ``backoff`` or ``after_rotation``.
    retry: str = "never"
    #: What to do about it, in one sentence.
    remedy: str = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Named facts: expected and presented names, dates, issuers, fingerprints, settings.
        self.evidence: dict[str, str] = {}
        #: Whether the server may have executed the command.
        self.maybe_executed: bool = False

    def __reduce__(self) -> Any:
        return (_revive, (self.code, self.args, self.evidence, self.maybe_executed))


def _revive(
    code: str, args: tuple[Any, ...], evidence: dict[str, str], maybe_executed: bool
) -> RedlatchError:
    error = BY_CODE[code](*args)
    error.evidence, error.maybe_executed = evidence, maybe_executed
    return error


# What redis-py raises for a family, and for single codes where it is more precise.
_PEERS: dict[str, type[Exception]] = {
    "config": peer.DataError,
    "trust": peer.ConnectionError,
    "identity": peer.ConnectionError,
    "auth": peer.AuthenticationError,
    "tls": peer.ConnectionError,
    "net": peer.ConnectionError,
    "protocol": peer.InvalidResponse,
    "server": peer.ResponseError,
    "client": peer.RedisError,
    "internal": peer.RedisError,
    "auth.denied": peer.NoPermissionError,
    "tls.timeout": peer.TimeoutError,
    "net.timeout": peer.TimeoutError,
    "server.loading": peer.BusyLoadingError,
    "server.readonly": peer.ReadOnlyError,
    "server.no_script": peer.NoScriptError,
    "server.exec_abort": peer.ExecAbortError,
    "server.oom": peer.OutOfMemoryError,
    "server.max_clients": peer.MaxConnectionsError,
    "server.cluster_down": peer.ClusterDownError,
    "server.try_again": peer.TryAgainError,
    "server.master_down": peer.MasterDownError,
    "client.timeout": peer.TimeoutError,
    "client.interrupted": peer.ConnectionError,
    "client.closed": peer.ConnectionError,
    "client.misuse": peer.DataError,
    "client.watch_lost": peer.WatchError,
    "client.watch_changed": peer.WatchError,
}


def _class_name(code: str) -> str:
    return "ServerErrorReply" if code == "server.error" else _camel(code)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace(".", "_").split("_"))


def _doc(row: dict[str, str]) -> str:
    sentence = row["sentence"]
    return f"``{row['code']}``: {sentence}. {row['remedy']} Retry: ``{row['retry']}``."


def _build() -> dict[str, type[RedlatchError]]:
    classes: dict[str, type[RedlatchError]] = {}
    families: dict[str, type[RedlatchError]] = {}
    for row in json.loads(_native.codes()):
        family = row["family"]
        if family not in families:
            name = f"{family.capitalize()}Error"
            doc = f"Any error whose code begins with ``{family}.``."
            families[family] = type(
                name, (RedlatchError,), {"__module__": __name__, "__doc__": doc}
            )
        # Some of redis-py's classes want constructor arguments of a cluster reply.
        peers = _PEERS.get(row["code"], _PEERS[family])
        bases: tuple[type, ...] = (families[family], peers)
        if issubclass(RedlatchError, peers):
            bases = (families[family],)
        classes[row["code"]] = type(
            _class_name(row["code"]),
            bases,
            {
                "__module__": __name__,
                "__doc__": _doc(row),
                "code": row["code"],
                "number": row["number"],
                "retry": row["retry"],
                "remedy": row["remedy"],
            },
        )
    for made in (*families.values(), *classes.values()):
        assert globals().setdefault(made.__name__, made) is made
    return classes


def refused(code: str, text: str, **evidence: str) -> RedlatchError:
    """The error of a code that this package finds out itself."""
    error = BY_CODE[code](text)
    error.evidence = evidence
    return error


def _of_document(document: str) -> RedlatchError:
    facts = json.loads(document)
    error = BY_CODE[facts["code"]](facts["message"])
    error.evidence = facts["evidence"]
    error.maybe_executed = facts["maybe_executed"]
    cause = BY_CODE.get(error.evidence.get("cause", ""))
    if cause is not None:
        # What ended the connection, say; its own text is the detail.
        error.__cause__ = cause(facts["detail"])
    return error


def _of_server_text(code: str, text: str) -> RedlatchError:
    # redis-py drops a first word that its class already tells.
    known = code != "server.error" or text.startswith("ERR ")
    shown = text.split(" ", 1)[-1] if known and code != "server.wrong_type" else text
    return BY_CODE[code](shown)


#: Class of each code.
BY_CODE: dict[str, type[RedlatchError]] = _build()

_native.set_error_classes(_of_document, _of_server_text)

__all__ = ["BY_CODE", "RedlatchError"]
# Checkers read the stub.
__all__ += sorted(  # pyright: ignore[reportUnsupportedDunderAll]
    {made.__name__ for leaf in BY_CODE.values() for made in (leaf, leaf.__bases__[0])}
)
