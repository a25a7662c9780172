"""A few lines of a source, with marks under what is meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.lint._finding import Span
    from snowshed.lint._report._paint import Paint

__all__ = ["AROUND", "code"]

AROUND = 2
"""Lines that are shown on either side, unless `code` is told otherwise."""

_TAB = 4
_WIDEST = 140
_BEFORE = 20


def code(
    lines: Sequence[str], span: Span, paint: Paint, *, around: int = AROUND, mark: str = "^"
) -> Iterator[str]:
    """Yield the first line of ``span``, ``around`` lines on either side, and marks under it.

    What would steer a terminal is written with escapes, tabs as spaces. Of a line that is longer
    than any terminal the part with the marks is shown.

    Args:
        lines: of the file.
        span: what is meant; nothing is shown where the file has no such line.
        paint: puts colours on it.
        around: how many lines.
        mark: what to put under it.
    """
    if not 0 < span.line <= len(lines):
        return
    first, last = max(span.line - around, 1), min(span.line + around, len(lines))
    while first < span.line and not lines[first - 1].strip():
        first += 1
    while last > span.line and not lines[last - 1].strip():
        last -= 1
    wide = len(str(last))
    bar = paint(f"{'':{wide}} |", "dim")
    yield bar
    for number in range(first, last + 1):
        cells = _cells(lines[number - 1])
        start, end = _columns(span, cells) if number == span.line else (0, 0)
        shown, left, right = _window(cells, start, end)
        yield f"{paint(f'{number:{wide}} |', 'dim')} {shown}".rstrip()
        if number == span.line:
            colour = "bad" if mark == "^" else "dim"
            yield f"{bar} {' ' * left}{paint(mark * max(right - left, 1), colour)}"
    yield bar


def _cells(line: str) -> list[tuple[str, int]]:
    """Return what is shown of each character of ``line``, and how wide that is."""
    cells: list[tuple[str, int]] = []
    at = 0
    for character in line:
        if character == "\t":
            wide = _TAB - at % _TAB
            cells.append((" " * wide, wide))
        elif character.isprintable():
            cells.append((character, _width(character)))
        else:
            escaped = character.encode("unicode_escape").decode()
            cells.append((escaped, len(escaped)))
        at += cells[-1][1]
    return cells


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _columns(span: Span, cells: Sequence[object]) -> tuple[int, int]:
    """Return the first and the last character of ``span`` in its first line, from 0."""
    start = min(span.column - 1, len(cells))
    end = span.end_column - 1 if span.end_line == span.line else len(cells)
    return start, max(min(end, len(cells)), start)


def _window(cells: Sequence[tuple[str, int]], start: int, end: int) -> tuple[str, int, int]:
    """Return what is shown of a line, and where in it, in columns, the marks begin and end."""
    cut = 0
    if sum(wide for _, wide in cells) > _WIDEST:
        cut = max(start - _BEFORE, 0)
    shown, used, last = "…" if cut else "", 1 if cut else 0, cut
    left = used + sum(wide for _, wide in cells[cut:start])
    for text, wide in cells[cut:]:
        if used + wide > _WIDEST:
            shown += "…"
            break
        shown, used, last = shown + text, used + wide, last + 1
    right = left + sum(wide for _, wide in cells[start : max(min(end, last), start)])
    return shown, left, right
