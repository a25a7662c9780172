"""Those who are alike, in few bytes: a million goroutines fit.

A list of a million goroutines has a thousand different stacks. So the stack is kept once, with the
line that made those who stand in it, and of each goroutine just two numbers: which it is, and which
made it. That is all it takes to tell who started what for whom, whatever the list was: a dump of
Go, a trace, tasks of Python.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from snowshed.model import Frame, Goroutine, Stack

__all__ = ["NOT_TOLD", "Alike", "alike_in"]

NOT_TOLD: Final = 0
"""In the place of a parent: no goroutine has the number 0."""
# Ids come from files: what does not fit is cut, and nothing breaks.
_WORD = (1 << 64) - 1


def _numbers() -> array[int]:
    return array("Q")


@dataclass(slots=True)
class Alike:
    """Goroutines, or tasks, that stand in the same stack and were made at the same line.

    Attributes:
        state: what they do.
        stack: where they stand, the innermost call first.
        created_by: the line that made them; None if it is not known.
        ids: of all of them.
        parents: for each, who made it; 0: not told.
    """

    state: str
    stack: Stack
    created_by: Frame | None
    ids: array[int] = field(default_factory=_numbers)
    parents: array[int] = field(default_factory=_numbers)

    def add(self, id: int, parent: int | None) -> None:  # noqa: A002 - the word for it
        """Add one."""
        self.ids.append(id & _WORD)
        self.parents.append((parent or NOT_TOLD) & _WORD)


def alike_in(goroutines: Iterable[Goroutine]) -> tuple[Alike, ...]:
    """Return ``goroutines``, put together.

    Cost: O(calls in their stacks).
    """
    found: dict[tuple[object, ...], Alike] = {}
    for each in goroutines:
        key = (each.state, each.created_by, each.stack)
        alike = found.get(key)
        if alike is None:
            alike = found[key] = Alike(each.state, each.stack, each.created_by)
        alike.add(each.id, each.parent)
    return tuple(found.values())
