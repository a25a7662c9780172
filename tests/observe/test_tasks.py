from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import Any

import pytest

from observe._looking import for_ever, settle
from snowshed.observe._snapshot._tasks import live_tasks


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it does not fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_forked_child_does_not_take_the_tasks_of_its_parent_for_its_own() -> None:
    async def main() -> tuple[int, int]:
        tasks = [asyncio.create_task(for_ever()) for _ in range(5)]
        await settle()
        assert {*tasks} <= alive()
        told, tell = os.pipe()
        if not (child := os.fork()):
            own = asyncio.new_event_loop()
            task = own.create_task(for_ever())
            os.write(tell, bytes([len(alive() & {*tasks}), len(alive() & {task})]))
            os._exit(0)
        os.waitpid(child, 0)
        assert {*tasks} <= alive()
        return tuple(os.read(told, 2))  # type: ignore[return-value]

    assert asyncio.run(main()) == (0, 1)
