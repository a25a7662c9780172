from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import threading
from typing import Any
from weakref import ref

import pytest

from observe._looking import ONLY_TASKS, for_ever, inline, of, settle, started
from snowshed.model import TaskState
from snowshed.observe._snapshot import _snapshot
from snowshed.observe._snapshot._snapshot import (
    Describe,
    Snapshot,
    chunk_after,
    take,
    take_on_loop,
)


def of_tasks(tasks: list[asyncio.Task[Any]], snapshot: Snapshot) -> list[Any]:
    ids = set(map(id, tasks))
    return [task for task in snapshot.tasks if task.id in ids]


def test_a_look_that_would_block_the_loop_says_what_to_do_instead() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="another thread, or await take_on_loop"):
            take()

    asyncio.run(main())


def test_a_look_on_the_loop_lets_the_others_run_in_between() -> None:
    async def main() -> None:
        async with started(*[for_ever() for _ in range(100)]) as tasks:
            turns = 0

            async def count() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            counting = asyncio.create_task(count())
            snapshot = await take_on_loop(ONLY_TASKS, chunk=0)
            counting.cancel()
            assert len(of_tasks(tasks, snapshot)) == 100
            assert turns > 200

    asyncio.run(main())


def test_a_look_from_a_thread_pauses_after_each_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    with asyncio.Runner() as runner:
        tasks = [runner.get_loop().create_task(for_ever()) for _ in range(100)]
        runner.run(settle())
        monkeypatch.setattr("time.sleep", pauses.append)
        take(ONLY_TASKS, chunk=0, pause=0.25)
        assert len(pauses) > 2 * len(tasks)
        assert set(pauses) == {0.25}


def test_a_lock_with_very_many_waiters_is_one_resource_and_one_stack() -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        await lock.acquire()

        async def enter() -> None:
            async with lock:
                pass

        tasks = [asyncio.create_task(enter()) for _ in range(10_000)]
        await settle()
        found = of_tasks(tasks, inline())
        assert len(found) == 10_000
        assert len({id(task.resource) for task in found}) == 1
        assert len({id(task.stack) for task in found}) == 1
        assert found[0].resource.waiters == 10_000
        lock.release()
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_tasks_are_counted_by_state_the_most_frequent_first() -> None:
    async def main() -> None:
        event = asyncio.Event()
        async with started(event.wait(), event.wait(), asyncio.sleep(10)) as tasks:
            snapshot = Snapshot(tuple(of_tasks(tasks, inline())))
            counts = snapshot.count_by_state()
            assert [*counts.items()] == [(TaskState.EVENT, 2), (TaskState.SLEEP, 1)]

    asyncio.run(main())


def test_a_look_says_when_it_was_and_how_long_it_took() -> None:
    snapshot = take(Describe())
    assert snapshot.taken_at > 1.6e9
    assert 0 < snapshot.duration < 60
    assert threading.get_ident() in {thread.id for thread in snapshot.threads}
    assert take(ONLY_TASKS).threads == ()


def test_tasks_that_have_ended_can_be_handed_in() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        if sys.version_info >= (3, 12):
            # The interpreter does not know an eager task once it has ended, and CPython 3.12.1
            # crashes when it is asked for its coroutine.
            loop.set_task_factory(asyncio.eager_task_factory)
        task = loop.create_task(asyncio.sleep(0, "result"))
        await task
        found = of(task, inline(Describe(ended=[ref(task)], threads=False)))
        assert found.state is TaskState.DONE

    asyncio.run(main())


def test_an_eager_task_that_ends_in_its_first_step_is_no_danger() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        if sys.version_info >= (3, 12):
            loop.set_task_factory(asyncio.eager_task_factory)

        async def nothing() -> None:
            pass

        async def fail() -> None:
            raise LookupError

        tasks = [loop.create_task(nothing()), loop.create_task(fail())]
        await settle()
        snapshot = inline(Describe(ended=map(ref, tasks), threads=False))
        states = [of(task, snapshot).state for task in tasks]
        assert states == [TaskState.DONE, TaskState.UNRETRIEVED]
        assert of(tasks[1], snapshot).stack[0].function.endswith("fail")
        tasks[1].exception()

    asyncio.run(main())


def test_a_loop_that_was_closed_with_tasks_left_is_looked_at() -> None:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    lock = asyncio.Lock()
    coros = [lock.acquire(), lock.acquire()]
    tasks = [loop.create_task(coro) for coro in coros]
    loop.run_until_complete(settle())
    fresh = for_ever()
    tasks.append(loop.create_task(fresh))
    loop.close()
    states = [of(task, inline()).state for task in tasks]
    assert states == [TaskState.DONE, TaskState.LOCK, TaskState.CREATED]
    for coro in coros:
        coro.close()
    fresh.close()
    assert of(tasks[1], inline()).state is not TaskState.DONE
    del tasks
    gc.collect()


def test_a_chain_of_ten_thousand_calls_is_cut() -> None:
    async def down(depth: int) -> None:
        if depth:
            await down(depth - 1)
        else:
            await asyncio.get_running_loop().create_future()

    async def main() -> None:
        task = asyncio.create_task(down(9_990))
        await settle()
        found.append(of(task, inline()))
        task.cancel()
        await asyncio.wait([task])

    def run() -> None:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(100_000)
        try:
            asyncio.run(main())
        finally:
            sys.setrecursionlimit(limit)

    found: list[Any] = []
    size = threading.stack_size(512 * 1024 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(size)
    thread.join()
    assert found[0].state is TaskState.FUTURE
    assert len(found[0].stack) == 129
    assert "calls left out" in found[0].stack[64].function


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_in_the_middle_of_a_look_leaves_a_child_that_can_look() -> None:
    looking, forked = threading.Event(), threading.Event()

    class Slow:
        def of(self, _task: object) -> None:
            looking.set()
            assert forked.wait(10)

    async def main() -> None:
        async with started(for_ever()):
            thread = threading.Thread(target=take, args=[Describe(Slow())])
            thread.start()
            assert looking.wait(10)
            child = os.fork()
            if child == 0:
                try:
                    own = asyncio.new_event_loop().create_task(for_ever())
                    found = of(own, inline(Describe()))
                    os._exit(0 if found.state is TaskState.CREATED else 1)
                except BaseException:
                    os._exit(2)
            forked.set()
            thread.join()
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    asyncio.run(main())


async def busy(lock: asyncio.Lock, queue: asyncio.Queue[int], seed: int) -> None:
    choice = random.Random(seed)
    for _ in range(20):
        match choice.randrange(5):
            case 0:
                async with lock:
                    await asyncio.sleep(0)
            case 1:
                queue.put_nowait(1)
                await queue.get()
            case 2:
                await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.0001))
            case 3:
                await asyncio.wait_for(asyncio.sleep(0.0001), 1)
            case 4:
                await asyncio.shield(asyncio.ensure_future(asyncio.sleep(0)))


async def much_of_it(complaints: list[dict[str, Any]]) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    lock, queue = asyncio.Lock(), asyncio.Queue[int]()
    for first in range(0, 250, 50):
        await asyncio.gather(*(busy(lock, queue, first + number) for number in range(50)))


def test_a_loop_that_makes_and_ends_tasks_meanwhile_is_never_disturbed() -> None:
    snapshots: list[Snapshot] = []
    errors: list[BaseException] = []
    complaints: list[dict[str, Any]] = []
    ended = threading.Event()

    def watch() -> None:
        try:
            while not ended.is_set():
                snapshots.append(take(chunk=0.001, pause=1e-6))
        except BaseException as error:
            errors.append(error)

    interval = sys.getswitchinterval()
    # The threads take turns at every opportunity, so that a look falls between any two steps.
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        asyncio.run(much_of_it(complaints))
    finally:
        sys.setswitchinterval(interval)
        ended.set()
        thread.join()
    assert (errors, complaints) == ([], [])
    assert max(snapshot.total for snapshot in snapshots) > 50
    assert sum(snapshot.unreadable for snapshot in snapshots) == 0


def test_a_look_that_takes_long_does_more_at_once() -> None:
    assert [chunk_after(seconds, 0.5) for seconds in (0, 2.9, 3, 5.9, 6, 60)] == [
        0.5,
        0.5,
        1.0,
        1.0,
        2.0,
        2.0,
    ]


def test_a_look_hurries_between_two_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried: list[float] = []
    monkeypatch.setattr(_snapshot._Work, "hurry", lambda work: hurried.append(work._chunk))
    take(ONLY_TASKS, chunk=0.25, pause=1e-9)
    assert set(hurried) == {0.25}
