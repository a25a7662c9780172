"""Columns of text: as wide as what stands in them, and on a terminal no wider than that."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from snowshed._printable import printable

__all__ = ["Column", "lines", "terminal_width"]

_GAP = "  "
_NARROWEST = 8


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        title: stands above it.
        right: numbers, which end at the same place.
    """

    title: str
    right: bool = False


def terminal_width() -> int | None:
    """Return the columns of the terminal; None if stdout is none: lines may be of any length."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def lines(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None
) -> Iterator[str]:
    """Yield the titles and the rows.

    Args:
        columns: as many as each row has cells.
        rows: what stands in them; control characters are made visible.
        width: of a line at most; the widest cells are cut, down to 8 characters. None: no matter.
    """
    cells = [[each.title for each in columns], *([printable(cell) for cell in row] for row in rows)]
    widths = _fitted([max(map(len, column)) for column in zip(*cells, strict=True)], width)
    for row in cells:
        shown = [
            _placed(cell, space, column)
            for cell, space, column in zip(row, widths, columns, strict=True)
        ]
        yield _GAP.join(shown).rstrip()


def _fitted(widths: list[int], width: int | None) -> list[int]:
    if width is None:
        return widths
    too_wide = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    for _ in range(too_wide):
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    return widths


def _placed(cell: str, space: int, column: Column) -> str:
    shown = cell if len(cell) <= space else f"{cell[: space - 1]}…"
    return shown.rjust(space) if column.right else shown.ljust(space)
