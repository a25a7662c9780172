from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest

from observe import _loops, _zoo, _zoo_anyio, _zoo_ours
from observe._looking import (
    ONLY_TASKS,
    for_ever,
    inline,
    of,
    one_of_two_at_work,
    seen,
    settle,
    started,
)
from snowshed.model import TaskState
from snowshed.observe._snapshot._snapshot import Snapshot, take
from snowshed.observe._waits import WaitGraph

assert _zoo_anyio, "the zoo grows by being imported"
assert _zoo_ours
Run = Callable[[Coroutine[Any, Any, None]], None]


async def from_here() -> Snapshot:
    return inline()


async def from_a_thread() -> Snapshot:
    return await asyncio.to_thread(take, ONLY_TASKS, chunk=0, pause=1e-9)


@pytest.fixture(params=_loops.KINDS)
def run(request: pytest.FixtureRequest) -> Run:
    def run(main: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=lambda: _loops.new_loop(request.param)) as runner:
            runner.run(main)

    return run


@pytest.mark.parametrize("look", [from_here, from_a_thread])
@pytest.mark.parametrize("animal", _zoo.ANIMALS, ids=lambda animal: animal.name)
def test_the_zoo_is_told_apart_without_one_error(
    run: Run, animal: _zoo.Animal, look: Callable[[], Coroutine[Any, Any, Snapshot]]
) -> None:
    async def main() -> None:
        cage = _zoo.Cage()
        try:
            task = cage.start(await animal.live(cage), "animal")
            await settle()
            snapshot = await look()
            found = of(task, snapshot)
            assert found.state == animal.state
            assert (found.resource and found.resource.kind) == animal.kind
            assert len(found.awaits) == animal.awaits
            held_by = snapshot.holders.get(found.resource.id, ()) if found.resource else ()
            assert len(held_by) == animal.holders
            assert found.name == "animal"
            assert found.function.function == "wait_for_it"
            assert found.stack[-1].function == "wait_for_it"
            assert all(frame.line > 0 for frame in found.stack if frame.file.endswith(".py"))
            assert snapshot.unreadable == 0
        finally:
            await cage.end()

    run(main())


def test_the_zoo_has_every_state_in_which_a_task_waits() -> None:
    awake = {TaskState.CREATED, TaskState.READY, TaskState.RUNNING}
    ended = {TaskState.DONE, TaskState.UNRETRIEVED}
    shown = {animal.state for animal in _zoo.ANIMALS}
    assert shown == set(TaskState) - awake - ended - {TaskState.AWAIT_CYCLE}


def test_the_page_of_states_has_every_state() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "task-states.md"
    table = page.read_text(encoding="utf-8").partition("| state |")[2].partition("\n\n")[0]
    first_columns = "".join(line.split("|")[1] for line in table.splitlines()[2:])
    assert set(re.findall("`(.+?)`", first_columns)) == set(TaskState)


def test_a_task_that_was_made_and_has_not_begun_is_created(run: Run) -> None:
    async def main() -> None:
        task = asyncio.create_task(for_ever())
        found = seen(task)
        assert found.state is TaskState.CREATED
        assert found.stack == (found.function,)
        task.cancel()

    run(main())


def test_a_task_whose_turn_has_come_is_ready(run: Run) -> None:
    async def main() -> None:
        event = asyncio.Event()
        async with started(event.wait()) as (task,):
            event.set()
            assert seen(task).state is TaskState.READY

        yielding = asyncio.create_task(asyncio.sleep(0))
        asyncio.get_running_loop().call_soon(lambda: looks.append(seen(yielding)))
        looks: list[Any] = []
        await yielding
        assert looks[0].state is TaskState.READY

    run(main())


def test_the_task_that_runs_shows_the_calls_it_is_in(run: Run) -> None:
    async def main() -> None:
        def plain() -> Any:
            return seen(task)

        async def outer() -> Any:
            return plain()

        task = asyncio.create_task(outer())
        found = await task
        assert found.state is TaskState.RUNNING
        names = [frame.function.rpartition(".")[2] for frame in found.stack]
        assert names[-2:] == ["plain", "outer"]

    run(main())


def test_a_task_that_blocks_its_loop_is_seen_from_a_thread(run: Run) -> None:
    ended = threading.Event()
    looks: list[Snapshot] = []

    def watch() -> None:
        looks.append(take(ONLY_TASKS, pause=1e-9))
        ended.set()

    async def block() -> None:
        thread = threading.Thread(target=watch)
        thread.start()
        assert ended.wait(10)
        thread.join()

    async def main() -> None:
        task = asyncio.create_task(block())
        other = asyncio.create_task(for_ever())
        await task
        found = of(task, looks[0])
        assert found.state is TaskState.RUNNING
        assert found.stack[-1].function.endswith("block")
        assert of(other, looks[0]).state is TaskState.CREATED
        other.cancel()

    run(main())


def test_a_failure_that_nobody_asks_for_shows_where_it_was_and_stays_unasked_for() -> None:
    async def fail() -> None:
        raise LookupError

    async def main() -> None:
        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        found = seen(task)
        assert found.state is TaskState.UNRETRIEVED
        assert [frame.function.rpartition(".")[2] for frame in found.stack] == ["fail"]
        assert found.function.function.endswith("fail")
        assert task._log_traceback  # type: ignore[attr-defined]
        assert isinstance(task.exception(), LookupError)
        assert seen(task).state is TaskState.DONE

    asyncio.run(main())


def test_what_has_ended_well_or_was_cancelled_is_done() -> None:
    async def main() -> None:
        well = asyncio.create_task(asyncio.sleep(0))
        cancelled = asyncio.create_task(asyncio.sleep(10))
        await well
        cancelled.cancel()
        await asyncio.wait([cancelled])
        assert seen(well) == seen(well)._replace(state=TaskState.DONE, stack=())
        assert seen(cancelled).state is TaskState.DONE

    asyncio.run(main())


def test_an_idle_worker_waits_for_its_pool_and_a_busy_one_for_what_its_job_does() -> None:
    async def main() -> None:
        async with one_of_two_at_work() as (pool, _, event):
            first, second = (seen(worker.task) for worker in pool._crew.workers)
            assert {first.state, second.state} == {TaskState.POOL, TaskState.EVENT}
            busy = first if first.state is TaskState.EVENT else second
            assert busy.resource is event
            assert any(frame.function.endswith("job") for frame in busy.stack)

    asyncio.run(main())


def test_two_tasks_that_await_each_other_are_in_a_cycle() -> None:
    async def main() -> None:
        tasks: list[asyncio.Task[Any]] = []

        async def await_number(number: int) -> None:
            await tasks[number]

        tasks += [asyncio.create_task(await_number(1)), asyncio.create_task(await_number(0))]
        behind = asyncio.create_task(await_number(0))
        await settle()
        snapshot = inline()
        assert [of(task, snapshot).state for task in tasks] == [TaskState.AWAIT_CYCLE] * 2
        assert of(behind, snapshot).state is TaskState.AWAIT_TASK
        # Cancelling them would recurse; this is what ends such a pair.
        asyncio.Future.set_exception(tasks[1], LookupError())
        done, _ = await asyncio.wait([tasks[0], behind])
        assert all(isinstance(task.exception(), LookupError) for task in done)
        tasks[1].exception()

    loop = asyncio.new_event_loop()
    complaints: list[Any] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main())


def test_a_task_whose_coroutine_cython_compiled_shows_its_function_and_its_socket() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def main() -> None:
        cage = _zoo.Cage()
        ours, _theirs = cage.sockets()
        task = asyncio.create_task(asyncio.get_running_loop().sock_recv(ours, 1))
        await settle()
        found = of(task, inline())
        assert found.state is TaskState.SOCKET
        assert found.resource is not None
        assert found.resource.text == f"<socket fd {ours.fileno()}>"
        assert [frame.function for frame in found.stack] == ["sock_recv"]
        task.cancel()
        await asyncio.wait([task])
        await cage.end()

    uvloop.run(main())


# Before Python 3.12 what `wait_for` is given runs in a task of its own.
IN_WAIT_FOR = TaskState.GATHER if sys.version_info >= (3, 12) else TaskState.WAIT_FOR


def first_of(tasks: list[asyncio.Task[Any]]) -> Coroutine[Any, Any, Any]:
    return asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def in_time(tasks: list[asyncio.Task[Any]]) -> Coroutine[Any, Any, Any]:
    return asyncio.wait(tasks, timeout=1000)


@pytest.mark.parametrize(
    ("wait", "state"),
    [
        (first_of, TaskState.GATHER),
        (in_time, TaskState.GATHER),
        (lambda tasks: asyncio.wait_for(tasks[0], 1000), TaskState.WAIT_FOR),
        (lambda tasks: asyncio.wait_for(asyncio.wait(tasks), 1000), IN_WAIT_FOR),
        (asyncio.wait, TaskState.AWAIT_CYCLE),
    ],
)
def test_a_wait_that_may_end_before_all_that_it_waits_for_is_in_no_cycle(
    wait: Callable[[list[asyncio.Task[Any]]], Coroutine[Any, Any, Any]], state: TaskState
) -> None:
    async def main() -> None:
        async def await_supervisor() -> None:
            await asyncio.wait([supervisor])

        child = asyncio.create_task(await_supervisor())
        other = asyncio.create_task(for_ever())
        supervisor = asyncio.create_task(wait([child, other]))
        await settle()
        found = of(supervisor, inline())
        assert found.state is state
        assert found.partly is (state is not TaskState.AWAIT_CYCLE)
        for task in (child, other, supervisor):
            task.cancel()
        await settle()

    asyncio.run(main())


@pytest.mark.parametrize(("timeout", "deadlocks"), [(None, 1), (1000, 0)])
def test_locks_taken_in_opposite_orders_are_no_deadlock_if_a_timeout_will_end_it(
    timeout: float | None, deadlocks: int
) -> None:
    async def main() -> None:
        async def take_both(first: anyio.Lock, second: anyio.Lock) -> None:
            async with first:
                await asyncio.sleep(0)
                acquired = second.acquire()
                await (acquired if timeout is None else asyncio.wait_for(acquired, timeout))

        one, other = anyio.Lock(), anyio.Lock()
        async with started(take_both(one, other), take_both(other, one)) as tasks:
            look = inline()
            found = WaitGraph.of(look.tasks, holders=look.holders, top=1000).deadlocks
            own = [each for each in found if id(tasks[0]) in {node.id for node in each.ring}]
            assert len(own) == deadlocks

    asyncio.run(main())
