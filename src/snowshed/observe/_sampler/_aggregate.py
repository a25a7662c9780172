"""Sampled stacks, added up by place, in bounded memory.

Each stack that was taken stands for others that were not, so it is added with a *weight*: one over
the probability with which it was taken. Then a sum over any part of the table is an unbiased
estimate of what a look at every task would have given.

A table that is kept for long has to forget, or what was true an hour ago hides what is true now.
At each `fade` every stack in it is forgotten with a small probability (2 %). Drawn at random,
single stacks vanish in the end, which a factor would only make ever smaller, so that places seen
once do not fill the table for ever. What the sums lose by the draw they would not get back, so the
totals are kept apart, faded by the exact factor, and `scaled` brings the sums back to them.

The number of places is bounded as well. Beyond it a stack is added under `OTHERS`, so that no sum
loses anything, and counted in ``displaced``.

Cost: O(1) for a stack, O(places) for a fade. One thread at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from snowshed.model import Frame, Stack

__all__ = ["FADE", "OTHERS", "Cell", "Key", "Table"]

FADE = 0.02
PLACES_AT_MOST = 4000


class Key(NamedTuple):
    """A place: what stacks have in common that are added up.

    Attributes:
        stack: the innermost call first.
        state: what the task did.
        created_at: the line that made it; None if unknown.
        owner: whose work it does.
        request: the route that it works for; empty if none.
        kind: ``task`` or ``thread``.
    """

    stack: Stack
    state: str
    created_at: Frame | None = None
    owner: str = "user"
    request: str = ""
    kind: str = "task"


OTHERS = Key((Frame("(others)", "", 0),), "", kind="")


@dataclass(slots=True)
class Cell:
    """What was added at one place.

    Attributes:
        stacks: how many were taken.
        weight: how many they stand for.
        seconds: of all that they stand for, together.
    """

    stacks: int = 0
    weight: float = 0.0
    seconds: float = 0.0


class Table:
    """Adds up stacks by place.

    Args:
        most: different places; more are added under `OTHERS`.

    Attributes:
        weight: total of all weights that were added, faded.
        seconds: total of all seconds that were added, faded.
        displaced: stacks that were added under `OTHERS`, ever.
    """

    __slots__ = ("_cells", "_most", "displaced", "seconds", "weight")

    def __init__(self, most: int = PLACES_AT_MOST) -> None:
        self._most = most
        self._cells: dict[Key, Cell] = {}
        self.weight = 0.0
        self.seconds = 0.0
        self.displaced = 0

    def __len__(self) -> int:
        return len(self._cells)

    def __repr__(self) -> str:
        return f"<Table places={len(self)} weight={self.weight:g} seconds={self.seconds:g}>"

    @property
    def period(self) -> float:
        """Mean seconds for which one of what was added stands: the distance of two looks."""
        return self.seconds / self.weight if self.weight else 0.0

    def add(self, key: Key, weight: float, seconds: float, stacks: int = 1) -> None:
        """Add stacks that were taken at one place, and what they stand for."""
        cell = self._cells.get(key)
        if cell is None:
            if len(self._cells) >= self._most:
                self.displaced += stacks
                key = OTHERS
            cell = self._cells.setdefault(key, Cell())
        cell.stacks += stacks
        cell.weight += weight
        cell.seconds += seconds
        self.weight += weight
        self.seconds += seconds

    def rows(self) -> list[tuple[Key, Cell]]:
        """Return each place with what was added there; from any thread."""
        # A list is made at once, whatever another thread adds meanwhile.
        return list(self._cells.items())

    def fade(self, probability: float, chance: Callable[[], float]) -> None:
        """Forget each stack with this probability.

        Args:
            probability: from 0 to 1.
            chance: draws from 0 up to 1.
        """
        self.weight *= 1 - probability
        self.seconds *= 1 - probability
        if probability <= 0:
            return
        # Not one draw for each stack but one for each that goes: how many stay in between.
        staying = _staying(probability, chance())
        for key, cell in self.rows():
            left, lost = cell.stacks, 0
            while staying < left:
                left -= staying + 1
                lost += 1
                staying = _staying(probability, chance())
            staying -= left
            if lost == cell.stacks:
                del self._cells[key]
            elif lost:
                share = 1 - lost / cell.stacks
                cell.stacks -= lost
                cell.weight *= share
                cell.seconds *= share

    def scaled(self) -> Iterator[tuple[Key, Cell]]:
        """Yield each place with what was added there, so that the sums are the totals.

        From any thread.
        """
        cells = self.rows()
        weight = _ratio(self.weight, sum(cell.weight for _, cell in cells))
        seconds = _ratio(self.seconds, sum(cell.seconds for _, cell in cells))
        for key, cell in cells:
            yield key, Cell(cell.stacks, cell.weight * weight, cell.seconds * seconds)


def _staying(probability: float, chance: float) -> int:
    """Draw how many stay before the next one goes."""
    if probability >= 1:
        return 0
    return int(math.log1p(-chance) / math.log1p(-probability))


def _ratio(total: float, found: float) -> float:
    return total / found if found else 1.0
