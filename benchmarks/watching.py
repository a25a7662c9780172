"""A service with a hundred thousand tasks, loaded, while somebody looks at them every few seconds.

``snowshed tasks PID --group-by created-at`` is run again and again beside it, as an operator would.
Windows of some seconds in which it is run and such in which it is not follow each other in random
order, on the same process, and so do two kinds of window without it, whose difference is the noise.
The command is a process of its own, which takes a third of a second of a processor to start, here
of the two that the service and its load have as well; in a fourth kind of window it asks a service
that has nothing to do, which shows how much of a loss is that.

There are two loads. A *steady* one at a third of what the service can answer, as services are run:
it must be answered as before. And *all that it can take*, in which a look and the requests share
one processor, and the look takes its part; this shows how large it is.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from benchmarks._processes import (
    CAN_MEASURE,
    RUN,
    Process,
    arguments_of_uvicorn,
    free_port,
    hear,
    started,
    tell,
    wait_for_port,
)
from benchmarks._pythons import HOUSE
from benchmarks._runner import CONTROL, Row, row_of

NAME = "watching"
ALONE, WATCHED = "nobody looks", "snowshed tasks, every 3 s"
ELSEWHERE = "snowshed tasks of another process"
STACKS = (("asyncio", "h11"), ("uvloop", "httptools"))
LOADS = ("steady", "all that it can take")
SECONDS, EVERY, PATIENCE = 6.0, 3.0, 120.0
# Of what it can answer.
STEADY = 1 / 3
ROUNDS = 3
# Throughput and p99 of a steady load.
# As far as the noise of the run allows: where the control is off by more, that is the goal.
LEAST, MOST = 0.99, 1.25


@dataclass(frozen=True, slots=True)
class Window:
    """Requests in a second, and the 99th percentile of the seconds that one took."""

    rate: float
    p99: float


def measure(
    loop: str, parser: str, load: str, *, rounds: int, seconds: float = SECONDS
) -> Iterator[list[Row]]:
    """Yield the rows of a service on this loop.

    Args:
        loop: of uvicorn.
        parser: of uvicorn.
        load: one of `LOADS`.
        rounds: of four windows.
        seconds: of a window.
    """
    if not CAN_MEASURE:
        return
    port = free_port()
    service = arguments_of_uvicorn(
        "benchmarks._crowded_service:app", port=port, loop=loop, parser=parser
    )
    with (
        started(*RUN, *service) as server,
        started(*RUN, "-m", "benchmarks._crowd", "asyncio", "10", talks=True) as other,
        started("-m", "benchmarks._paced", talks=True) as generator,
    ):
        hear(other)
        wait_for_port(server, port, PATIENCE)

        def window(rate: float) -> Window:
            tell(generator, f"{port} {seconds} {rate}")
            return Window(**json.loads(hear(generator)))

        most = window(0).rate
        rate = STEADY * most if load == LOADS[0] else 0.0
        asked = {WATCHED: server, ELSEWHERE: other}
        windows = [_round(asked, lambda: window(rate)) for _ in range(rounds)]
    yield [*_rows(f"{loop}, {parser}", load, windows)]


def _round(asked: Mapping[str, Process], window: Callable[[], Window]) -> dict[str, Window]:
    names = [ALONE, CONTROL, *asked]
    random.shuffle(names)
    seen: dict[str, Window] = {}
    for name in names:
        with _looks(asked[name]) if name in asked else nullcontext():
            seen[name] = window()
    return seen


@contextmanager
def _looks(server: Process) -> Iterator[None]:
    """Have somebody look at the tasks of ``server`` every few seconds."""
    over = threading.Event()
    failed: list[str] = []

    def look() -> None:
        pause = 0.0
        while not over.wait(pause):
            began = time.monotonic()
            command = ["snowshed", "tasks", str(server.pid), "--group-by", "created-at"]
            done = subprocess.run(
                [sys.executable, "-m", *command], cwd=HOUSE, capture_output=True, check=False
            )
            if done.returncode:
                failed.append(done.stderr.decode())
            pause = max(EVERY - (time.monotonic() - began), 0.0)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise RuntimeError(failed[0])


def _rows(loop: str, load: str, windows: list[dict[str, Window]]) -> Iterator[Row]:
    for what, key, at_least in (
        ("requests per second, more is better", attrgetter("rate"), True),
        ("p99 of the answers", attrgetter("p99"), False),
    ):
        row = partial(
            row_of,
            section=f"{NAME}: {load}: {what}",
            loop=loop,
            at_least=at_least,
            baseline=ALONE,
        )
        ratios = {
            name: [key(each[name]) / key(each[ALONE]) for each in windows]
            for name in (CONTROL, ELSEWHERE, WATCHED)
        }
        noise = [row(ratios[name], name=name, goal=None) for name in (CONTROL, ELSEWHERE)]
        yield from noise
        lowest, highest = [each.q1 or 1.0 for each in noise], [each.q3 or 1.0 for each in noise]
        goal = round(min(LEAST, *lowest) if at_least else max(MOST, *highest), 2)
        yield row(ratios[WATCHED], name=WATCHED, goal=goal if load == LOADS[0] else None)
