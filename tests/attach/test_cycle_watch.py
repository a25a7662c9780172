"""Tasks that await each other are freed, if that was asked for."""

from __future__ import annotations

import asyncio
import gc
import logging
from weakref import ref

import pytest

from attach.test_task_factory import LOOPS, run_on
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


@pytest.mark.parametrize("loop_kind", LOOPS)
def test_a_cycle_is_broken_from_the_thread_that_watches(loop_kind: str) -> None:
    async def main() -> list[BaseException | None]:
        tasks = await ring()
        await asyncio.to_thread(CycleWatch(), 0.0)
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert any(isinstance(result, WouldDeadlock) for result in run_on(loop_kind, main))


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


def test_a_loop_that_has_stopped_is_handed_nothing_to_keep() -> None:
    loop = asyncio.new_event_loop()
    tasks = loop.run_until_complete(ring())
    watch = CycleWatch(lambda: [ref(task) for task in tasks])
    for _ in range(3):
        watch(0.0)
    assert not loop._ready  # type: ignore[attr-defined]

    async def meet_the_watch() -> None:
        await asyncio.to_thread(watch, 0.0)
        await asyncio.gather(*tasks, return_exceptions=True)

    loop.run_until_complete(meet_the_watch())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_a_loop_that_is_closed_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.new_event_loop()
    tasks = loop.run_until_complete(ring())
    watch = CycleWatch(lambda: [ref(task) for task in tasks])
    CycleWatch._break(watch, loop, [ref(task) for task in tasks])
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()
    # It ran when it was asked, and is closed by the time that something is handed to it.
    monkeypatch.setattr(loop, "is_running", lambda: True)
    monkeypatch.setattr(_cycle_watch, "_loop_of_waiting", lambda _: loop)
    watch(0.0)


def test_looking_keeps_no_task_of_a_loop_that_does_not_come_to_it() -> None:
    async def waits_for(other: asyncio.Future[None]) -> None:
        await other

    async def main() -> None:
        inner = asyncio.create_task(asyncio.sleep(1000))
        outer = asyncio.create_task(waits_for(inner))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        CycleWatch()(0.0)
        # The loop has not come to it yet: nothing but references of the task's own hold it.
        lists = [each for each in gc.get_referrers(outer) if isinstance(each, list)]
        assert lists == []
        outer.cancel()
        await asyncio.wait([outer])

    asyncio.run(main())
