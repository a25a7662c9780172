"""One look at all tasks, in steps short enough that nobody notices.

First every task is looked at, which is done as fast as can be, because it has to happen while
nothing else does. When the last one has been seen, and it is known how many wait for each resource
and who waits for whom in a circle, the snapshots are written; that touches no task any more.

The survey says after each task whether a pause is due. How to pause is up to whoever drives it: a
thread sleeps, a task on the loop lets the others run.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec.structs import force_setattr

from snowshed.model import TaskSnapshot, TaskState
from snowshed.observe._snapshot._cycles import cycles_in_steps
from snowshed.observe._snapshot._paths import Paths
from snowshed.observe._snapshot._provenance import UNKNOWN_ORIGIN, Origin, Provenance
from snowshed.observe._snapshot._sharing import Entry, Sharing, holding
from snowshed.observe._snapshot._states import look

if TYPE_CHECKING:
    from snowshed.observe._snapshot._tasks import TaskRef, TaskRefs

NAME_AT_MOST = 200

# The same number for a loop in every snapshot.
_numbers: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_next_number = itertools.count()


# Has all that a `TaskSnapshot` has, but the garbage collector does not watch it: it can be part of
# no cycle. What is new and stays makes the collector look, at worst through everything that the
# service has: for a hundred thousand tasks half a second, in which it stands still.
Seen: Any = msgspec.defstruct(
    "TaskSnapshot",
    [field.name for field in fields(TaskSnapshot)],
    module=TaskSnapshot.__module__,
    frozen=True,
    gc=False,
)


class Survey:
    """Looks at tasks.

    Args:
        provenance: tells where they come from; None: nobody does.
        clock: seconds.
        chunk: seconds of work between two pauses.

    Attributes:
        chunk: as given; may be changed between two steps.
        tasks: what was seen, once `steps` has come to its end.
        total: tasks that there were.
        vanished: of these, ended and gone before they were looked at.
        unreadable: of these, not to be looked at: somebody else's idea of a task.
        untold: tasks of which ``provenance`` failed to tell anything.
    """

    def __init__(
        self, provenance: Provenance | None, clock: Callable[[], float], chunk: float
    ) -> None:
        self._provenance = provenance
        self._clock = clock
        self.chunk = chunk
        self.paths = Paths()
        self.sharing = Sharing()
        self._numbers = LoopNumbers()
        self._refs: dict[int, TaskRef] = {}
        self._edges: dict[int, tuple[int, ...]] = {}
        self.tasks: list[TaskSnapshot] = []
        self.total = self.vanished = self.unreadable = self.untold = 0

    def steps(self, tasks: TaskRefs | Sequence[TaskRef], at_most: int | None) -> Iterator[None]:
        """Look at ``tasks``, or ``at_most`` of them chosen at random; yield when a pause is due."""
        self.total = len(tasks)
        if at_most is not None and len(tasks) > at_most:
            tasks = random.sample([*tasks], at_most)
        clock = self._clock
        until = clock() + self.chunk
        for each in tasks:
            self._see(each)
            if clock() >= until:
                yield
                until = clock() + self.chunk
        yield
        # Those that wait, through others, for themselves.
        stuck: set[int] = set()
        until = clock() + self.chunk
        for group in cycles_in_steps(self._edges):
            stuck.update(group)
            if clock() >= until:
                yield
                until = clock() + self.chunk
        for seen in self.tasks:
            _finish(seen, stuck)
            if clock() >= until:
                yield
                until = clock() + self.chunk

    def _see(self, each: TaskRef) -> None:
        task = each()
        if task is None:
            self.vanished += 1
            return
        if id(task) in self._refs and self._refs[id(task)]() is task:
            self.total -= 1  # it is in two lists
            return
        try:
            seen = self._snapshot_of(task)
        except Exception:  # noqa: BLE001 - whatever it is, the others are looked at all the same
            self.unreadable += 1
        else:
            self._refs[id(task)] = each
            self.tasks.append(seen)

    def _snapshot_of(self, task: asyncio.Task[Any]) -> TaskSnapshot:
        """Return a snapshot that has an entry in place of the resource until it is finished."""
        found = look(task, self.paths)
        awaits: tuple[int, ...] = ()
        if found.awaits:
            awaits = tuple(id(other) for other in found.awaits if self._is_itself(other))
            if not found.partly:
                self._edges[id(task)] = awaits
        origin, told = origin_of(task, self._provenance)
        self.untold += not told
        seen: TaskSnapshot = Seen(
            id(task),
            "task",
            _name_of(task),
            found.state,
            found.function,
            found.stack,
            *origin,
            None if found.resource is None else self.sharing.entry(found.resource),
            awaits,
            self._numbers.of(task.get_loop()),
            found.partly,
        )
        return seen

    def _is_itself(self, task: object) -> bool:
        """Tell whether ``task`` is not merely at the address of one that was seen and is gone."""
        known = self._refs.get(id(task))
        return known is None or known() is task


class LoopNumbers:
    """The number of each loop, the same in every look."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Callable[[], Any], int]] = {}

    def of(self, loop: Any) -> int:
        """Return the number of ``loop``."""
        known = self._known.get(id(loop))
        if known is None or known[0]() is not loop:
            number = _numbers.get(loop)
            if number is None:
                number = _numbers.setdefault(loop, next(_next_number))
            known = self._known[id(loop)] = holding(loop), number
        return known[1]


def origin_of(task: asyncio.Task[Any], provenance: Provenance | None) -> tuple[Origin, bool]:
    """Return where ``task`` comes from, and False if ``provenance`` failed to tell it."""
    if provenance is None:
        return UNKNOWN_ORIGIN, True
    try:
        return provenance.of(task) or UNKNOWN_ORIGIN, True
    except Exception:  # noqa: BLE001 - where it comes from is the lesser half
        return UNKNOWN_ORIGIN, False


def _name_of(task: Any) -> str:
    # The base method: what a subclass has made of it is its own affair.
    kind = asyncio.Task if issubclass(type(task), asyncio.Task) else type(task)
    return str(kind.get_name(task))[:NAME_AT_MOST]


def _finish(seen: Any, stuck: set[int]) -> None:
    """Write what could not be known before all had been seen."""
    entry: Entry | None = seen.resource
    if entry is not None:
        # A future that nobody else waits for is no resource: it has no name and says nothing.
        alone = entry.seen == 1 and seen.state is TaskState.FUTURE
        force_setattr(seen, "resource", None if alone else entry.resource())
    if seen.id in stuck:
        force_setattr(seen, "state", TaskState.AWAIT_CYCLE)
