from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import weakref
from typing import Any

import pytest

from observe._looking import for_ever, settle
from snowshed.observe._snapshot._tasks import TaskRefs, live_tasks


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


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 200])
def test_many_references_are_there_in_their_order(count: int) -> None:
    class Thing:
        pass

    class Reference(weakref.ref[Thing]):
        """One that can be referred to itself."""

    things = [Thing() for _ in range(count)]
    references: list[Any] = [*map(Reference, things)]
    held = TaskRefs([*references])
    assert (len(held), [*held]) == (count, references)
    kept = [*map(weakref.ref, references)]
    references.clear()
    gc.collect()
    assert all(each() is not None for each in kept)
    del held
    assert not any(each() is not None for each in kept)


def test_the_garbage_collector_does_not_go_through_many_references() -> None:
    class Thing:
        pass

    thing = Thing()
    held = TaskRefs([weakref.ref(thing)] * 6400)  # type: ignore[list-item]
    reached = [each for each in gc.get_referents(held) if isinstance(each, list)]
    bundles = max(reached, key=len)
    assert len(bundles) == 100
    assert not any(map(gc.is_tracked, bundles))
