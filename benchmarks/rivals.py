"""What others take that tell what the tasks of a service do, beside what snowshed's hook takes.

All are switched on in the same process, in turn, around the same two loads: tasks that do nothing,
which shows the cost of a task, and tasks that wait for a lock, a queue and each other, as tasks do.

Some work in a thread of their own as well, which is not in the time: it is that of the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from benchmarks import hook
from benchmarks._processes import free_port
from benchmarks._runner import Case, Loop, LoopKind, Section
from benchmarks._spawning import BATCH, batches

NAME = "rivals"
BARE = "nothing"


async def _deep(levels: int) -> int:
    return await _deep(levels - 1) if levels else await _turn()


async def _turn() -> int:
    await asyncio.sleep(0)
    return 1


async def _one(lock: asyncio.Lock, queue: asyncio.Queue[int]) -> None:
    async with lock:
        await asyncio.sleep(0)
    await queue.put(await _deep(4))
    async with asyncio.timeout(60):
        await queue.get()


async def _waiting(operations: int) -> None:
    lock, queue = asyncio.Lock(), asyncio.Queue[int](BATCH)
    for _ in range(operations // BATCH):
        await asyncio.gather(*(_one(lock, queue) for _ in range(BATCH)))


@contextmanager
def _aiomonitor(loop: Loop) -> Iterator[None]:
    import aiomonitor

    monitor = aiomonitor.Monitor(
        loop,
        termui_port=free_port(),
        webui_port=free_port(),
        console_enabled=False,
        hook_task_factory=True,
    )
    with monitor:
        yield


@contextmanager
def _pyleak(loop: Loop) -> Iterator[None]:
    import pyleak

    leaks: Any = pyleak.no_task_leaks(action="log", enable_creation_tracking=True)
    loop.run_until_complete(leaks.__aenter__())
    try:
        yield
    finally:
        loop.run_until_complete(leaks.__aexit__(None, None, None))


@contextmanager
def _debug(loop: Loop) -> Iterator[None]:
    slow = loop.slow_callback_duration
    # Lines in the log about slow rounds are not what is measured.
    loop.slow_callback_duration = 60
    loop.set_debug(True)
    try:
        yield
    finally:
        loop.set_debug(False)
        loop.slow_callback_duration = slow


@cache
def _tracer() -> Any:
    import viztracer

    return viztracer.VizTracer(log_async=True, verbose=0, register_global=False)


@contextmanager
def _viztracer(_loop: Loop) -> Iterator[None]:
    tracer = _tracer()
    tracer.start()
    try:
        yield
    finally:
        tracer.stop()
        tracer.clear()


@contextmanager
def _yappi(_loop: Loop) -> Iterator[None]:
    import yappi

    # As its documentation has it for coroutines.
    yappi.set_clock_type("wall")
    yappi.start()
    try:
        yield
    finally:
        yappi.stop()
        yappi.clear_stats()


def sections(loop: LoopKind) -> list[Section]:
    """Return a section for each of the two loads."""
    each, flood = hook.attaching()
    loads = (
        ("start a task that does nothing, and await it", batches, 1000),
        ("tasks that wait for a lock, a queue and each other", _waiting, 500),
    )
    return [
        Section(
            f"{NAME}: {name}",
            Case(BARE, work),
            (
                Case(f"snowshed, {hook.FLOOD}", work, prepare=flood),
                Case(f"snowshed, {hook.EACH}", work, prepare=each),
                Case("loop.set_debug(True)", work, around=_debug),
                Case(
                    "aiomonitor, its task factory on", work, needs="aiomonitor", around=_aiomonitor
                ),
                Case("pyleak, creation tracking", work, needs="pyleak", around=_pyleak),
                Case("viztracer, log_async", work, needs="viztracer", around=_viztracer),
                Case("yappi, wall clock", work, needs="yappi", around=_yappi),
            ),
            operations,
            loop,
        )
        for name, work, operations in loads
    ]
