"""What a poller sees of a greenlet's connection, whose socket is the hub's."""

from __future__ import annotations

import os

# Not of `os`: eventlet's lets other greenlets run, and this is called while the engine is at work.
from posix import read, write


class Flag:
    """A descriptor that can be read while it is up."""

    def __init__(self) -> None:
        self._ends = os.pipe()
        self._up = False

    def fileno(self) -> int:
        return self._ends[0]

    def set(self, up: bool) -> None:
        """Never waits: there is one byte, or none."""
        if up != self._up:
            self._up = up
            if up:
                write(self._ends[1], b"!")
            else:
                read(self._ends[0], 1)

    def __del__(self) -> None:
        for end in self._ends:
            os.close(end)
