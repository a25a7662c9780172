"""What snowshed has to reach, and whether a row does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from benchmarks.overload._scenarios import OBJECTIVE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.overload._measures import Row

OF_NONE = 0.98
"""At full load and below: of what the bare service answers of the same arrivals."""
PEAK_PER_LIMIT = 1.5
UNSTARVED = 0.5
"""A kind of request is starved if its share of good answers is less than this of another's."""


class Goal(NamedTuple):
    """What one number of a row has to be.

    Attributes:
        key: of the row.
        bound: the number.
        at_least: whether more is better.
    """

    key: str
    bound: float
    at_least: bool = True

    def met(self, row: Row) -> bool:
        """Tell whether ``row`` reaches it, as far as the table shows; what is unknown does not."""
        value = row.get(self.key)
        if value is None:
            return False
        shown = float(round(value, 2))
        return shown >= self.bound if self.at_least else shown <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"


def _at_most(key: str, bound: float) -> Goal:
    return Goal(key, bound, at_least=False)


_FLOOD = (
    Goal("goodput_ratio", 0.97),
    Goal("onset", 0.95),
    Goal("recovery", 0.99),
    _at_most("p99_ms", OBJECTIVE * 1000),
)
_SMALL = (_at_most("rss_mb", 10.0), _at_most("refusal_p99_ms", 10.0))
_UNSTARVED = Goal("least_share", UNSTARVED)

GOALS: dict[tuple[str, str, float], tuple[Goal, ...]] = {
    ("snowshed", "uniform", 2): _FLOOD,
    ("snowshed", "uniform", 5): _FLOOD,
    ("snowshed", "uniform", 10): (*_FLOOD, *_SMALL),
    ("snowshed", "brownout3", 2): (Goal("goodput_ratio", 0.90), Goal("onset", 0.85)),
    ("snowshed", "brownout5", 2): (Goal("goodput_ratio", 0.75), Goal("onset", 0.60)),
    ("snowshed", "mixshift", 2): (Goal("goodput_ratio", 0.95), _UNSTARVED),
    ("snowshed", "mixshift", 5): (Goal("goodput_ratio", 0.95), _UNSTARVED),
    ("snowshed-light", "mixshift", 2): (Goal("goodput_ratio", 1.8), _UNSTARVED),
    ("snowshed-light", "mixshift", 5): (Goal("goodput_ratio", 2.7), _UNSTARVED),
    ("snowshed", "stale", 2): (Goal("goodput_ratio", 0.95),),
    ("snowshed", "stale", 10): (Goal("goodput_ratio", 0.95),),
    ("snowshed", "warm", 0.5): (_at_most("refused", 0),),
}


def goals(row: Row, rows: Iterable[Row]) -> tuple[Goal, ...]:
    """Return the goals of ``row``; ``rows`` has what the bare service made of the same arrivals."""
    fixed = GOALS.get((row["controller"], row["scenario"], row["load"]), ())
    if row["controller"] != "snowshed":
        return fixed
    if row["load"] <= 1:
        bare = [other["goodput_ratio"] for other in rows if _is_bare(other, row)]
        return (*fixed, *(Goal("goodput_ratio", round(OF_NONE * each, 2)) for each in bare))
    if row["load"] == 10 and row["limit"] is not None:
        return (*fixed, _at_most("peak_tasks", round(PEAK_PER_LIMIT * row["limit"])))
    return fixed


def _is_bare(other: Row, row: Row) -> bool:
    same = (other["scenario"], other["load"]) == (row["scenario"], row["load"])
    return same and other["controller"] == "none"


def judged(rows: list[Row]) -> list[Row]:
    """Return the rows with their ``goals`` as text, which of them are ``missed``, and ``met``."""
    return [_judged(row, goals(row, rows)) for row in rows]


def _judged(row: Row, of_row: tuple[Goal, ...]) -> Row:
    missed = [goal.key for goal in of_row if not goal.met(row)]
    return row | {
        "goals": {goal.key: str(goal) for goal in of_row},
        "missed": missed,
        "met": not missed if of_row else None,
    }
