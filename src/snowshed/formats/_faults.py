"""What was wrong with an input: one line for each kind of fault, however often it came.

A damaged file can have a million faults of one kind. A million warnings help nobody, and finding
the line of each would cost a walk over the text a million times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

__all__ = ["Faults"]


class Faults:
    """Counts faults by kind, and keeps the place of the first."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._lines = tuple(lines)
        self._kinds: dict[str, tuple[int, str]] = {}

    def note(self, kind: str, first: str | Callable[[], str]) -> None:
        """Count a fault.

        Args:
            kind: what it did to the result, such as ``samples left out``.
            first: where it is and what was expected; asked for only if it is the first of its kind.
        """
        known = self._kinds.get(kind)
        if known is None:
            self._kinds[kind] = (1, first if isinstance(first, str) else first())
        else:
            self._kinds[kind] = (known[0] + 1, known[1])

    def lines(self) -> tuple[str, ...]:
        """Return one line for each kind, in the order of their first."""
        counted = (f"{kind}: {count}, first {at}" for kind, (count, at) in self._kinds.items())
        return (*self._lines, *counted)
