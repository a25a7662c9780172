"""Semaphores: taking a permit that is free, and waiting for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from benchmarks._runner import Case, LoopKind, Section, Work
from snowshed import WeightedSemaphore

GOAL = 0.8
FREE = 100
TASKS, PERMITS = 50, 5


def _uncontended(make: Callable[[], Any]) -> Work:
    async def work(operations: int) -> None:
        semaphore = make()
        for _ in range(operations):
            async with semaphore:
                pass

    return work


def _contended(make: Callable[[], Any]) -> Work:
    async def take_turns(semaphore: Any, turns: int) -> None:
        for _ in range(turns):
            async with semaphore:
                await asyncio.sleep(0)

    async def work(operations: int) -> None:
        semaphore = make()
        turns = max(operations // TASKS, 1)
        await asyncio.gather(*(take_turns(semaphore, turns) for _ in range(TASKS)))

    return work


async def _nowait(operations: int) -> None:
    semaphore = WeightedSemaphore(FREE)
    for _ in range(operations):
        semaphore.acquire_nowait()
        semaphore.release()


def _anyio(permits: int) -> Any:
    import anyio

    return anyio.Semaphore(permits)


def _anyio_fast(permits: int) -> Any:
    import anyio

    return anyio.Semaphore(permits, fast_acquire=True)


def _anyio_limiter(permits: int) -> Any:
    import anyio

    return anyio.CapacityLimiter(permits)


def _aiologic(permits: int) -> Any:
    import aiologic

    return aiologic.Semaphore(permits)


def _aiolimiter() -> Any:
    import aiolimiter

    return aiolimiter.AsyncLimiter(1e9, 1.0)


_RIVALS: list[tuple[str, Callable[[int], Any], str]] = [
    ("anyio.Semaphore", _anyio, "anyio"),
    ("anyio.Semaphore, fast_acquire", _anyio_fast, "anyio"),
    ("anyio.CapacityLimiter", _anyio_limiter, "anyio"),
    ("aiologic.Semaphore", _aiologic, "aiologic"),
]


def sections(loop: LoopKind) -> list[Section]:
    """Return a section for semaphores with free permits, and one for those without."""
    free = Section(
        "semaphore: uncontended",
        Case("asyncio.Semaphore", _uncontended(lambda: asyncio.Semaphore(FREE))),
        (
            Case("WeightedSemaphore", _uncontended(lambda: WeightedSemaphore(FREE)), GOAL),
            Case("WeightedSemaphore.acquire_nowait", _nowait),
            *_rivals(_uncontended, FREE),
            Case("aiolimiter.AsyncLimiter", _uncontended(_aiolimiter), needs="aiolimiter"),
        ),
        5000,
        loop,
    )
    taken = Section(
        f"semaphore: {TASKS} tasks, {PERMITS} permits",
        Case("asyncio.Semaphore", _contended(lambda: asyncio.Semaphore(PERMITS))),
        (
            Case("WeightedSemaphore", _contended(lambda: WeightedSemaphore(PERMITS))),
            *_rivals(_contended, PERMITS),
        ),
        1000,
        loop,
    )
    return [free, taken]


def _rivals(kind: Callable[[Callable[[], Any]], Work], permits: int) -> list[Case]:
    return [
        Case(name, kind(lambda make=make: make(permits)), needs=package)  # type: ignore[misc]
        for name, make, package in _RIVALS
    ]
