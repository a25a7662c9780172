"""What it costs a service that its tasks and loops are looked at all the time.

Two things are measured. What the thread of the loop pays: the counter around its selector, and that
it shares the interpreter with another thread. And what that thread takes of the processor itself,
as a share of one core.

The load is a service in small: requests that start tasks, take a lock, write to a queue and sleep,
so that there are always some hundreds of tasks older than 10 ms.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks._runner import CONTROL, Case, LoopKind, Row, Section, loop_kinds, new_loop, row_of
from snowshed.observe._sampler._lag import LoopMark
from snowshed.observe._sampler._sampler import Sampler
from snowshed.observe._settings import Settings
from snowshed.observe._watch import Watch

NAME = "sampler"
# Of the time that the loop's thread takes for the same work.
GOAL = 1.01
# Per cent of one core.
SHARE = 1.0
WAITING = 500
BURST = 20
# Long enough that what the thread may spend ahead does not count, and before that a part that is
# not measured: the first looks load and build what the others have.
SECONDS, WARM_UP = 5.0, 1.0
ROUNDS = 7


async def _step() -> int:
    return sum(range(50))


async def _rounds(operations: int) -> None:
    """Go round the loop, a few tasks in each round."""
    for _ in range(operations // BURST):
        for task in [asyncio.create_task(_step()) for _ in range(BURST)]:
            await task


def sections(loop: LoopKind) -> list[Section]:
    """Return the section of the tick; there is none where rounds are not counted."""
    if loop != "asyncio":
        return []

    def mark(loop: asyncio.AbstractEventLoop) -> object:
        return LoopMark(loop, 0)

    ticked = Case("with the tick", _rounds, prepare=mark)
    return [
        Section(
            f"{NAME}: a round of the loop with {BURST} tasks",
            Case("without", _rounds),
            (ticked,),
            4000,
            loop,
        )
    ]


class _Service:
    """A loop that is busy with small requests while hundreds of tasks wait."""

    def __init__(self, kind: LoopKind) -> None:
        self.loop = new_loop(kind)
        self._waiting = self.loop.run_until_complete(self._start())

    async def _start(self) -> list[asyncio.Task[object]]:
        self._lock, event = asyncio.Lock(), asyncio.Event()
        waiting = [asyncio.create_task(event.wait()) for _ in range(WAITING)]
        await asyncio.sleep(0)
        return [*waiting]

    async def _request(self) -> None:
        async with self._lock:
            await asyncio.sleep(0)
        for task in [asyncio.create_task(_step()) for _ in range(5)]:
            await task

    async def _serve(self, requests: int) -> None:
        for _ in range(requests // 10):
            await asyncio.gather(*(self._request() for _ in range(10)))

    def cpu_of(self, requests: int) -> float:
        """Return the CPU seconds of the loop's thread for so many requests."""
        began = time.thread_time()
        self.loop.run_until_complete(self._serve(requests))
        return time.thread_time() - began

    def close(self) -> None:
        for task in self._waiting:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*self._waiting, return_exceptions=True))
        self.loop.close()


@contextmanager
def _sampled(loop: asyncio.AbstractEventLoop) -> Iterator[Watch]:
    sampler = Sampler(Settings(), rng=random.Random(1))
    sampler.watch(loop)
    watch = Watch([sampler.poll])
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()
        sampler.close()


def measure(*, rounds: int, seconds: float = SECONDS) -> Iterator[list[Row]]:
    """Yield the rows of a busy service on each loop: its own CPU, and that of the thread."""
    for kind in loop_kinds():
        service = _Service(kind)
        try:
            yield _measured(service, kind, rounds, seconds)
        finally:
            service.close()


def _measured(service: _Service, kind: LoopKind, rounds: int, seconds: float) -> list[Row]:
    requests = _requests_in(service, seconds)
    shares: list[float] = []

    def bare() -> float:
        return service.cpu_of(requests)

    def sampled() -> float:
        with _sampled(service.loop) as watch:
            service.cpu_of(round(requests * WARM_UP / SECONDS))
            began, before = time.monotonic(), watch.statistics().cpu
            spent = service.cpu_of(requests)
            taken = watch.statistics().cpu - before
            shares.append(100 * taken / (time.monotonic() - began))
        return spent

    ratios: dict[str, list[float]] = {CONTROL: [], "sampled": []}
    cases: list[tuple[str, Callable[[], float]]] = [
        ("bare", bare),
        (CONTROL, bare),
        ("sampled", sampled),
    ]
    for _ in range(min(rounds, ROUNDS)):
        random.shuffle(cases)
        spent = {name: case() for name, case in cases}
        for name, found in ratios.items():
            found.append(spent[name] / spent["bare"])
    section = f"{NAME}: a busy service with {WAITING} tasks that wait"
    rows = [
        row_of(found, section=section, name=name, loop=kind, goal=goal, baseline="without it")
        for (name, found), goal in zip(ratios.items(), (None, GOAL), strict=True)
    ]
    share = row_of(
        shares,
        section=f"{NAME}: its thread",
        name="CPU of the thread, in per cent",
        loop=kind,
        goal=SHARE,
        baseline="a hundredth of a core",
    )
    return [*rows, share]


def _requests_in(service: _Service, seconds: float) -> int:
    """Return how many requests take about so many seconds of CPU."""
    service.cpu_of(500)
    return max(int(1000 * seconds / service.cpu_of(1000)) // 10 * 10, 10)
