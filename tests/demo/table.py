"""Rows as an aligned table."""

from __future__ import annotations

import sys
from typing import Any


def show(columns: list[str], rows: list[list[Any]]) -> None:
    """Prints it after an empty line; the first column is text, the others are figures."""
    texts = [columns] + [[shown(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in texts) for at in range(len(columns))]
    sys.stdout.write("\n")
    for first, *others in texts:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        sys.stdout.write("  ".join(cells) + "\n")


def shown(cell: Any) -> str:
    """A figure as people read it."""
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
