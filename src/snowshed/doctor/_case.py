"""All that is known of one patient: several looks put together.

One look cannot tell a worker that is idle from one that is stuck. What can is time: how many there
were before, whether the very same ones still wait; and proof, where a runtime has it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar, cast

from snowshed.doctor._lineage import Lineage
from snowshed.doctor._looks import NOT_TOLD
from snowshed.doctor._places import Places, how_many
from snowshed.doctor._tasks import ENDED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snowshed.doctor._looks import Group, Look, Where
    from snowshed.doctor._tasks import Facts
    from snowshed.model import Goroutine

__all__ = ["NOT_WAITING", "STUCK_FROM", "Case", "Growth", "once"]

T = TypeVar("T")

# A difference that is smaller than this may be chance, as a number and as a part.
GROWS_BY, GROWS_BY_PART = 10, 0.05
# Of those that stood at a place in the list before, so many have to be there still for it to grow
# by more than being busy.
STUCK_FROM = 0.5
# Of more counts those in between are left out.
TOLD_AT_MOST = 8
# No program has as many different stacks. Each costs some 2 kB when it is told who made whom.
KINDS_AT_MOST = 100_000
# A trace does not tell where somebody stands who does not wait.
NOT_WAITING = frozenset({"running", "runnable", "created"})


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
        """Whether there are more at the end than chance explains.

        Not if there were more before, and then no more than at the beginning: that comes and goes.
        """
        return self.gained >= _by_chance(self.counts[0]) and not self._fell_back

    @property
    def _fell_back(self) -> bool:
        most = first = self.counts[0]
        for count in self.counts:
            most = max(most, count)
            if count <= most - _by_chance(most) and count <= first + _by_chance(first):
                return True
        return False

    @property
    def goes_on(self) -> bool:
        """Whether it grew more than once, and never became fewer in between.

        Two looks right after each other may see the same: that is no end of it.
        """
        pairs = [*zip(self.counts, self.counts[1:], strict=False)]
        steps = sum(more > less for less, more in pairs)
        return self.grows and steps > 1 and all(more >= less for less, more in pairs)

    def __str__(self) -> str:
        told = [f"{count:,}" for count in self.counts]
        if len(told) > TOLD_AT_MOST:
            # A folder may hold a look for each minute of a night.
            told[3:-3] = ["..."]
        seen = " -> ".join(told)
        if self.seconds:
            seconds = f"{self.seconds:.0f}" if self.seconds >= 10 else f"{self.seconds:.1f}"
            return f"{seen} in {seconds} s, {60 * self.gained / self.seconds:+,.0f} a minute"
        return f"{seen} from look to look"


def _by_chance(count: int) -> float:
    return max(GROWS_BY, GROWS_BY_PART * count)


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
        known: what was worked out `once`, by what has done so.
    """

    def __init__(self, looks: Sequence[Look]) -> None:
        whole = [look for look in looks if not look.only_leaks and not look.partial]
        listed = [look for look in looks if look.listed and not look.only_leaks]
        listed = [look for look in listed if look.trace is None or not look.partial]
        dumps = [look for look in listed if look.trace is None]
        last = dumps[-1:] or listed[-1:] or whole[-1:] or looks[-1:]
        self.best: Look | None = next(iter(last), None)
        self.looks = tuple(looks)
        self.known: dict[object, Any] = {}
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
        self._listed = listed
        self._places = [*map(Places, listed)]
        beside = zip(listed, self._places, strict=True)
        self._beside = [places for look, places in beside if look is not self.best]
        self._still_there: dict[Where, float] = {}

    def growth(self, where: Where) -> Growth | None:
        """Return how many there were at a place, look by look; None: there was one look.

        A trace that comes first is two looks: when it began, and when it ended.
        """
        # Only lists show tasks that have ended.
        looks = [*zip(self._whole, self._counts, strict=True)]
        if where.state in ENDED:
            looks = [(look, counts) for look, counts in looks if look.listed]
        if where.state in NOT_WAITING and any(look.trace is None for look, _ in looks):
            looks = [(look, counts) for look, counts in looks if look.trace is None]
        # The text of debug=1 knows the line, and not what most of them do there.
        untold = where._replace(state=NOT_TOLD)
        numbers = [counts[where] or counts[untold] for _, counts in looks]
        times = [look.taken_at for look, _ in looks]
        motion = looks[0][0].motions.get(where) if looks else None
        # How many wait for a processor changes with the load, from moment to moment.
        if motion is not None and where.state not in NOT_WAITING:
            numbers.insert(0, motion.before)
            times.insert(0, None if times[0] is None else times[0] - motion.seconds)
        if len(numbers) < 2:
            return None
        seconds = None if times[0] is None or times[-1] is None else times[-1] - times[0]
        return Growth(tuple(numbers), seconds)

    def growth_of(self, group: Group) -> Growth | None:
        """Return how many of a group there were, look by look; None: there was one look.

        Where others stand at the same place that were made elsewhere, lists tell whose number it is
        that grows.
        """
        growth = self.growth(group.where)
        # A trace does not know who has made those that are older.
        beside = zip(self._listed, self._places, strict=True)
        lists = [places for look, places in beside if look.trace is None]
        if growth is None or not growth.grows or len(lists) < 2:
            return growth
        if len({each.created_by for each in lists[-1].at(group.where)}) < 2:
            return growth
        counts = tuple(places.count(group.where, group.created_by) for places in lists)
        of_group = Growth(counts)
        return growth if of_group.grows else of_group

    def stayed(self, group: Group) -> int:
        """Return how many of ``group`` stand at the same place in each other list."""
        if not self._beside:
            return 0
        each = (places.still((group,), group.where) for places in self._beside)
        return len(set.intersection(*each))

    def still_there(self, where: Where) -> float | None:
        """Return which part of those that stood at a place in the last list but one still does.

        0 if nobody stood there; None: there are no two lists. Who is stuck stays; who is busy goes
        on, and others come, also where their number grows for a while.
        """
        if len(self._places) < 2:
            return None
        known = self._still_there.get(where)
        if known is None:
            before, now = self._places[-2:]
            groups = before.at(where)
            stood = how_many(groups)
            known = len(now.still(groups, where)) / stood if stood else 0.0
            self._still_there[where] = known
        return known

    def stood_before(self, where: Where) -> int:
        """Return how many stood at a place in the last list but one; 0: none, or no such list."""
        return how_many(self._places[-2].at(where)) if len(self._places) > 1 else 0

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
        return self._whole_list and len(self._by_id) == self.total

    @cached_property
    def lineage(self) -> Lineage | None:
        """Who started what for which request; None: the best look lists nobody."""
        if self.best is None or not self.best.listed or self.too_many:
            return None
        earlier = takewhile(lambda look: look is not self.best, self._listed)
        lists = [look.groups for look in earlier if _kinds_in(look) <= KINDS_AT_MOST]
        return Lineage(self.groups, self.looks, lists, whole=self._whole_list)

    @property
    def too_many(self) -> int:
        """How many different stacks the best look has, if that is more than can be gone through."""
        kinds = 0 if self.best is None else _kinds_in(self.best)
        return kinds if kinds > KINDS_AT_MOST else 0

    def of_one_request(self, group: Group) -> tuple[int, int]:
        """Return how many of ``group`` the same request has at most, and the id of that request."""
        if self.lineage is None:
            return 0, 0
        return self.lineage.requests.most_of(self.lineage.kinds_of(group))

    @property
    def _whole_list(self) -> bool:
        best = self.best
        return best is not None and best.listed and not best.partial and not best.cut

    def _proven(self, looks: Sequence[Look]) -> Counter[Where]:
        proofs = [look for look in looks if look.only_leaks]
        return _counts_of(proofs[-1]) if proofs else Counter()

    def _with_proof(self, group: Group) -> Group:
        leaked = max(group.leaked, min(group.count, self._leaked[group.where]))
        return replace(group, leaked=leaked)


def once(work_out: Callable[[Case], T]) -> Callable[[Case], T]:
    """Have something worked out once for each case, and kept for as long as the case is."""

    @wraps(work_out)
    def known(case: Case) -> T:
        if work_out not in case.known:
            case.known[work_out] = work_out(case)
        return cast("T", case.known[work_out])

    return known


def _kinds_in(look: Look) -> int:
    return sum(len(group.alike) for group in look.groups)


def _counts_of(look: Look) -> Counter[Where]:
    counts: Counter[Where] = Counter()
    for group in (*look.groups, *look.ended):
        counts[group.where] += group.count
    return counts
