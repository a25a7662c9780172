"""A hundred thousand tasks that wait, as tasks of services do.

Run as ``python -m benchmarks._crowd LOOP TASKS`` it is a service of nothing else, whose loop says
how late it is: after ``begin`` on its input it counts, after ``end`` it prints what it has seen.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from statistics import quantiles
from typing import Any, cast

from benchmarks._runner import LoopKind, new_loop

CROWD = 100_000
# Tasks for each lock and each queue, and tasks that are made without a pause.
SHARED_BY, AT_ONCE = 100, 500
# Seconds between two looks at the clock.
PROBE = 0.001
LONG = 24 * 3600.0


async def _take(lock: asyncio.Lock) -> None:
    async with lock:
        pass


async def _get(queue: asyncio.Queue[int]) -> int:
    return await queue.get()


async def _sleep() -> None:
    await asyncio.sleep(LONG * (1 + random.random()))


async def _answer(levels: int, future: asyncio.Future[int]) -> int:
    return await (_answer(levels - 1, future) if levels else future)


async def crowd(number: int) -> list[asyncio.Task[Any]]:
    """Start so many tasks: a quarter each waits for locks, for queues, for a time, and deeper."""
    tasks: list[asyncio.Task[Any]] = []
    loop = asyncio.get_running_loop()
    while len(tasks) < number:
        lock, queue, answer = asyncio.Lock(), asyncio.Queue[int](), loop.create_future()
        await lock.acquire()
        makers: tuple[Callable[[], Coroutine[Any, Any, Any]], ...] = (
            lambda lock=lock: _take(lock),  # type: ignore[misc]
            lambda queue=queue: _get(queue),  # type: ignore[misc]
            _sleep,
            lambda answer=answer: _answer(3, answer),  # type: ignore[misc]
        )
        for make in makers:
            tasks += [asyncio.create_task(make()) for _ in range(min(SHARED_BY, number))]
        if len(tasks) % AT_ONCE < SHARED_BY:
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


def end_crowd(loop: asyncio.AbstractEventLoop, tasks: list[asyncio.Task[Any]]) -> None:
    """End a crowd, and the loop."""
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()


class _Lag:
    """How late the loop comes to what it has to do, seen by a timer that starts itself anew."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._late: list[float] = []
        self._due: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._late = []
        self._start()

    def _start(self) -> None:
        # Not the loop's own clock: that of uvloop has only milliseconds.
        self._due = self._loop.call_later(PROBE, self._look, time.perf_counter() + PROBE)

    def _look(self, due: float) -> None:
        self._late.append(time.perf_counter() - due)
        self._start()

    def end(self) -> None:
        if self._due is not None:
            self._due.cancel()
        hundredths = quantiles(self._late, n=100, method="inclusive")
        seen = {"p50": hundredths[49], "p90": hundredths[89], "max": max(self._late)}
        print(json.dumps(seen), flush=True)


async def _serve(number: int) -> None:
    loop = asyncio.get_running_loop()
    tasks = await crowd(number)
    # As it is with a service that has had them for a while.
    gc.collect()
    lag, over = _Lag(loop), asyncio.Event()
    commands = {"begin": lag.begin, "end": lag.end}

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(commands[line.strip()])
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=listen, daemon=True).start()
    print(len(tasks), flush=True)
    await over.wait()


if __name__ == "__main__":
    _loop = new_loop(cast(LoopKind, sys.argv[1]))
    asyncio.set_event_loop(_loop)
    _loop.run_until_complete(_serve(int(sys.argv[2])))
    # Whoever ends properly has something to say about each task that has not ended.
    os._exit(0)
