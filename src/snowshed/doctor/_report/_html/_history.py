"""What the plots show: how many there were, look by look, by state and by place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.doctor._looks import Look, Where
    from snowshed.model import Finding

__all__ = ["MOMENTS_AT_MOST", "History", "Moment", "history", "where_of"]

MOMENTS_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """What one look has counted.

    Attributes:
        source: the look, as the user calls it.
        at: where it is on the axis of time.
        total: how many there were.
        states: how many, by the kind of state.
        places: how many, by state and line.
    """

    source: str
    at: float
    total: int
    states: Counter[str]
    places: Counter[Where]


@dataclass(frozen=True, slots=True)
class History:
    """Looks one after the other.

    Attributes:
        moments: the oldest first.
        in_seconds: whether they are apart by seconds; else one after the other.
        by_line: the places at each line of a file, those of the newest look first.
    """

    moments: tuple[Moment, ...]
    in_seconds: bool
    by_line: Mapping[tuple[str, int], Sequence[Where]]

    @property
    def last(self) -> Moment | None:
        """The newest of them."""
        return self.moments[-1] if self.moments else None

    def of(self, where: Where) -> list[int]:
        """Return how many stood at a place, look by look."""
        return [moment.places[where] for moment in self.moments]

    def moving(self) -> list[Where]:
        """Return the places, those first at which most has changed from first to last."""
        if not self.moments:
            return []
        first, last = self.moments[0].places, self.moments[-1].places
        return sorted(last, key=lambda where: (-abs(last[where] - first[where]), -last[where]))


def history(diagnosis: Diagnosis) -> History:
    """Return what the looks that show everything have counted.

    Of more than `MOMENTS_AT_MOST` some are left out, evenly.
    """
    looks = _thinned([look for look in diagnosis.looks if not _is_part(look)])
    times = [look.taken_at for look in looks]
    known = [time for time in times if time is not None]
    in_seconds = len(known) == len(looks) and all(
        later > earlier for earlier, later in pairwise(known)
    )
    moments = tuple(
        _moment(look, known[index] - known[0] if in_seconds else float(index))
        for index, look in enumerate(looks)
    )
    return History(moments, in_seconds and len(moments) > 1, _by_line(moments))


def where_of(finding: Finding, history: History) -> Where | None:
    """Return the place of ``finding`` in the newest look that has it."""
    there = history.by_line.get((finding.at.file, finding.at.line), ())
    return next((where for where in there if finding.state.startswith(where.state)), None)


def _by_line(moments: Sequence[Moment]) -> Mapping[tuple[str, int], Sequence[Where]]:
    found: dict[tuple[str, int], dict[Where, None]] = defaultdict(dict)
    for moment in reversed(moments):
        for where in moment.places:
            found[where.at.file, where.at.line][where] = None
    return {line: [*places] for line, places in found.items()}


def _is_part(look: Look) -> bool:
    return look.only_leaks or look.partial


def _thinned(looks: Sequence[Look]) -> Sequence[Look]:
    if len(looks) <= MOMENTS_AT_MOST:
        return looks
    step = (len(looks) - 1) / (MOMENTS_AT_MOST - 1)
    return [looks[round(step * index)] for index in range(MOMENTS_AT_MOST)]


def _moment(look: Look, at: float) -> Moment:
    states: Counter[str] = Counter()
    places: Counter[Where] = Counter()
    for group in look.groups:
        states[str(group.state_class)] += group.count
        places[group.where] += group.count
    return Moment(look.source, at, look.total, states, places)
