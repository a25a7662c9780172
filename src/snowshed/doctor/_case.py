"""All that is known of one patient: several looks put together.

One look cannot tell a worker that is idle from one that is stuck. What can is time: how many there
were before, whether the very same ones still wait; and proof, where a runtime has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from snowshed.doctor._looks import NOT_TOLD
from snowshed.doctor._tasks import ENDED, born, label

if TYPE_CHECKING:
    from snowshed.doctor._looks import Group, Look, Where
    from snowshed.doctor._tasks import Facts
    from snowshed.model import Goroutine

__all__ = ["Case", "Growth"]

# A difference that is smaller than this may be chance, as a number and as a part.
GROWS_BY, GROWS_BY_PART = 10, 0.05
# When a task was made, two looks tell alike but for what a look takes, in seconds.
BORN_WITHIN = 1.0
# A trace does not tell where somebody stands who does not wait.
_NOT_WAITING = frozenset({"running", "runnable", "created"})


@dataclass(frozen=True, slots=True)
class Growth:
    """How many there were at a place, look by look.

    Attributes:
        counts: the oldest first.
        seconds: from the first look to the last; None: not known.
    """

    counts: tuple[int, ...]
    seconds: float | None = None

    @property
    def gained(self) -> int:
        """How many more there are at the end."""
        return self.counts[-1] - self.counts[0]

    @property
    def grows(self) -> bool:
        """Whether there are more at the end than chance explains."""
        return self.gained >= max(GROWS_BY, GROWS_BY_PART * self.counts[0])

    @property
    def goes_on(self) -> bool:
        """Whether it grew from each look to the next, and there are three of them at least."""
        pairs = zip(self.counts, self.counts[1:], strict=False)
        return self.grows and len(self.counts) > 2 and all(more > less for less, more in pairs)

    def __str__(self) -> str:
        seen = " -> ".join(f"{count:,}" for count in self.counts)
        if self.seconds:
            seconds = f"{self.seconds:.0f}" if self.seconds >= 10 else f"{self.seconds:.1f}"
            return f"{seen} in {seconds} s, {60 * self.gained / self.seconds:+,.0f} a minute"
        return f"{seen} from look to look"


class Case:
    """What is known of one process, or of several that are alike.

    Args:
        looks: what was seen, the oldest first.

    Attributes:
        looks: what was seen, the oldest first.
        groups: what the best look has seen, the largest group first: of those that list each
            goroutine the last, a dump before a trace, else the last. With what the looks at leaks
            have proven.
        total: goroutines in that look.
        all_asleep: whether the runtime has ended the program because nothing in it could go on.
        asked_for_leaks: whether a look tells whom nothing can wake: of the others it is known that
            something still can.
        facts: what a Python service has told beside its tasks, look by look, the oldest first.
        ended: tasks of Python that have ended and that somebody keeps, in the best look.
    """

    def __init__(self, looks: Sequence[Look]) -> None:
        whole = [look for look in looks if not look.only_leaks and not look.partial]
        listed = [look for look in looks if look.listed and not look.only_leaks]
        listed = [look for look in listed if look.trace is None or not look.partial]
        dumps = [look for look in listed if look.trace is None]
        last = dumps[-1:] or listed[-1:] or whole[-1:] or looks[-1:]
        self.best: Look | None = next(iter(last), None)
        self.looks = tuple(looks)
        if self.best is not None:
            whole = [look for look in whole if look.counted == self.best.counted]
        self._whole = whole
        self._counts = [_counts_of(look) for look in whole]
        self._leaked = self._proven(looks)
        self.asked_for_leaks = any(
            look.only_leaks or any(group.leaked for group in look.groups) for look in looks
        )
        self.groups = tuple(map(self._with_proof, self.best.groups if self.best else ()))
        self.facts: tuple[Facts, ...] = tuple(look.facts for look in looks if look.facts)
        self.ended = self.best.ended if self.best else ()
        self.all_asleep = self.best is not None and self.best.all_asleep
        self.total = sum(group.count for group in self.groups)
        self._by_id = {each.id: each for group in self.groups for each in group.members}
        self._calls = {each.where: each.call for look in looks for each in look.groups if each.call}
        places = [_places_in(look) for look in listed]
        self._ids_before, self._ids_now = places[:-1], places[-1] if places else {}
        beside = zip(listed, places, strict=True)
        self._ids_beside = [ids for look, ids in beside if look is not self.best]

    def growth(self, where: Where) -> Growth | None:
        """Return how many there were at a place, look by look; None: there was one look.

        A trace alone is two looks: when it began, and when it ended.
        """
        # Only lists show tasks that have ended.
        looks = [*zip(self._whole, self._counts, strict=True)]
        if where.state in ENDED:
            looks = [(look, counts) for look, counts in looks if look.listed]
        if where.state in _NOT_WAITING and any(look.trace is None for look, _ in looks):
            looks = [(look, counts) for look, counts in looks if look.trace is None]
        if len(looks) < 2:
            return _within(looks[0][0], where) if looks else None
        first, last = looks[0][0].taken_at, looks[-1][0].taken_at
        seconds = None if first is None or last is None else last - first
        # The text of debug=1 knows the line, and not what most of them do there.
        untold = where._replace(state=NOT_TOLD)
        return Growth(tuple(counts[where] or counts[untold] for _, counts in looks), seconds)

    def stayed(self, group: Group) -> int:
        """Return how many of ``group`` stand at the same place in each other list."""
        if not self._ids_beside:
            return 0
        return sum(
            all(_same(ids, each.id, stands) for ids in self._ids_beside)
            for each in group.members
            for stands in [_stands(each, group.where)]
        )

    def still_there(self, where: Where) -> float | None:
        """Return which part of those that stood at a place in the last list but one still does.

        0 if nobody stood there; None: there are no two lists. Who is stuck stays; who is busy goes
        on, and others come, also where their number grows for a while.
        """
        if not self._ids_before:
            return None
        before = [each for each in self._ids_before[-1].items() if each[1].where == where]
        now = self._ids_now
        still = sum(_same(now, id_, stood) for id_, stood in before)
        return still / len(before) if before else 0.0

    def call_at(self, where: Where) -> str:
        """Return the call into the runtime by which those at a place wait; "" if no look shows it.

        Only profiles show it, and dumps of a crash.
        """
        return self._calls.get(where, "")

    def find(self, id: int | None) -> Goroutine | None:  # noqa: A002 - the word for it
        """Return the goroutine of that id; None if it is not in the best look."""
        return None if id is None else self._by_id.get(id)

    @property
    def lists_all(self) -> bool:
        """Whether a goroutine that is not found has ended."""
        best = self.best
        return bool(best and best.listed and not best.partial) and len(self._by_id) == self.total

    def _proven(self, looks: Sequence[Look]) -> Counter[Where]:
        proofs = [look for look in looks if look.only_leaks]
        return _counts_of(proofs[-1]) if proofs else Counter()

    def _with_proof(self, group: Group) -> Group:
        leaked = max(group.leaked, min(group.count, self._leaked[group.where]))
        return replace(group, leaked=leaked)


class _Stands(NamedTuple):
    """Who stands where: the address of a task that has ended is soon that of another."""

    where: Where
    name: str
    born: float | None


def _stands(each: Goroutine, where: Where) -> _Stands:
    if not each.labels:
        return _Stands(where, "", None)
    return _Stands(where, label(each, "name"), born(each))


def _same(places: dict[int, _Stands], id_: int, stands: _Stands) -> bool:
    """Tell whether the very same one stands there in ``places``."""
    other = places.get(id_)
    if other is None or other[:2] != stands[:2]:
        return False
    ages = other.born, stands.born
    return ages[0] is None or ages[1] is None or abs(ages[0] - ages[1]) < BORN_WITHIN


def _within(look: Look, where: Where) -> Growth | None:
    """Return the growth within a look that is a trace."""
    motion = look.motions.get(where)
    if motion is None:
        return None
    return Growth((motion.before, motion.before + motion.gained), motion.seconds)


def _places_in(look: Look) -> dict[int, _Stands]:
    groups = (*look.groups, *look.ended)
    return {each.id: _stands(each, group.where) for group in groups for each in group.members}


def _counts_of(look: Look) -> Counter[Where]:
    counts: Counter[Where] = Counter()
    for group in (*look.groups, *look.ended):
        counts[group.where] += group.count
    return counts
