"""The production sampler: what a service's tasks do, looked at all the time for next to nothing.

Up to fifty times in a second the watch thread calls `Sampler.poll`. It looks whether each loop
moves, and takes the stacks of a few tasks: the user's own, older than 10 ms, each with probability
0.02, at most 50 stacks in a second. Every stack is weighted by what it stands for, see `_chance`,
so that the sums are those of a look at every task. They are added up by place, see `_aggregate`.

From the same stacks come two profiles: *wall*, where tasks are, which forgets slowly, and *block*,
where they wait for each other, which does not. What each interval adds is handed to a sink, from
where it may be uploaded.

Where a task comes from is told by others (`Provenance`). That may fail for a task, as may the look
at it; it is counted, and the service notices nothing.
"""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Literal, TypeAlias

from snowshed.model import Frame, Profile, TaskState
from snowshed.observe._sampler._aggregate import FADE, Key, Table
from snowshed.observe._sampler._blocked import Blockages, BlockedBy
from snowshed.observe._sampler._chance import take
from snowshed.observe._sampler._cpu import CpuProfiler
from snowshed.observe._sampler._export import BLOCKING, Span, Window, block_profile, wall_profile
from snowshed.observe._sampler._lag import Held, LagStatistics, LoopMark
from snowshed.observe._sampler._population import AnyTask, TaskRef, dropped
from snowshed.observe._sampler._running import Culprit, culprit_of, lies_outside, stack_of
from snowshed.observe._sampler._taking import Owner, Taking, facts_of
from snowshed.observe._sampler._thread_clocks import Burned, ThreadClocks
from snowshed.observe._snapshot._paths import Paths
from snowshed.observe._snapshot._states import look
from snowshed.observe._snapshot._tasks import scheduled_tasks
from snowshed.observe._watch import PERIOD

if TYPE_CHECKING:
    from snowshed.observe._settings import Settings
    from snowshed.observe._snapshot._provenance import Provenance

__all__ = ["Sampler", "SamplerStatistics"]

THREADS_EACH = 0.1
# A thread that runs for less of the time mostly waits.
BUSY = 0.5

Sink: TypeAlias = Callable[[Window], object]


def _nobody_knows(_task: AnyTask) -> str | None:
    return None


def _none_counted() -> Mapping[Frame, int]:
    return {}


@dataclass(frozen=True, slots=True)
class SamplerStatistics:
    """What the sampler has done and seen.

    Attributes:
        looks: at tasks.
        drawn: tasks that were drawn, the ones that were put back included.
        taken: stacks that were taken.
        candidates: estimated number of tasks that could have been taken, at an average look.
        unreadable: tasks whose look failed.
        places: different places that are remembered.
        displaced: stacks that were added under ``(others)``, as there were too many places.
        blocked: times that a loop was blocked.
        blocked_seconds: for how long, together.
        blocked_longest: seconds of the longest time.
        blocked_by: the lines that did it, 20 at most.
        blocked_suppressed: log lines about it that were left out.
        lag: of each loop.
    """

    looks: int
    drawn: int
    taken: int
    candidates: float
    unreadable: int
    places: int
    displaced: int
    blocked: int
    blocked_seconds: float
    blocked_longest: float
    blocked_by: tuple[BlockedBy, ...]
    blocked_suppressed: int
    lag: tuple[LagStatistics, ...]


class Sampler:
    """Looks at the tasks and loops of this process; `poll` is a job for a `Watch`.

    Args:
        settings: rate, probability and so on.
        provenance: tells where a task comes from; called in the watch thread, for each task that
            is taken.
        owner: tells whose work a task does if that takes no more than a microsecond, else None;
            called for each task that is drawn.
        live: tells the exact number of live tasks by line; called once for each interval.
        source: returns weak references to all tasks.
        sink: takes what was sampled in each interval; None: nobody does.
        is_users: tells whether a frame is the user's code; by default by the place of its file.
        clock: monotonic seconds.
        wall: seconds since 1970.
        rng: the source of chance.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        provenance: Provenance | None = None,
        owner: Owner = _nobody_knows,
        live: Callable[[], Mapping[Frame, int]] = _none_counted,
        source: Callable[[], Sequence[TaskRef]] = scheduled_tasks,
        sink: Sink | None = None,
        is_users: Callable[[FrameType], bool] = lies_outside,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._provenance = provenance
        self._paths = Paths()
        self._live = live
        self._sink = sink
        self._is_users = is_users
        self._clock = clock
        self._wall = wall
        self._rng = rng or random.Random()  # noqa: S311 - nobody gains by guessing
        self._source, self._owner = source, owner
        self._marks: dict[int, LoopMark] = {}
        self._cpu = CpuProfiler(self._runs_in, clock=clock, wall=wall)
        self._begin()

    def _begin(self) -> None:
        settings = self._settings
        self._blockages = Blockages(settings.blocked_after, settings.log_interval)
        self._taking = Taking(settings, self._source, self._owner, self._rng)
        self._clocks = ThreadClocks()
        self._threads_at = float("-inf")
        self._kept, self._block, self._window = Table(), Table(), Table()
        self._began = self._window_began = self._wall()
        self._flush_at = self._clock() + settings.profile_interval

    def __repr__(self) -> str:
        return f"<Sampler loops={len(self._marks)} taken={self._taking.taken}>"

    # Loops.

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch ``loop`` from now on; to be called in the thread that runs it. Costs 2 us."""
        mark = self._marks.get(id(loop))
        if mark is not None:
            if mark.loop is loop and mark.thread == threading.get_ident():
                return
            mark.remove()
        self._marks[id(loop)] = LoopMark(loop, threading.get_ident(), self._clock)

    def close(self) -> None:
        """Hand over what was sampled since the last interval, and leave all loops as they were."""
        if self._sink is not None and len(self._window):
            self._flush(self._clock())
        self._leave_loops()

    def _leave_loops(self) -> None:
        for mark in list(self._marks.values()):
            mark.remove()
        self._marks.clear()

    def after_fork(self) -> None:
        """Forget, in the child, what was of the parent: its loops do not run here."""
        self._leave_loops()
        self._cpu.after_fork()
        self._begin()

    # The job.

    def poll(self, now: float) -> None:
        """Look once; to be called from one thread, about every 20 ms.

        Cost: about 5 us for each loop, 15 us for a look at tasks, and 45 us for each stack that is
        taken, those that were drawn in vain included; 8 at most.
        """
        for key, mark in list(self._marks.items()):
            self._look_at_loop(key, mark, now)
        self._blockages.end_all_but(set(self._marks.copy().values()), now)
        if now - self._threads_at >= THREADS_EACH:
            self._threads_at = now
            self._look_at_threads(now)
        self._look_at_tasks(now)
        if now >= self._flush_at:
            self._flush(now)

    def _look_at_loop(self, key: int, mark: LoopMark, now: float) -> None:
        if mark.loop is None:
            # Another loop may have come to stand at the same address.
            if self._marks.get(key) is mark:
                del self._marks[key]
            return
        self._blockages.see(mark, mark.look(now), now, lambda held: self._who(mark, held))

    def _who(self, mark: LoopMark, held: Held) -> tuple[Culprit | None, str]:
        """Tell the line and the request that hold a loop."""
        frame = sys._current_frames().get(mark.thread)
        outermost = None if held.task is None else _frame_of(held.task)
        request = "" if held.task is None else self._request_of(held.task)
        return culprit_of(frame, outermost, is_users=self._is_users), request

    def _request_of(self, task: AnyTask) -> str:
        try:
            return facts_of(task, self._provenance).request
        except Exception:  # noqa: BLE001 - whatever a task of the service's own kind may raise
            self._taking.unreadable += 1
            return ""

    def _look_at_tasks(self, now: float) -> None:
        taken = self._taking.look(now)
        if taken is None:
            return
        for index in range(len(taken.tasks)):
            key = self._key_of(taken.tasks[index])
            if key is not None:
                self._add(key, taken.weight, taken.seconds)
        dropped(taken.tasks)

    def _key_of(self, task: AnyTask) -> Key | None:
        """Return the place of a task; None if it is not the user's, or cannot be told."""
        try:
            facts = facts_of(task, self._provenance)
            if facts.owner != "user":
                return None
            seen = look(task, self._paths)
        except Exception:  # noqa: BLE001 - whatever a task of the service's own kind may raise
            self._taking.unreadable += 1
            return None
        return Key(seen.stack, seen.state, facts.created_at, facts.owner, facts.request)

    def _add(self, key: Key, weight: float, seconds: float) -> None:
        self._kept.add(key, weight, seconds)
        if self._sink is not None:
            self._window.add(key, weight, seconds)
        if key.state in BLOCKING:
            self._block.add(Key(key.stack, key.state), weight, seconds)

    def _look_at_threads(self, now: float) -> None:
        # Half of what there is, on average: many tasks take all that is left, at each look.
        tokens = self._taking.tokens
        most = int(tokens.fill(now) / 2 + self._rng.random())
        if not most:
            return
        loops = {mark.thread for mark in list(self._marks.values())}
        busy = [
            burned
            for burned in self._clocks.look(now)
            if burned.cpu > BUSY * burned.elapsed > 0 and burned.ident not in loops
        ]
        taken, each = take(busy, most, self._rng)
        tokens.spend(len(taken))
        for burned in taken:
            self._add_thread(burned, each)

    def _add_thread(self, burned: Burned, each: float) -> None:
        stack = stack_of(burned.frame)
        key = Key(stack, TaskState.RUNNING, owner="user", kind="thread")
        # As many looks as there were at tasks in that time.
        seconds = each * burned.elapsed
        self._add(key, seconds / PERIOD, seconds)

    def _flush(self, now: float) -> None:
        self._flush_at = now + self._settings.profile_interval
        self._kept.fade(FADE, self._rng.random)
        # It remembers code, and has a bound.
        self._paths = Paths()
        table, self._window = self._window, Table()
        span = self._since(self._window_began, table)
        self._window_began = span.ended
        if self._sink is not None:
            self._sink(Window(table, span, self._live_now()))

    def _since(self, began: float, table: Table) -> Span:
        # The wall clock may have been set back, and servers refuse what ends before it begins.
        ended = self._wall()
        return Span(min(began, ended), ended, table.period)

    def _live_now(self) -> Mapping[Frame, int]:
        try:
            return self._live()
        except Exception:  # noqa: BLE001 - a profile without them is one, too
            self._taking.unreadable += 1
            return {}

    # Reading.

    def profile(self, kind: Literal["wall", "block"]) -> Profile:
        """Return what was sampled so far; from any thread.

        Args:
            kind: ``wall``: where tasks are, of the last ten minutes or so, older ones fading.
                ``block``: where tasks wait for each other, since the start.

        Raises:
            ValueError: there is no such profile.
        """
        span = self._since(self._began, self._kept)
        if kind == "wall":
            return wall_profile(self._kept.scaled(), span, self._live_now())
        if kind == "block":
            return block_profile(self._block.rows(), span)
        msg = f"there is no profile {kind!r}; there are 'wall' and 'block'"
        raise ValueError(msg)

    def cpu_profile(self, seconds: float) -> Profile:
        """Take a CPU profile for so many seconds, in the calling thread; see `CpuProfiler.run`."""
        return self._cpu.run(seconds)

    def _runs_in(self, ident: int) -> tuple[str, str]:
        """Tell the function and the request of the task that runs in a thread."""
        for mark in list(self._marks.values()):
            loop = mark.loop
            if mark.thread == ident and loop is not None:
                task = asyncio.current_task(loop)
                if task is not None:
                    return _function_of(task), self._request_of(task)
        return "", ""

    def statistics(self) -> SamplerStatistics:
        """Return the totals so far; from any thread."""
        now, taking, blockages = self._clock(), self._taking, self._blockages
        return SamplerStatistics(
            looks=taking.looks,
            drawn=taking.drawn,
            taken=taking.taken,
            candidates=taking.candidates / max(taking.looks, 1),
            unreadable=taking.unreadable,
            places=len(self._kept),
            displaced=self._kept.displaced,
            blocked=blockages.events,
            blocked_seconds=blockages.seconds,
            blocked_longest=blockages.longest,
            blocked_by=blockages.lines(),
            blocked_suppressed=blockages.suppressed,
            lag=tuple(mark.statistics(now) for mark in list(self._marks.values())),
        )


def _frame_of(task: AnyTask) -> FrameType | None:
    # Not `get_coro()`: an eager task that has finished crashes CPython 3.12.1 there.
    frame: FrameType | None = getattr(getattr(task, "_coro", None), "cr_frame", None)
    return frame


def _function_of(task: AnyTask) -> str:
    return str(getattr(getattr(task, "_coro", None), "__qualname__", ""))
