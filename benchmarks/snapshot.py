"""What a service feels of a look at a hundred thousand tasks, and what comes of the look.

The service is a process under ``snowshed run`` that does nothing but see how late its loop is. It
is asked over its socket, as ``snowshed tasks`` asks. How late it is when nobody asks shows beside
it: a neighbour on the machine, the garbage collector and the kernel make it late as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks._crowd import CROWD, crowd, end_crowd
from benchmarks._figures import figure
from benchmarks._processes import CAN_MEASURE, RUN, Process, cpu_of, hear, started, tell
from benchmarks._runner import LoopKind, Row, loop_kinds, new_loop
from snowshed.cli._ask import Question, at_socket
from snowshed.observe._serve._place import socket_of
from snowshed.observe._snapshot._glance import count_by_state
from snowshed.observe._snapshot._tasks import live_tasks

NAME = "snapshot"
PAGES = {
    "each task": Question("snowshed/tasks"),
    "grouped by the line": Question("snowshed/tasks", {"group-by": "created-at"}),
}
EACH = "each task"
P90, LONGEST, BYTES = 5.0, 20.0, 300.0
# Microseconds for each task.
COUNTING = 0.2
RUNS = 5
QUIET = 1.0
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look: how late the loop was meanwhile, in ms, and what it took and gave for each task."""

    p90: float
    longest: float
    seconds: float = 0.0
    cpu: float = 0.0
    size: float = 0.0


def measure(
    kind: LoopKind, *, rounds: int, number: int = CROWD, quiet: float = QUIET
) -> Iterator[list[Row]]:
    """Yield the rows of a service with ``number`` tasks.

    Args:
        kind: its loop.
        rounds: looks at each page; 5 at most.
        number: its tasks.
        quiet: seconds for which it is left alone before each pair of looks.
    """
    if not CAN_MEASURE:
        return
    with started(*RUN, "-m", "benchmarks._crowd", kind, str(number), talks=True) as process:
        assert int(hear(process)) >= number
        alone: list[Look] = []
        looks: dict[str, list[Look]] = {page: [] for page in PAGES}
        for round_ in range(-1, min(rounds, RUNS)):
            left = _left_alone(process, quiet)
            asked = {page: _asked(process, question) for page, question in PAGES.items()}
            # The first one loads the pages.
            if round_ >= 0:
                alone.append(left)
                for page, look in asked.items():
                    looks[page].append(look)
    yield [*_rows(kind, number, alone, looks)]


def _left_alone(process: Process, seconds: float) -> Look:
    tell(process, "begin")
    time.sleep(seconds)
    return Look(*_late(process))


def _asked(process: Process, question: Question) -> Look:
    service = at_socket(process.pid, socket_of(process.pid), PATIENCE)
    tell(process, "begin")
    began, cpu = time.perf_counter(), cpu_of(process)
    body = service.ask(question)
    seconds, cpu = time.perf_counter() - began, cpu_of(process) - cpu
    tasks = json.loads(body)["total"]
    return Look(*_late(process), seconds / tasks, cpu / tasks, len(body) / tasks)


def _late(process: Process) -> tuple[float, float]:
    tell(process, "end")
    late = json.loads(hear(process))
    return 1000 * late["p90"], 1000 * late["max"]


def _rows(kind: str, number: int, alone: list[Look], looks: dict[str, list[Look]]) -> Iterator[Row]:
    section = f"{NAME} of {number:,} tasks"
    yield figure(section, "nobody asks: lag, p90, ms", kind, [look.p90 for look in alone])
    yield figure(section, "nobody asks: longest lag, ms", kind, [look.longest for look in alone])
    for page, seen in looks.items():
        p90, longest = [look.p90 for look in seen], [look.longest for look in seen]
        yield figure(section, f"{page}: lag, p90, best run, ms", kind, [min(p90)], P90)
        yield figure(section, f"{page}: longest lag, best run, ms", kind, [min(longest)], LONGEST)
        yield figure(section, f"{page}: lag, p90, ms", kind, p90)
        yield figure(section, f"{page}: longest lag, ms", kind, longest)
        cpu, wall = [1e6 * look.cpu for look in seen], [1e6 * look.seconds for look in seen]
        yield figure(section, f"{page}: us of CPU for each task", kind, cpu)
        yield figure(section, f"{page}: us until the answer for each task", kind, wall)
        size = [look.size for look in seen]
        goal = BYTES if page == EACH else None
        yield figure(section, f"{page}: bytes for each task", kind, size, goal)


def counts(*, rounds: int, number: int = CROWD // 5) -> Iterator[list[Row]]:
    """Yield the rows of counting tasks by what one field of each tells, on each loop."""
    for kind in loop_kinds():
        loop = new_loop(kind)
        tasks = loop.run_until_complete(crowd(number))
        try:
            spent = [_spent_counting() for _ in range(rounds + 1)][1:]
        finally:
            end_crowd(loop, tasks)
        section = f"{NAME}: counts by state"
        yield [figure(section, "us for each task", kind, spent, COUNTING)]


def _spent_counting() -> float:
    tasks = live_tasks()
    began = time.thread_time()
    counted = count_by_state(tasks)
    return 1e6 * (time.thread_time() - began) / sum(counted.values())
