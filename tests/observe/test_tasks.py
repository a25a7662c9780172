from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

import pytest

from observe._looking import for_ever, settle
from snowshed.core import WorkerPool
from snowshed.model import TaskState
from snowshed.observe._snapshot._tasks import count_by_state, live_tasks


def alive() -> set[Any]:
    return {each() for each in live_tasks()}


def test_the_tasks_of_all_loops_are_found_from_any_thread() -> None:
    made: list[asyncio.Task[None]] = []
    both, ended = threading.Barrier(3), threading.Event()

    async def main() -> None:
        task = asyncio.create_task(for_ever())
        made.append(task)
        both.wait(10)
        ended.wait(10)
        task.cancel()

    threads = [threading.Thread(target=asyncio.run, args=[main()]) for _ in range(2)]
    for thread in threads:
        thread.start()
    both.wait(10)
    assert set(made) <= alive()
    ended.set()
    for thread in threads:
        thread.join()


def test_a_task_that_has_ended_is_found_as_long_as_somebody_keeps_it() -> None:
    async def main() -> None:
        task = asyncio.create_task(asyncio.sleep(0))
        await task
        assert task in alive()

    asyncio.run(main())


def test_no_task_is_kept_alive() -> None:
    async def main() -> None:
        task = asyncio.create_task(asyncio.sleep(0))
        (found,) = (each for each in live_tasks() if each() is task)
        await task
        del task
        await settle()
        assert found() is None

    asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there are no eager tasks")
def test_an_eager_task_is_found_in_its_first_step() -> None:
    async def look() -> tuple[asyncio.Task[Any] | None, set[Any]]:
        return asyncio.current_task(), alive()

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        task, found = await asyncio.create_task(look())
        assert task is not asyncio.current_task()
        assert task in found

    asyncio.run(main())


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
