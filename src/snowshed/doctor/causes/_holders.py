"""Follows who waits for a lock to who seems to hold it, and on, until somebody waits for no lock.

At the end of such a chain is the fault: one who holds a lock and waits for a channel, two who wait
for each other, one who waits for itself, or nobody, where a lock was left locked. Whoever stands
further up in the chain suffers from the same fault, and is told so, with the place where it is.

Who seems to hold a lock is told by addresses. Where a dump shows none, types and functions have to
do; then it takes a wait that is proven, or that is old, to say anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from snowshed.doctor.causes._locks import (
    COMPARED_AT_MOST,
    LOCK_STATES,
    READS,
    WRITES,
    Place,
    holds_up,
    works_on,
)
from snowshed.doctor.causes._methods import receiver_of, source_of
from snowshed.doctor.causes._waits import OLD
from snowshed.model import StateClass

if TYPE_CHECKING:
    from snowshed.doctor.causes._locks import Locks, LockWait

__all__ = ["Holders", "Step", "is_suspect"]

# How sure it is that somebody holds the lock, by what tells it.
CROSSED, SENDS, RECURSES, ITSELF = 0.8, 0.65, 0.7, 0.6
RECEIVES, LOCKED_OUT, PASSED, LOOPS, BY_NAME, GUESSED = 0.6, 0.55, 0.5, 0.42, 0.4, 0.35


@dataclass(frozen=True, slots=True)
class Step:
    """Who seems to hold the lock that somebody waits for.

    Attributes:
        to: who; the same as whoever waits if it waits for itself.
        confidence: how sure.
        is_shown: whether addresses tell it.
        keeps_out: whether it waits for the same lock, as a writer, and keeps readers out.
        works: whether it does not wait for anybody, and may let go at any time.
    """

    to: LockWait
    confidence: float
    is_shown: bool = True
    keeps_out: bool = False
    works: bool = False


def is_suspect(wait: LockWait) -> bool:
    """Tell whether who is well would hardly wait like that."""
    return wait.is_stuck or wait.stays or wait.goroutine.minutes >= OLD


class Holders:
    """Finds for each wait for a lock of one case who seems to hold it."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self._steps: dict[int, Step | None] = {}
        self._own: dict[int, bool] = {}
        self._outer: dict[int, int | None] = {}

    @cached_property
    def _names(self) -> dict[str, list[LockWait]]:
        waits = [*self._locks.waits, *self._locks.others]
        return _by_name(sorted(waits, key=lambda wait: not wait.goroutine.leaked))

    def of(self, wait: LockWait) -> Step | None:
        """Return who seems to hold the lock that ``wait`` is for; None if nobody is seen."""
        key = id(wait)
        if key not in self._steps:
            steps = [*self._all(wait)]
            # Names are less sure than all else, and one who does so well as another.
            if all(step.works for step in steps):
                steps += islice(self._named(wait), 1)
            # The surest; one who works only if nobody else is seen.
            self._steps[key] = max(
                steps, key=lambda step: (not step.works, step.confidence), default=None
            )
        return self._steps[key]

    def _all(self, wait: LockWait) -> Iterator[Step]:
        writer = self.writer_before(wait)
        if writer is not None:
            recursion = wait.state == READS and self.calls_itself(wait)
            yield Step(wait, RECURSES) if recursion else Step(writer, RECURSES, keeps_out=True)
            return
        yield from self._shown(wait)
        if self.calls_itself(wait):
            yield Step(wait, self._itself(wait))
        at_same = self._locks.at_same(wait)
        if wait.state == WRITES and wait.lock is None and wait.base is None:
            # Its lock may be anybody's.
            at_same += (o for o in self._names[wait.receiver or ""] if o.receiver == wait.receiver)
        for other in at_same:
            if wait.state == WRITES and other.state == READS and self.calls_itself(other):
                yield Step(other, RECURSES)
            elif other.state == wait.state and self.calls_itself(other):
                yield Step(other, LOCKED_OUT)
        back = self._crossing.get(id(wait))
        if back is not None:
            yield Step(back, RECEIVES, is_shown=False)

    @cached_property
    def _crossing(self) -> dict[int, LockWait]:
        """For some, who wants a lock that they seem to hold, in a method of what they want.

        Addresses show the one half of it, the types the other.
        """
        found: dict[int, LockWait] = {}
        for wait in self._locks.waits:
            types = wait.types
            for other in self._around(wait) if types else ():
                if other.receiver in types and other.state in LOCK_STATES:
                    at = self._locks.place_of(other)
                    if not _elsewhere(at, wait, other.receiver or ""):
                        found.setdefault(id(other), wait)
        return found

    def writer_before(self, wait: LockWait) -> LockWait | None:
        """Return the writer that waits for readers to go, and keeps ``wait`` out meanwhile."""
        if not wait.is_rw or wait.state == WRITES:
            return None
        writers = (each for each in self._locks.at_same(wait) if each.state == WRITES)
        return next(writers, None) or (wait.receiver and self._hidden.get(wait.receiver)) or None

    @cached_property
    def _hidden(self) -> dict[str | None, LockWait]:
        """One writer for each type in whose methods they wait, of which no address is shown."""
        return {
            wait.receiver: wait
            for wait in self._locks.waits
            if wait.state == WRITES and wait.lock is None and wait.base is None
        }

    def calls_itself(self, wait: LockWait) -> bool:
        """Tell whether a call further out may have taken the lock that ``wait`` is for.

        It has not if another waits on the same path: the first of them would have kept it out.
        Readers do not keep each other out.
        """
        key = id(wait)
        if key not in self._own:
            outer = self.outer_call(wait)
            alone = wait.is_rw or wait.lock is None or self._paths[_path(wait, outer)] < 2
            self._own[key] = outer is not None and alone
        return self._own[key]

    def _itself(self, wait: LockWait) -> float:
        """Return how sure it is: a method of the same type takes the lock, others may just pass."""
        outer = self.outer_call(wait)
        same = outer is not None and receiver_of(wait.calls[outer].frame) == wait.receiver
        return ITSELF if same else PASSED

    @cached_property
    def _paths(self) -> Counter[tuple[object, ...]]:
        return Counter(_path(wait, self.outer_call(wait)) for wait in self._locks.waits)

    def outer_call(self, wait: LockWait) -> int | None:
        """Return which call, counted from the innermost, works on the same object further out."""
        key = id(wait)
        if key not in self._outer:
            self._outer[key] = self._outer_call(wait)
        return self._outer[key]

    def _outer_call(self, wait: LockWait) -> int | None:
        place = self._locks.place_of(wait)
        if place is None:
            return None
        # Who works on what lies nearer to the lock tells that it is another's.
        below = None if wait.lock is None else self._locks.next_below(wait.lock)
        if below is not None and not wait.on(Place(below, place.last)):
            return None
        on = [number for number, call in enumerate(wait.calls) if works_on(call, place)]
        inner = wait.calls[0]
        if not inner.shows_first and wait.receiver is not None:
            # Its receiver is not shown: it is the object if that of the next of its type is.
            same = (n for n in on if receiver_of(wait.calls[n].frame) == wait.receiver)
            on = [0, *on] if next(same, None) is not None else on
        return on[-1] if len(on) > 1 else None

    def _around(self, wait: LockWait) -> Iterator[LockWait]:
        """Yield whoever works on the object that has the lock, and may not wait for the same."""
        place = self._locks.place_of(wait)
        if place is None:
            return
        same = {id(wait), *map(id, self._locks.at_same(wait))}
        for other in self._locks.on(place):
            if id(other) in same or (wait.goroutine.leaked and not other.goroutine.leaked):
                continue
            if None in (wait.lock, other.lock) and _may_be_same(wait, other):
                continue
            yield other

    def _shown(self, wait: LockWait) -> Iterator[Step]:
        """Yield whoever works on the object that has the lock."""
        place = self._locks.place_of(wait)
        if place is None:
            return
        for other in self._around(wait):
            if other.state in LOCK_STATES:
                at = self._locks.place_of(other)
                crossed = at is not None and any(works_on(call, at) for call in wait.calls)
                yield Step(other, CROSSED if crossed else LOCKED_OUT)
            elif holds_up(other.state, other.group.state_class):
                yield from self._waits_inside(wait, other, place)
            else:
                yield Step(other, GUESSED, works=True)

    @staticmethod
    def _waits_inside(wait: LockWait, other: LockWait, place: Place) -> Iterator[Step]:
        if "send" in other.state or other.group.state_class is not StateClass.CHANNEL:
            yield Step(other, SENDS)
            return
        # Who receives at the bottom of its goroutine is mostly a loop that waits for work.
        calls = other.on(place)
        loops = calls[-1] is other.calls[-1] and calls[0] is other.calls[0]
        if not loops:
            yield Step(other, RECEIVES)
        elif is_suspect(wait):
            yield Step(other, LOOPS)

    def _named(self, wait: LockWait) -> Iterator[Step]:
        """Yield whoever stands in a method of the same type, or in the same function."""
        if not wait.calls or not is_suspect(wait):
            return
        same = {id(wait), *map(id, self._locks.at_same(wait))}
        place = self._locks.place_of(wait)
        inner = wait.calls[0].frame
        for name in filter(None, (wait.receiver, source_of(inner))):
            for other in self._names[name]:
                if id(other) in same or (wait.goroutine.leaked and not other.goroutine.leaked):
                    continue
                waits = other.state in LOCK_STATES or holds_up(other.state, other.group.state_class)
                if waits and not _may_be_same(wait, other) and not _elsewhere(place, other, name):
                    yield Step(other, BY_NAME, is_shown=False)


def _may_be_same(wait: LockWait, other: LockWait) -> bool:
    """Tell whether both wait for the same lock of an object, or of two objects of a type."""
    if other.state not in LOCK_STATES:
        return False
    alike = wait.is_rw == other.is_rw and wait.receiver == other.receiver
    return other.group is wait.group or alike


def _path(wait: LockWait, outer: int | None) -> tuple[object, ...]:
    """Return which lock ``wait`` is for, and on which path from its outer call."""
    calls = () if outer is None else wait.calls[: outer + 1]
    return (wait.lock, *(call.frame for call in calls))


def _by_name(waits: Iterable[LockWait]) -> dict[str, list[LockWait]]:
    """Return a few of each group by the types and functions that they stand in."""
    found: dict[str, list[LockWait]] = defaultdict(list)
    seen: Counter[tuple[str, int]] = Counter()
    for wait in waits:
        group = id(wait.group)
        for name in wait.types | {source_of(call.frame) for call in wait.calls}:
            seen[name, group] += 1
            if seen[name, group] <= COMPARED_AT_MOST:
                found[name].append(wait)
    return found


def _elsewhere(place: Place | None, other: LockWait, name: str) -> bool:
    """Tell whether the addresses show that ``other`` works on another object of that type."""
    receivers = other.receivers.get(name)
    if place is None or receivers is None:
        return False
    return not any(place.first <= word <= place.last for word in receivers)
