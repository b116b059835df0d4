"""Forks: a child writes on no connection of its parent's, and waits for no thread of it."""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakSet

from . import _native

#: Clients that keep one connection: in a child it has to be another one.
keepers: WeakSet[Any] = WeakSet()


def watch() -> None:
    """From now on."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_native.before_fork, after_in_parent=_native.after_fork, after_in_child=_child
        )


def _child() -> None:
    _native.forked()
    for keeper in keepers:
        keeper._keep_another()
