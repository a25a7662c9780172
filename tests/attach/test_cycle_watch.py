"""Tasks that await each other are freed, if that was asked for."""

from __future__ import annotations

import asyncio
import logging
from weakref import ref

import pytest
import uvloop

from snowshed.attach import _cycle_watch
from snowshed.attach._cycle_watch import CycleWatch
from snowshed.errors import WouldDeadlock


async def ring() -> tuple[asyncio.Task[None], asyncio.Task[None]]:
    tasks: list[asyncio.Task[None]] = []

    async def awaits(other: int) -> None:
        await tasks[other]

    tasks += [asyncio.create_task(awaits(1)), asyncio.create_task(awaits(0))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first, second = tasks
    return first, second


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_cycle_is_broken_from_the_thread_that_watches(run) -> None:
    async def main() -> list[BaseException | None]:
        tasks = await ring()
        await asyncio.to_thread(CycleWatch(), 0.0)
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert any(isinstance(result, WouldDeadlock) for result in run(main()))


def test_tasks_that_wait_for_others_in_peace_are_left_alone() -> None:
    async def work() -> str:
        await asyncio.sleep(0.01)
        return "done"

    async def outer() -> str:
        return await asyncio.create_task(work())

    async def main() -> list[str]:
        tasks = [asyncio.create_task(outer()) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.to_thread(CycleWatch(), 0.0)
        return await asyncio.gather(*tasks)

    assert asyncio.run(main()) == ["done"] * 3


def test_too_many_are_left_alone_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_cycle_watch, "AT_MOST", 1)
    watch = CycleWatch()

    async def main() -> None:
        tasks = await ring()
        for _ in range(2):
            await asyncio.to_thread(watch, 0.0)
        await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)
        monkeypatch.setattr(_cycle_watch, "AT_MOST", 100)
        await asyncio.to_thread(watch, 0.0)
        await asyncio.gather(*tasks, return_exceptions=True)

    with caplog.at_level(logging.WARNING, logger="snowshed.waits"):
        asyncio.run(main())
    assert sum("are not looked for" in record.message for record in caplog.records) == 1


def test_a_loop_that_is_closed_meanwhile_is_left_alone() -> None:
    loop = asyncio.new_event_loop()
    tasks = loop.run_until_complete(ring())
    watch = CycleWatch(lambda: [ref(task) for task in tasks])
    watch(0.0)
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()
    watch(0.0)
