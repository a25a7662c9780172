"""All tasks and threads of the process at one moment, or nearly, without anybody noticing.

A look at a hundred thousand tasks takes more than a second. Done at once it would stop the service
for as long, which is the last thing that a service in trouble needs. So it is done in chunks of a
quarter of a millisecond, with pauses in which everybody else has a turn: by a thread (`take`),
which is what to use, as it also sees a loop that is stuck; or on the loop itself (`take_on_loop`).

The price is that the moment is some seconds long. Each task is seen at one instant; two tasks are
not seen at the same. Who has ended in between is counted as vanished, who was made is not there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.observe._snapshot._survey import Survey
from snowshed.observe._snapshot._tasks import TaskRef, TaskRefs, live_tasks
from snowshed.observe._snapshot._threads import look_at_threads

if TYPE_CHECKING:
    from snowshed.model import TaskSnapshot, TaskState
    from snowshed.observe._snapshot._provenance import Provenance

CHUNK = 0.00025
PAUSE = 0.0005
# A thread that wants the interpreter of a busy loop waits for it up to 5 ms after each pause, so
# that a hundred thousand tasks would take a quarter of a minute. A look that takes as long as this,
# in seconds, does twice as much between two pauses, and after twice as long four times.
LONG = 3.0


@dataclass(frozen=True, slots=True)
class Describe:
    """What a snapshot is to contain.

    Attributes:
        provenance: tells where tasks come from; None: nobody does.
        ended: weak references to tasks that have ended, beside those that asyncio still knows.
        at_most: look at so many tasks, chosen at random; None: at all.
        threads: whether to look at threads too.
        loops: which loops to ask for their tasks, on Python 3.14; before it all are known.
    """

    provenance: Provenance | None = None
    ended: Iterable[TaskRef] = ()
    at_most: int | None = None
    threads: bool = True
    loops: Iterable[asyncio.AbstractEventLoop] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Tasks and threads as they were seen.

    Attributes:
        tasks: one for each task that was looked at.
        threads: one for each thread.
        holders: for resources that know who holds them: the ``id`` of each, and those of the
            tasks.
        taken_at: when the look began, in seconds since 1970.
        duration: how long it took, in seconds.
        total: tasks that there were when it began, those not looked at included.
        vanished: tasks that were gone when their turn came.
        unreadable: objects among asyncio's tasks that cannot be looked at.
        guessed: tasks whose lines were taken from others at the same place, or left out, because
            more than 100,000 frames would have had to be made.
        untold: tasks of which whoever knows where they come from failed to tell it.
    """

    tasks: tuple[TaskSnapshot, ...]
    threads: tuple[TaskSnapshot, ...] = ()
    holders: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    taken_at: float = 0.0
    duration: float = 0.0
    total: int = 0
    vanished: int = 0
    unreadable: int = 0
    guessed: int = 0
    untold: int = 0

    def count_by_state(self) -> dict[TaskState, int]:
        """Return how many of `tasks` are in each state that there is, the most frequent first."""
        counts: dict[TaskState, int] = {}
        for task in self.tasks:
            counts[task.state] = counts.get(task.state, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))


def take(
    describe: Describe | None = None, *, chunk: float = CHUNK, pause: float = PAUSE
) -> Snapshot:
    """Look at all tasks and threads, from a thread that runs no event loop.

    Args:
        describe: what to look at; None: everything, without provenance.
        chunk: seconds of work, in which nobody else runs.
        pause: seconds between two chunks; 0: none, for a process that has nothing else to do.

    Raises:
        RuntimeError: an event loop runs on this thread, and would stand still; ``pause=0`` says
            that this is what you want.

    Cost: 10 to 15 us for each task, three times as long with pauses, longer beside a busy loop. A
    loop that runs meanwhile is late by a chunk each time, which grows when the look takes long: to
    0.5 ms after 3 s, to 1 ms after 6 s.
    """
    if pause > 0 and asyncio._get_running_loop() is not None:
        msg = "take() would block the event loop of this thread: call it on another thread, or"
        raise RuntimeError(f"{msg} await take_on_loop(), or say pause=0 to block it")
    work = _Work(describe or Describe(), chunk)
    for _ in work.steps():
        if pause > 0:
            time.sleep(pause)
            work.hurry()
    return work.snapshot()


def chunk_after(seconds: float, chunk: float) -> float:
    """Return the chunk of a look that began so many ``seconds`` ago with chunks of ``chunk``."""
    if seconds < LONG:
        return chunk
    return 2 * chunk if seconds < 2 * LONG else 4 * chunk


async def take_on_loop(describe: Describe | None = None, *, chunk: float = CHUNK) -> Snapshot:
    """Look at all tasks and threads from a task, letting the other tasks run between two chunks.

    Args:
        describe: what to look at; None: everything, without provenance.
        chunk: seconds of work between two turns of the loop.
    """
    work = _Work(describe or Describe(), chunk)
    for _ in work.steps():
        await asyncio.sleep(0)
    return work.snapshot()


class _Work:
    def __init__(self, describe: Describe, chunk: float) -> None:
        self._describe = describe
        self._taken_at = time.time()
        self._began = time.perf_counter()
        self._survey = Survey(describe.provenance, time.perf_counter, chunk)
        self._chunk = chunk
        self._threads: list[TaskSnapshot] = []

    def hurry(self) -> None:
        """Do more at once if it takes long."""
        self._survey.chunk = chunk_after(time.perf_counter() - self._began, self._chunk)

    def steps(self) -> Iterator[None]:
        describe = self._describe
        tasks = TaskRefs([*live_tasks(describe.loops), *describe.ended])
        yield
        yield from self._survey.steps(tasks, describe.at_most)
        if describe.threads:
            for thread in look_at_threads(self._survey.paths):
                self._threads.append(thread)
                yield

    def snapshot(self) -> Snapshot:
        survey = self._survey
        return Snapshot(
            tuple(survey.tasks),
            tuple(self._threads),
            dict(survey.sharing.holders()),
            self._taken_at,
            time.perf_counter() - self._began,
            survey.total,
            survey.vanished,
            survey.unreadable,
            survey.paths.guessed,
            survey.untold,
        )
