"""Who waits for which lock, and who seems to hold it, from the addresses in a dump of Go.

A dump does not say who holds a lock. But it shows the words that a call was given: a method that
locks a field of its receiver shows where the receiver lies, and the call into the lock where the
lock lies, which is inside it or right there. So whoever stands in a method of the object that
a lock belongs to, and waits for something else, is likely to hold that lock.

Addresses are there only if the compiler has kept them. What is inferred from them is evidence, not
proof.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from snowshed.doctor._program import Whose, whose
from snowshed.model import StateClass

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Frame, Goroutine

__all__ = ["LOCK_STATES", "LockWait", "Locks", "locks_of"]

LOCK_STATES = frozenset({"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock"})
# A lock is a field of an object that is no larger than this, in bytes.
OBJECT_AT_MOST = 1024
# So many waiters of one lock are compared with each other: the others stand there alike.
COMPARED_AT_MOST = 200
_LOCKING = re.compile(r"(?:internal/)?sync\.\(\*(?:RW)?Mutex\)\.(?:lockSlow|rLockSlow|R?Lock)")
# Not `sync.Cond.Wait`, which lets go of its lock.
_WAITS_FOR_OTHERS = "sync.WaitGroup.Wait"
_RECEIVER = re.compile(r"(.+\.\(\*?[^()]+\))\.")
_ADDRESS = re.compile(r"0x[0-9a-f]{6,16}")


@dataclass(frozen=True, slots=True)
class LockWait:
    """A goroutine that waits for a lock.

    Attributes:
        group: that it belongs to.
        goroutine: itself.
        lock: address of the lock; None if the dump does not show it.
        owners: the calls of the program around it, each with the addresses that it was given, the
            innermost first.
    """

    group: Group
    goroutine: Goroutine
    lock: int | None
    owners: tuple[tuple[Frame, tuple[int, ...]], ...]

    @property
    def receivers(self) -> frozenset[str]:
        """The types whose methods this goroutine stands in."""
        found = (_RECEIVER.match(frame.function) for frame, _ in self.owners)
        return frozenset(match[1] for match in found if match)

    def inside(self, lock: int) -> tuple[Frame, ...]:
        """Return the calls of this goroutine that work on the object that has ``lock``."""
        return tuple(
            frame
            for frame, addresses in self.owners
            if any(0 <= lock - address < OBJECT_AT_MOST for address in addresses)
        )


class Locks:
    """The waits for locks of one case, and the other waits that may hold them up."""

    def __init__(self, case: Case) -> None:
        self._all_asleep = case.all_asleep
        self.waits: list[LockWait] = []
        self.others: list[LockWait] = []
        for group in case.groups:
            if group.where.state in LOCK_STATES:
                self.waits += _waits_of(group)
            elif group.state_class is StateClass.CHANNEL or group.where.state == _WAITS_FOR_OTHERS:
                self.others += _waits_of(group)
        self._by_group: dict[int, list[LockWait]] = defaultdict(list)
        for wait in self.waits:
            self._by_group[id(wait.group)].append(wait)

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

    def proven(self) -> list[Group]:
        """Return the groups of which it is proven that they never get their lock."""
        return [group for group in self.groups() if group.leaked or self._all_asleep]

    def crossed(self, wait: LockWait) -> LockWait | None:
        """Return who waits for a lock that ``wait`` seems to hold, and seems to hold its own."""
        for other in self.waits:
            if (
                other.lock is not None
                and wait.lock is not None
                and other.lock != wait.lock
                and other.inside(wait.lock)
                and wait.inside(other.lock)
            ):
                return other
        return None

    def held_by_other(self, wait: LockWait) -> LockWait | None:
        """Return who waits for something that is no lock and seems to hold that of ``wait``.

        Where the addresses do not tell, somebody in a method of the same type does.
        """
        by_address = (o for o in self.others if wait.lock is not None and o.inside(wait.lock))
        by_type = (o for o in self.others if o.receivers & wait.receivers)
        return next(chain(by_address, by_type), None)


@lru_cache(maxsize=1)
def locks_of(case: Case) -> Locks:
    """Return the locks of ``case``; the causes that ask one after the other get the same."""
    return Locks(case)


def _waits_of(group: Group) -> Iterator[LockWait]:
    for each in group.members[:COMPARED_AT_MOST]:
        lock: int | None = None
        owners: list[tuple[Frame, tuple[int, ...]]] = []
        for frame, shown in zip(
            each.stack, each.arguments or ("",) * len(each.stack), strict=False
        ):
            addresses = tuple(int(found, 16) for found in _ADDRESS.findall(shown))
            if _LOCKING.fullmatch(frame.function):
                lock = addresses[0] if addresses else lock
            elif whose(frame) is not Whose.RUNTIME:
                owners.append((frame, addresses))
        yield LockWait(group, each, lock, tuple(owners))
