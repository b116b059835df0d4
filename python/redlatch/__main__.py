"""The ``redlatch`` command, also ``python -m redlatch``. The program is in the extension."""

from __future__ import annotations

import signal
import sys

from . import _native


def main() -> int:
    """Runs the command line of this process; gives its exit code."""
    # As in a program that is not Python's: Ctrl-C ends it, unless a lab is to be taken down first.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.command(["redlatch", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
