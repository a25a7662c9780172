"""Who waits for which lock, and who works on the object that has it, from the words in a dump.

A dump of Go does not say who holds a lock. But it shows the words that a call was given: a method
that locks a field of its receiver shows where the receiver lies, and the call into the lock where
the lock lies, which is inside it or right there. So whoever stands in a method of the object that
a lock belongs to, and waits for something else, is likely to hold that lock.

Words are there only if the compiler has kept them, and with a question mark where it may have used
their place for something else since. What is inferred from them is evidence, not proof.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import dropwhile
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from snowshed.doctor._case import Case, once
from snowshed.doctor._program import Whose, locks, whose
from snowshed.doctor.causes._methods import receiver_of, source_of
from snowshed.doctor.causes._waits import ALL_STAY, MANY
from snowshed.model import Goroutine, StateClass

if TYPE_CHECKING:
    from snowshed.doctor._looks import Group
    from snowshed.model import Frame

__all__ = [
    "COMPARED_AT_MOST",
    "LOCK_STATES",
    "READS",
    "WRITES",
    "Call",
    "LockWait",
    "Locks",
    "Place",
    "holds_up",
    "locks_of",
    "works_on",
]

READS, WRITES = "sync.RWMutex.RLock", "sync.RWMutex.Lock"
LOCK_STATES = frozenset({"sync.Mutex.Lock", WRITES, READS})
_CONDITION = "sync.Cond.Wait"
# A lock is a field of an object that is no larger than this, in bytes.
OBJECT_AT_MOST = 1024
# The id of one that stands for all of a group that a look has only counted.
NOBODY = 0
# Of a group so many are looked at for each lock that they wait for.
COMPARED_AT_MOST = 5
# So many who were given addresses inside an object are looked at.
CANDIDATES_AT_MOST = 200
_NAMES_AT_MOST = 1 << 15
_LOCKING = re.compile(
    r"(?:internal/)?sync\.\(\*((?:RW)?Mutex|rlocker)\)\.(?:lockSlow|rLockSlow|R?Lock)"
)
_ONCE = frozenset({"sync.(*Once).doSlow", "sync.(*Once).Do"})
_WORD = re.compile(r"(0x[0-9a-f]{6,16})(\??)")
# An address without its last byte.
_PAGE = re.compile(r"0x([0-9a-f]{4,14})[0-9a-f]{2}\b")
_SHOWN = re.compile(r"0x[0-9a-f]{6,16}(?:,|$)")
# What may hold a lock: who waits here is stuck as long as it does, who works will let go.
_HOLDS_UP = frozenset({StateClass.CHANNEL})
_WAITS_FOR_OTHERS = frozenset({"sync.WaitGroup.Wait", _CONDITION})
_WORKS = frozenset(
    {StateClass.RUNNING, StateClass.READY, StateClass.SYSCALL, StateClass.IO, StateClass.TIMER}
)


class Place(NamedTuple):
    """Where an object lies that has a lock.

    Attributes:
        first: the lowest address that it may begin at.
        last: the highest.
        is_known: whether whoever waits shows it; then what others show may be doubtful.
    """

    first: int
    last: int
    is_known: bool = True


class Call(NamedTuple):
    """A call of the program, or of a library of its, with the words that it was given.

    Attributes:
        frame: which.
        words: those that are addresses, as far as that shows.
        doubtful: those whose place may have been used for something else since.
        shows_first: whether the first is shown, which of a method is its receiver, and no doubtful.
    """

    frame: Frame
    words: tuple[int, ...]
    doubtful: tuple[int, ...] = ()
    shows_first: bool = False


@dataclass(frozen=True)
class LockWait:
    """A goroutine that waits for a lock, or that may hold one.

    Attributes:
        group: that it belongs to.
        goroutine: itself.
        calls: of the program around the wait, the innermost first.
        lock: address of the lock that it waits for; None if it waits for none, or none is shown.
        is_rw: whether the lock is one for readers and writers.
        asleep: whether the runtime has found all goroutines asleep.
        stays: whether its group stands there from list to list, and not only goes by.
    """

    group: Group
    goroutine: Goroutine
    calls: tuple[Call, ...]
    lock: int | None = None
    is_rw: bool = False
    asleep: bool = False
    stays: bool = False

    @property
    def who(self) -> str:
        """What to call it."""
        return "another" if self.goroutine.id == NOBODY else f"goroutine {self.goroutine.id}"

    @property
    def state(self) -> str:
        """What it waits for."""
        return self.group.where.state

    @property
    def is_stuck(self) -> bool:
        """Whether it is known that nothing can wake it."""
        return self.goroutine.leaked or self.group.leaked >= self.group.count or self.asleep

    @cached_property
    def base(self) -> int | None:
        """Where the object lies that the innermost call works on; None if that does not show."""
        inner = self.calls[0].words if self.calls else ()
        if self.lock is not None:
            inside = (word for word in inner if 0 <= self.lock - word < OBJECT_AT_MOST)
            return min(inside, default=None)
        # The first word of a method is where its receiver lies, and locks are fields of it.
        return inner[0] if inner and self.receiver is not None else None

    @cached_property
    def receiver(self) -> str | None:
        """The type whose method takes the lock."""
        return receiver_of(self.calls[0].frame) if self.calls else None

    @cached_property
    def types(self) -> frozenset[str]:
        """Those whose methods it is in."""
        return frozenset(filter(None, [receiver_of(call.frame) for call in self.calls]))

    @cached_property
    def receivers(self) -> dict[str, list[int]]:
        """Where the objects lie whose methods it is in, by their type and by the method."""
        found: dict[str, list[int]] = defaultdict(list)
        for frame, words, *_ in self.calls:
            kind = receiver_of(frame)
            # Of a closure in a method the first word is something else.
            if words and kind is not None and source_of(frame) == frame.function:
                found[kind].append(words[0])
                found[frame.function].append(words[0])
        return dict(found)

    def on(self, place: Place) -> tuple[Call, ...]:
        """Return the calls of this goroutine that work on what lies at ``place``."""
        return tuple([call for call in self.calls if works_on(call, place)])


class Locks:
    """The waits for locks of one case, and who may hold them up.

    Cost: O(calls) to build, of those who wait for locks and of the others who were given an address
    near to one; to ask who works on an object, its logarithm and how many do.
    """

    def __init__(self, case: Case) -> None:
        self.waits: list[LockWait] = []
        self.others: list[LockWait] = []
        locking = [group for group in case.groups if group.where.state in LOCK_STATES]
        for group in locking:
            stays = _stays(case, group)
            self.waits += _few_at_each(
                _waits_in(group, each, asleep=case.all_asleep, stays=stays)
                for each in sorted(_members(group), key=lambda each: not each.leaked)
            )
        pages = _pages_of(self.waits)
        for group in case.groups if locking else ():
            if _may_hold(group):
                self.others += (_stands_in(group, each) for each in _near(group, pages))
        self._by_group: dict[int, list[LockWait]] = defaultdict(list)
        self._by_lock: dict[int, list[LockWait]] = defaultdict(list)
        self._by_base: dict[int, list[LockWait]] = defaultdict(list)
        for wait in self.waits:
            self._by_group[id(wait.group)].append(wait)
            if wait.lock is not None:
                self._by_lock[wait.lock].append(wait)
            if wait.base is not None:
                self._by_base[wait.base].append(wait)
        self._sure = _index([*self.waits, *self.others], doubtful=False)
        self._all = _index([*self.waits, *self.others], doubtful=True)

    def of(self, group: Group) -> list[LockWait]:
        """Return the waits of ``group``."""
        return self._by_group[id(group)]

    def groups(self) -> Iterator[Group]:
        """Yield each group that waits for locks."""
        seen: set[int] = set()
        for wait in self.waits:
            if id(wait.group) not in seen:
                seen.add(id(wait.group))
                yield wait.group

    def at_same(self, wait: LockWait) -> list[LockWait]:
        """Return the others that wait for the lock of ``wait``, as far as that shows."""
        found = [] if wait.lock is None else [*self._by_lock[wait.lock]]
        # Of some the call into the lock shows no address, but that of its object.
        if wait.base is not None:
            found += (each for each in self._by_base[wait.base] if None in (each.lock, wait.lock))
        return [each for each in found if each is not wait and each.is_rw == wait.is_rw]

    def place_of(self, wait: LockWait) -> Place | None:
        """Return where the object begins that has the lock of ``wait``; None: it does not show.

        Where the innermost call does not show it, it is what lies next below the lock and somebody
        works on, if that is not the object of another lock.
        """
        lock, base = wait.lock, wait.base
        if base is not None:
            return Place(base, base if lock is None else lock)
        below = None if lock is None else self.next_below(lock)
        if lock is None or below is None:
            return None
        others = {each.lock for each in self._by_base[below]}
        return Place(below, lock, is_known=False) if not others or lock in others else None

    def next_below(self, lock: int) -> int | None:
        """Return the highest address up to ``lock`` that somebody was given; None: none is near."""
        words, _ = self._sure
        index = bisect_right(words, lock) - 1
        return words[index] if index >= 0 and lock - words[index] < OBJECT_AT_MOST else None

    def on(self, place: Place) -> Iterator[LockWait]:
        """Yield whoever works on what lies at ``place``, each once; of a crowd some."""
        words, who = self._all if place.is_known else self._sure
        seen: set[int] = set()
        first, last = bisect_left(words, place.first), bisect_right(words, place.last)
        for wait in who[first : min(last, first + CANDIDATES_AT_MOST)]:
            if id(wait) not in seen:
                seen.add(id(wait))
                yield wait


@once
def locks_of(case: Case) -> Locks:
    """Return the locks of ``case``; the causes that ask one after the other get the same."""
    return Locks(case)


def holds_up(state: str, kind: StateClass) -> bool:
    """Tell whether who waits so keeps what it holds until somebody else does something."""
    return kind in _HOLDS_UP or state in _WAITS_FOR_OTHERS


def _may_hold(group: Group) -> bool:
    return holds_up(group.where.state, group.state_class) or group.state_class in _WORKS


def _stays(case: Case, group: Group) -> bool:
    many = case.stayed(group) >= MANY
    return many and (case.still_there(group.where) or 0.0) >= ALL_STAY


def _members(group: Group) -> list[Goroutine]:
    """Return those of ``group``; one in their place, of whom no more is known than of all."""
    nobody = Goroutine(NOBODY, group.state, group.stack, leaked=group.leaked >= group.count)
    return group.members or [nobody]


def _pages_of(waits: Iterable[LockWait]) -> set[str]:
    """Return where the objects may lie whose locks are waited for, as `_PAGE` has it."""
    words = {word for wait in waits for word in (wait.lock, wait.base) if word is not None}
    reach = range(-OBJECT_AT_MOST, OBJECT_AT_MOST, 256)
    return {f"{(word + more) >> 8:x}" for word in words for more in reach if word + more >= 0}


def _near(group: Group, pages: set[str]) -> Iterator[Goroutine]:
    """Yield those of ``group`` that were given an address in ``pages``, and a few of the others."""
    few = COMPARED_AT_MOST
    for each in sorted(_members(group), key=lambda each: not each.leaked):
        if few or not pages.isdisjoint(_PAGE.findall(" ".join(each.arguments))):
            few = max(few - 1, 0)
            yield each


def _few_at_each(waits: Iterable[LockWait]) -> Iterator[LockWait]:
    """Yield a few for each lock: the rest of a crowd stands there alike."""
    seen: Counter[tuple[int | None, int | None]] = Counter()
    for wait in waits:
        seen[wait.lock, wait.base] += 1
        if seen[wait.lock, wait.base] <= COMPARED_AT_MOST:
            yield wait


def works_on(call: Call, place: Place) -> bool:
    """Tell whether ``call`` was given the address of what lies at ``place``."""
    first, last, is_known = place
    for word in call.words:
        if first <= word <= last:
            return True
    return is_known and any(first <= word <= last for word in call.doubtful)


def _index(waits: Sequence[LockWait], *, doubtful: bool) -> tuple[list[int], list[LockWait]]:
    """Return each address that somebody was given, and who, by address."""
    found = [
        (word, wait)
        for wait in waits
        for call in wait.calls
        for word in (call.words + call.doubtful if doubtful else call.words)
    ]
    # Of one address they stay in their order.
    found.sort(key=itemgetter(0))
    return [word for word, _ in found], [wait for _, wait in found]


def _waits_in(group: Group, each: Goroutine, *, asleep: bool, stays: bool) -> LockWait:
    locking, is_rw = [], group.where.state != "sync.Mutex.Lock"
    all_calls = [*_all_calls(each)]
    for call in all_calls:
        match = _LOCKING.fullmatch(call.frame.function)
        if call.frame.function in _ONCE:
            break
        if match is None and not _is_runtime(call.frame) and not locks(call.frame):
            break
        if match is not None:
            locking.append(call)
            is_rw = is_rw or match[1] != "Mutex"
        elif locks(call.frame):
            # The lock may lie elsewhere; what passes it on is a field of the object as well.
            locking.insert(0, call)
    shown = (word for call in locking for word in call.words[:1])
    calls = tuple(dropwhile(lambda call: locks(call.frame), _own(all_calls)))
    found = LockWait(group, each, calls, next(shown, None), is_rw, asleep, stays)
    if found.lock is None and found.base is not None:
        # What is doubtful may be it if it lies in the object.
        doubtful = (word for call in locking for word in call.doubtful[:1])
        inside = (word for word in doubtful if 0 <= word - (found.base or 0) < OBJECT_AT_MOST)
        found = replace(found, lock=next(inside, None))
    return found


def _stands_in(group: Group, each: Goroutine) -> LockWait:
    calls = _own(_all_calls(each))
    if group.where.state == _CONDITION and calls:
        # It has let go of the lock of the condition: that of the object that it works on.
        mine = {*calls[0].words, *calls[0].doubtful}
        outside = (call for call in calls[1:] if not mine & {*call.words, *call.doubtful})
        kind = receiver_of(calls[0].frame)
        calls = tuple(call for call in outside if kind is None or receiver_of(call.frame) != kind)
    return LockWait(group, each, calls)


@lru_cache(maxsize=_NAMES_AT_MOST)
def _is_runtime(frame: Frame) -> bool:
    return whose(frame) is Whose.RUNTIME


def _own(all_calls: Iterable[Call]) -> tuple[Call, ...]:
    """Return the calls of the program, and those into a Once, which has its lock meanwhile."""
    calls: list[Call] = []
    for call in all_calls:
        is_once = call.frame.function in _ONCE
        # Of its two calls the inner one takes the lock.
        if is_once and calls and calls[-1].frame.function in _ONCE:
            continue
        if is_once or not _is_runtime(call.frame):
            calls.append(call)
    return tuple(calls)


def _all_calls(each: Goroutine) -> Iterator[Call]:
    shown = each.arguments or ("",) * len(each.stack)
    for frame, arguments in zip(each.stack, shown, strict=False):
        found = _WORD.findall(arguments)
        words = tuple([int(word, 16) for word, mark in found if not mark])
        doubtful = tuple([int(word, 16) for word, mark in found if mark]) if found else ()
        yield Call(frame, words, doubtful, _SHOWN.match(arguments) is not None)
