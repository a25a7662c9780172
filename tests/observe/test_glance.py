from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

from observe._looking import for_ever, settle, started
from snowshed.core import WorkerPool
from snowshed.model import Frame, TaskState
from snowshed.observe._snapshot import _glance
from snowshed.observe._snapshot._glance import Glance, count_by_state
from snowshed.observe._snapshot._snapshot import Describe, Snapshot
from snowshed.observe._snapshot._tasks import live_tasks

if TYPE_CHECKING:
    import pytest


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


ONLY_TASKS = Describe(threads=False)


async def seen(describe: Describe = ONLY_TASKS) -> tuple[dict[int, Any], Snapshot]:
    """Glance from a thread, as the loop goes on; return what was yielded, and the whole."""

    def glance() -> tuple[dict[int, Any], Snapshot]:
        found = Glance(describe)
        return {task.id: task for task in found}, found.about

    return await asyncio.to_thread(glance)


def test_a_glance_yields_each_task_with_little_of_what_it_does() -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        await lock.acquire()
        async with started(lock.acquire(), for_ever()) as tasks:
            found, about = await seen()
            for task in tasks:
                one = found[id(task)]
                assert (one.kind, one.state, one.stack) == ("task", TaskState.FUTURE, ())
                assert (str(one.function), one.resource) == ("not looked at", None)
            assert about.tasks == ()
            assert about.total >= len(found)
            assert about.taken_at > 1.6e9
            assert about.duration > 0

    asyncio.run(main())


def test_threads_are_yielded_as_in_a_snapshot() -> None:
    async def main() -> None:
        found, about = await seen(Describe())
        (main_thread,) = (t for t in about.threads if t.id == threading.main_thread().ident)
        assert found[main_thread.id] is main_thread
        assert main_thread.stack

    asyncio.run(main())


def test_who_made_them_is_told_and_who_cannot_tell_is_counted() -> None:
    class Provenance:
        def of(self, task: asyncio.Task[Any]) -> Any:
            if task is known:
                return Frame("main", "app.py", 7), "driver", "GET /", "checkout", 2.5
            raise LookupError

    async def main() -> None:
        nonlocal known
        async with started(for_ever(), for_ever()) as tasks:
            known = tasks[0]
            found, about = await seen(Describe(provenance=Provenance(), threads=False))
            one, other = (found[id(task)] for task in tasks)
            assert (one.created_at, one.owner, one.age) == (
                Frame("main", "app.py", 7),
                "driver",
                2.5,
            )
            assert (one.request, one.scope) == ("GET /", "checkout")
            assert (other.created_at, other.age) == (None, None)
            assert about.untold == len(found) - 1

    known: Any = None
    asyncio.run(main())


def test_what_is_no_task_or_gone_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = object()
    monkeypatch.setattr(_glance, "live_tasks", lambda loops: [lambda: foreign, lambda: None])
    found = Glance(ONLY_TASKS)
    assert [*found] == []
    assert (found.about.total, found.about.unreadable, found.about.vanished) == (2, 1, 1)


def test_a_task_is_not_held_while_others_have_their_turn() -> None:
    async def main() -> None:
        task = asyncio.create_task(asyncio.sleep(0))
        await task
        await asyncio.sleep(0)  # the callback that woke this one up held it
        kept, number = weakref.ref(task), id(task)
        seen = iter(Glance(ONLY_TASKS))
        while next(seen).id != number:
            pass
        del task
        gc.collect()
        assert kept() is None

    asyncio.run(main())


def test_nothing_is_kept_of_what_was_yielded() -> None:
    async def main() -> None:
        async with started(*[for_ever() for _ in range(1000)]):
            gc.collect()
            gc.disable()
            count = await asyncio.to_thread(lambda: sum(1 for _ in Glance(ONLY_TASKS)))
            watched = gc.get_objects(generation=0)
            gc.enable()
            assert count >= 1000
            assert len(watched) < 500

    asyncio.run(main())
