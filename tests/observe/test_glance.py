from __future__ import annotations

import asyncio
from typing import Any
from weakref import ref

import pytest

from observe._looking import for_ever, settle, started
from snowshed.core import WorkerPool
from snowshed.model import TaskState
from snowshed.observe._snapshot._glance import count_by_state, glance
from snowshed.observe._snapshot._snapshot import Describe, take_on_loop
from snowshed.observe._snapshot._tasks import live_tasks


def test_tasks_are_counted_by_what_one_field_tells() -> None:
    async def fail() -> None:
        raise LookupError

    async def main() -> None:
        async with WorkerPool(for_ever, max_workers=1, queue_size=0) as pool:
            job = await pool.submit()
            waiting = asyncio.create_task(for_ever())

            async def awaits(awaitable: Any) -> None:
                await awaitable

            tasks = [
                waiting,
                asyncio.create_task(awaits(waiting)),
                asyncio.create_task(awaits(asyncio.gather(waiting))),
                asyncio.create_task(awaits(job)),
                asyncio.create_task(asyncio.sleep(100)),
                asyncio.create_task(asyncio.sleep(0)),
                asyncio.create_task(fail()),
            ]
            await settle()
            tasks.append(asyncio.create_task(for_ever()))
            own = [each for each in live_tasks() if each() in tasks]
            assert count_by_state(own) == {
                TaskState.FUTURE: 2,
                TaskState.AWAIT_TASK: 1,
                TaskState.GATHER: 1,
                TaskState.POOL: 1,
                TaskState.DONE: 1,
                TaskState.UNRETRIEVED: 1,
                TaskState.READY: 1,
            }
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            job.cancel()

    asyncio.run(main())


def test_a_task_that_was_woken_counts_as_ready() -> None:
    async def main() -> None:
        event = asyncio.Event()
        task = asyncio.create_task(event.wait())
        await settle()
        own = [each for each in live_tasks() if each() is task]
        assert count_by_state(own) == {TaskState.FUTURE: 1}
        event.set()
        assert count_by_state(own) == {TaskState.READY: 1}
        await task

    asyncio.run(main())


def test_what_is_no_task_of_asyncios_is_counted_and_does_no_harm() -> None:
    class Foreign:
        @property
        def _fut_waiter(self) -> Any:
            raise RuntimeError

    foreign = Foreign()
    assert count_by_state([lambda: foreign, lambda: None]) == {  # type: ignore[list-item,arg-type]
        TaskState.FUTURE: 1
    }


def test_a_glance_tells_the_state_and_nothing_else() -> None:
    async def main() -> None:
        async with started(asyncio.sleep(10)) as (task,):
            seen = glance(task)
            assert (seen.state, seen.stack, seen.resource) == (TaskState.FUTURE, (), None)
            assert str(seen.function) == "not looked at"

    asyncio.run(main())


def test_a_snapshot_at_a_glance_has_each_task_and_makes_no_frames() -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        await lock.acquire()
        async with started(lock.acquire(), asyncio.sleep(10)) as tasks:
            looks = [
                await take_on_loop(Describe(ended=map(ref, tasks), threads=False, closely=closely))
                for closely in (True, False)
            ]
            close, quick = ({task.id: task for task in look.tasks} for look in looks)
            assert {id(task) for task in tasks} <= quick.keys()
            assert close[id(tasks[0])].state is TaskState.LOCK
            assert quick[id(tasks[0])].state is TaskState.FUTURE
            assert not any(task.stack for task in quick.values())

    asyncio.run(main())


def test_what_is_no_task_is_unreadable_at_a_glance_too() -> None:
    with pytest.raises(AttributeError):
        glance(object())
