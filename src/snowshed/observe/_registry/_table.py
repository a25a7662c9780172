"""The tasks of one event loop by the lines that made them; its task factory fills it.

What happens for each task is in `snowshed.attach._task_factory`: the address of the instruction
that makes it is looked up in ``SiteTable.known``, and a reference to the task appended to what is
found there. An address is the id of a code object plus an offset within it: the bytecode lies
inside the object, so no two instructions of live code have the same, and it costs a quarter of a
hash of the two. Where it has turned out to pass on only what a line above it asks for, as in
`asyncio.gather`, the addresses above are looked up, too.

That is 0.3 to 0.5 us, see decision 13. A service that makes 20,000 tasks in a second pays at most a
hundredth of a processor for it. Beyond that rate one task of 32 is noted, and stands for as many as
were really made, of which there is an exact count; so the cost of a task in a flood is a few
hundredths of its own.

Everything else is done for a few tasks at a time, at a mark or ten times in a second, and on the
loop that they belong to. No lock is taken there: finalizers, which may run between any two
instructions, can make tasks as well. Memory: O(live tasks + lines).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from types import CodeType, FrameType
from typing import TYPE_CHECKING, NamedTuple
from weakref import ref

from snowshed.observe._registry._live import AnyTask, LiveTasks, OldTask, TaskRef, lives

if TYPE_CHECKING:
    from snowshed.observe._registry._origin import Origin
    from snowshed.observe._registry._registry import Registry
    from snowshed.observe._registry._site import Site

# Addresses that are known, lines that were passed through on the way to another included.
ADDRESSES_AT_MOST = 20_000
# Tasks that are looked at in one go, on the loop: half a millisecond.
AT_ONCE = 500
# Tasks in a second up to which each is noted.
ALL_NOTED_UP_TO = 20_000
# The shortest interval to judge that by, in seconds.
SHORTEST = 0.05
# Of 32 numbers, 31 have one of these bits.
SKIP = 31
ALWAYS = -1
# The base methods, as in `_live`.
_loop_of = asyncio.Task.get_loop
_call_at_end = asyncio.Task.add_done_callback


class _Walk:
    """Stands for an address that only passes on what a line further up the stack has asked for."""

    __slots__ = ("mark", "young")

    def __init__(self) -> None:
        self.mark = ALWAYS
        self.young: list[TaskRef] = []


class _Closed(NamedTuple):
    """Tasks of one line that were young in an interval that is over."""

    live: LiveTasks
    tasks: list[TaskRef]
    born: float
    weight: float


class SiteTable:
    """Finds the line that makes a task by the address of an instruction on its stack.

    Belongs to the thread of the loop, but for `ask_to_look` and for what the `Registry` reads.

    Attributes:
        made: how many tasks the factory has made, beside those that it counts itself.
        skip: bits; a task whose number has one of them is not noted.
        known: by address, what the line has made. The task factory looks here, and appends to
            ``young`` of what it finds if that is shorter than ``mark``; else it calls `note`.
        walk: what it takes an address for that is not there; its mark is below every length.
        old: by the ``id`` of the task, those that have grown old and live.
    """

    def __init__(self, registry: Registry, loop: asyncio.AbstractEventLoop) -> None:
        self.made = self.skip = 0
        self._counters: list[tuple[Callable[[], int], Callable[[int], None]]] = []
        self.known: dict[int, LiveTasks | _Walk] = {}
        self.walk = _Walk()
        self.old: dict[int, OldTask] = {}
        self._registry = registry
        self._loop = ref(loop)
        self._lives: dict[Site, LiveTasks] = {}
        # Code whose addresses are known: were it thrown away, others would get them.
        self._kept: list[CodeType] = []
        self._lost: deque[OldTask] = deque()
        self._closed: deque[_Closed] = deque()
        self._closed_at = registry.clock()
        self._made_before = 0
        self._asked = False
        self._thinned_until: float | None = None
        # What callbacks run in: a copy of the current one would keep what is in it.
        self._context = Context()

    @property
    def thinned_until(self) -> float | None:
        """When a task was made last that may not have been noted; None: each was noted."""
        return self._registry.clock() if self.skip else self._thinned_until

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop; None if it is closed or gone."""
        loop = self._loop()
        return None if loop is None or loop.is_closed() else loop

    @property
    def asked(self) -> bool:
        """Whether the loop was asked to look and has not done so yet."""
        return self._asked and self.loop is not None

    def is_of(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Tell whether this is the table of ``loop``."""
        return self._loop() is loop

    def begin(self) -> None:
        """Be known, as the loop begins to run: it may have been made before a fork."""
        self._registry.enter(self)

    def lives(self) -> list[LiveTasks]:
        """Return what each line has made; from any thread."""
        return list(self._lives.values())

    # Making tasks.

    def count_by(self, count: Callable[[], int], thin_out: Callable[[int], None]) -> None:
        """Let a factory count for itself: it tells how many, and is told which bits to skip."""
        self._counters.append((count, thin_out))
        thin_out(self.skip)

    def _note_all_but(self, bits: int) -> None:
        if bits != self.skip:
            self.skip = bits
            self._thinned_until = self._registry.clock()
            for _, thin_out in self._counters:
                thin_out(bits)

    def note(
        self, task: AnyTask, coro: object, asking: FrameType | None, innermost: FrameType | None
    ) -> None:
        """Note ``task``, which was just made and is not in the table yet. Never raises.

        Args:
            task: the task.
            coro: what it runs.
            asking: the frame whose address was looked up; None if the stack is too short.
            innermost: the frame from which to look up for the line that asked.
        """
        registry = self._registry
        if registry.off:
            return
        try:
            live = self._met(asking) or self._met(innermost)
            if live is None:
                live = self._meet(task, coro, innermost)
            if len(live.young) >= live.mark:
                live.sweep()
            live.young.append(ref(task))
        except Exception:  # noqa: BLE001 - a task must be made whatever happens here
            registry.failed()

    def _met(self, frame: FrameType | None) -> LiveTasks | None:
        """Return what the line has made that asked, seen from ``frame``; None: it is not known.

        Goes up through the frames that are known to have only passed the task on.
        """
        known, walk = self.known, self.walk
        while frame is not None:
            found = known.get(id(frame.f_code) + frame.f_lasti)
            if found is not walk:
                return found if isinstance(found, LiveTasks) else None
            frame = frame.f_back
        return None

    def _meet(self, task: AnyTask, coro: object, innermost: FrameType | None) -> LiveTasks:
        """Find out who asked for the task, and remember the way from ``innermost`` to there."""
        origin = self._registry.judge(innermost, coro, _loop_of(task))
        site = self._registry.site_of(origin)
        live = self._lives.get(site)
        if live is None:
            live = self._lives[site] = LiveTasks(site)
        way = _way(innermost, origin)
        if len(self.known) + len(way) <= ADDRESSES_AT_MOST:
            for frame in way:
                address = id(frame.f_code) + frame.f_lasti
                if address not in self.known:
                    self._kept.append(frame.f_code)
                    self.known[address] = live if frame is way[-1] else self.walk
        return live

    # Looking after them.

    def ask_to_look(self) -> None:
        """Have the loop look at its tasks at its next pass; for other threads."""
        loop = self._loop()
        noted = sum(live.noted for live in self.lives())
        if noted > ALL_NOTED_UP_TO * SHORTEST * 2:
            # The loop may be busy making tasks, and not come to look for a while.
            self._note_all_but(SKIP)
        if self._asked or loop is None or not (noted or self._lost):
            return
        self._asked = True
        try:
            loop.call_soon_threadsafe(self.look, context=self._context)
        except RuntimeError:
            # It is closed, and what it holds goes with it.
            return

    def look(self) -> None:
        """Close the interval: what has ended is counted, what lives is old from now on."""
        try:
            if not self._closed:
                self._close()
            self._make_old(AT_ONCE)
            self._asked = bool(self._closed)
            loop = self._loop()
            if self._asked and loop is not None:
                loop.call_soon(self.look, context=self._context)
        except Exception:  # noqa: BLE001 - a failure of ours must not reach the loop
            self._registry.failed()

    def stop(self) -> None:
        """Hand the totals over, as the loop stops."""
        try:
            self._close()
            while self._closed:
                self._make_old(AT_ONCE)
            for live in self._lives.values():
                live.fold()
        except Exception:  # noqa: BLE001 - a failure of ours must not reach whoever stops the loop
            self._registry.failed()

    def _close(self) -> None:
        now = self._registry.clock()
        born = (self._closed_at + now) / 2
        total = self.made + sum(count() for count, _ in self._counters)
        made = total - self._made_before
        noted = sum(live.noted for live in self._lives.values())
        weight = made / noted if noted else 1.0
        for live in self.lives():
            if live.noted:
                tasks = live.close(weight)
                if tasks:
                    self._closed.append(_Closed(live, tasks, born, weight))
        busy = made > ALL_NOTED_UP_TO * max(now - self._closed_at, SHORTEST)
        self._note_all_but(SKIP if busy else 0)
        self._closed_at = now
        if noted:
            # Else those few that were made and not noted are told with the next that is noted.
            self._made_before = total

    def _make_old(self, most: int) -> None:
        """Let the tasks of closed intervals that still live grow old, ``most`` of them."""
        while self._lost:
            old = self._lost.popleft()
            # A task that has ended was counted then, and its id may belong to another one now.
            if self.old.get(old.key) is old:
                self.old.pop(old.key).end()
        while self._closed and most > 0:
            closed = self._closed[0]
            part = closed.tasks[-most:]
            del closed.tasks[-most:]
            most -= len(part)
            for each in part:
                task = each()
                if task is not None and lives(task):
                    self._grow_old(task, closed)
                else:
                    closed.live.closing -= closed.weight
            if not closed.tasks:
                self._closed.popleft()

    def _grow_old(self, task: AnyTask, closed: _Closed) -> None:
        old = OldTask(task, self._lost.append)
        old.key, old.born, old.live, old.weight = id(task), closed.born, closed.live, closed.weight
        before = self.old.get(old.key)
        if before is not None:
            # It was thrown away, and its id is taken already.
            before.end()
        self.old[old.key] = old
        self._registry.makers.learn(task, closed.live.site)
        closed.live.grow_old(closed.weight)
        _call_at_end(task, self._ended, context=self._context)

    def _ended(self, task: AnyTask) -> None:
        try:
            old = self.old.pop(id(task), None)
            if old is not None:
                old.end()
                lived = self._registry.clock() - old.born
                self._registry.ended(task, old.live.site, lived)
        except Exception:  # noqa: BLE001 - a failure of ours must not reach the loop
            self._registry.failed()


def _way(innermost: FrameType | None, origin: Origin) -> list[FrameType]:
    """Return the frames from ``innermost`` up to the line that asked; none if no line did."""
    way: list[FrameType] = []
    frame = innermost if origin.offset >= 0 else None
    while frame is not None:
        way.append(frame)
        if frame.f_code is origin.code and frame.f_lasti == origin.offset:
            return way
        frame = frame.f_back
    return []
