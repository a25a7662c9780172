from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from observe._looking import for_ever, settle, started
from snowshed.model import TaskState
from snowshed.observe._snapshot._futures import (
    AWAITED_AT_MOST,
    JOBS_BEGUN,
    JOBS_QUEUED,
    is_done,
    is_task,
    tasks_among,
    told_by,
)


def test_a_shielded_task_is_what_is_waited_for_however_often_it_is_shielded() -> None:
    async def main() -> None:
        async with started(for_ever()) as (task,):
            future = asyncio.shield(asyncio.shield(task))
            assert told_by(future) == (TaskState.AWAIT_TASK, None, (task,))

    asyncio.run(main())


def test_only_those_of_a_gather_that_have_not_ended_are_waited_for_and_each_once() -> None:
    async def main() -> None:
        async with started(for_ever(), for_ever(), asyncio.sleep(0)) as (one, two, ended):
            await ended
            gathered = asyncio.gather(one, ended, asyncio.gather(two, one))
            assert told_by(gathered) == (TaskState.GATHER, None, (one, two))
            gathered.cancel()
            await settle()

    asyncio.run(main())


def test_of_a_gather_of_very_many_only_some_are_told() -> None:
    async def main() -> None:
        tasks = [asyncio.create_task(for_ever()) for _ in range(AWAITED_AT_MOST + 10)]
        gathered = asyncio.gather(*tasks)
        assert len(told_by(gathered).awaits) == AWAITED_AT_MOST
        gathered.cancel()
        await asyncio.wait(tasks)

    asyncio.run(main())


def test_gathers_without_end_do_not_recurse_without_end() -> None:
    async def main() -> None:
        future = asyncio.gather(asyncio.get_running_loop().create_future())
        for _ in range(2000):
            future = asyncio.gather(future)
        assert told_by(future).awaits == ()
        shielded: Any = asyncio.get_running_loop().create_future()
        for _ in range(2000):
            shielded = asyncio.shield(shielded)
        assert told_by(shielded).state is TaskState.FUTURE

    asyncio.run(main())


def test_jobs_that_wait_for_a_thread_all_wait_for_one_thing() -> None:
    async def main() -> None:
        end, begun = threading.Event(), threading.Event()

        def stay() -> None:
            begun.set()
            end.wait()

        with ThreadPoolExecutor(1) as executor:
            loop = asyncio.get_running_loop()
            jobs = [loop.run_in_executor(executor, stay) for _ in range(3)]
            begun.wait(10)
            assert [told_by(job) for job in jobs] == [
                (TaskState.THREAD, JOBS_BEGUN, ()),
                (TaskState.THREAD, JOBS_QUEUED, ()),
                (TaskState.THREAD, JOBS_QUEUED, ()),
            ]
            end.set()
            await asyncio.gather(*jobs)

    asyncio.run(main())


def test_a_future_is_a_resource_only_if_several_wait_for_it() -> None:
    async def main() -> None:
        alone, shared = (asyncio.get_running_loop().create_future() for _ in range(2))
        async with started(alone, shared, shared):
            assert told_by(alone) == (TaskState.FUTURE, None, ())
            assert told_by(shared) == (TaskState.FUTURE, shared, ())

    asyncio.run(main())


def test_a_future_of_many_callbacks_is_not_asked_for_them() -> None:
    async def main() -> None:
        class Counted(asyncio.Future[None]):
            @property
            def _callbacks(self) -> Any:
                raise AssertionError

        future = Counted()
        for _ in range(100):
            future.add_done_callback(print)
        assert told_by(future) == (TaskState.FUTURE, future, ())

    asyncio.run(main())


def test_the_end_of_a_future_is_read_past_what_its_class_says() -> None:
    async def main() -> None:
        class Liar(asyncio.Future[None]):
            def done(self) -> bool:
                raise AssertionError

        class Foreign:
            _state = "PENDING"

        assert not is_done(Liar())
        assert not is_done(Foreign())

    asyncio.run(main())


def test_tasks_of_python_and_of_c_are_tasks() -> None:
    assert is_task(asyncio.Task)
    assert is_task(asyncio.tasks._PyTask)  # type: ignore[attr-defined]
    assert not is_task(asyncio.Future)
    assert tasks_among([1, object()]) == ()
