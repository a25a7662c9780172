from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any
from weakref import ref

from observe._looking import for_ever, settle, started
from snowshed.model import TaskState
from snowshed.observe._snapshot._survey import NAME_AT_MOST, Survey


class Clock:
    """Each question takes a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def surveyed(*things: Any, chunk: float = 1e9, at_most: int | None = None) -> Survey:
    survey = Survey(None, Clock(), chunk)
    for _ in survey.steps([*things], at_most):
        pass
    return survey


def test_a_pause_is_due_after_each_chunk() -> None:
    async def main() -> None:
        async with started(*[for_ever() for _ in range(10)]) as tasks:
            refs = [ref(task) for task in tasks]
            steps = [len([*Survey(None, Clock(), chunk).steps(refs, None)]) for chunk in (1e9, 5)]
            # Looking and writing take ten seconds each, and are two chunks each.
            assert steps == [steps[0], steps[0] + 4]

    asyncio.run(main())


def test_who_is_gone_when_its_turn_comes_is_counted() -> None:
    async def main() -> None:
        async with started(for_ever()) as (task,):
            found = surveyed(ref(task), lambda: None)
            assert (found.total, found.vanished, len(found.tasks)) == (2, 1, 1)

    asyncio.run(main())


def test_what_is_no_task_of_asyncios_is_counted_and_the_others_are_looked_at() -> None:
    class Foreign:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    async def main() -> None:
        foreign = Foreign()
        async with started(for_ever()) as (task,):
            found = surveyed(lambda: foreign, ref(task))
            assert (found.unreadable, len(found.tasks)) == (1, 1)

    asyncio.run(main())


def test_a_provenance_that_fails_spoils_no_more_than_its_task() -> None:
    class Failing:
        def of(self, task: asyncio.Task[Any]) -> Any:
            raise LookupError

    async def main() -> None:
        async with started(for_ever()) as (task,):
            survey = Survey(Failing(), Clock(), 1e9)
            assert [*survey.steps([ref(task)], None)]
            (found,) = survey.tasks
            assert (found.owner, found.state) == ("user", TaskState.FUTURE)
            assert survey.untold == 1

    asyncio.run(main())


def test_a_task_that_is_in_two_lists_is_seen_once() -> None:
    async def main() -> None:
        async with started(for_ever()) as (task,):
            found = surveyed(ref(task), ref(task))
            assert (found.total, len(found.tasks)) == (1, 1)

    asyncio.run(main())


def test_some_are_chosen_when_not_all_are_wanted() -> None:
    async def main() -> None:
        async with started(*[for_ever() for _ in range(10)]) as tasks:
            found = surveyed(*map(ref, tasks), at_most=3)
            assert (found.total, len({task.id for task in found.tasks})) == (10, 3)

    asyncio.run(main())


def test_a_task_at_the_address_of_one_that_is_gone_is_not_taken_for_it() -> None:
    async def main() -> None:
        async with started(for_ever()) as (task,):

            async def await_it() -> None:
                await task

            waiting = asyncio.create_task(await_it())
            await settle()
            survey = Survey(None, Clock(), 1e9)
            survey._refs[id(task)] = lambda: None  # type: ignore[assignment]
            assert [*survey.steps([ref(waiting)], None)]
            assert survey.tasks[0].awaits == ()
            waiting.cancel()

    asyncio.run(main())


def test_nothing_that_was_seen_is_kept_alive() -> None:
    async def main() -> None:
        lock, survey = asyncio.Lock(), Survey(None, Clock(), 1e9)
        await lock.acquire()
        task = asyncio.create_task(lock.acquire())
        await settle()
        steps = survey.steps([ref(task)], None)
        next(steps)  # it has been looked at, and is not written yet
        held = weakref.ref(lock), weakref.ref(task)
        lock.release()
        await task
        del lock, task
        await settle()
        gc.collect()
        assert [each() for each in held] == [None, None]
        assert not [*steps]
        assert survey.tasks[0].state is TaskState.LOCK

    asyncio.run(main())


def test_a_loop_has_one_number_in_every_survey_and_no_other_has_it() -> None:
    async def number() -> int:
        async with started(for_ever()) as (task,):
            first, second = (surveyed(ref(task)).tasks[0].loop for _ in range(2))
            assert first == second
            return first

    with asyncio.Runner() as one, asyncio.Runner() as other:
        assert one.run(number()) == one.run(number()) != other.run(number())


def test_a_name_is_read_past_what_a_subclass_says_and_is_cut() -> None:
    class Own(asyncio.Task[None]):
        def get_name(self) -> str:
            raise RuntimeError

    async def main() -> None:
        task = Own(for_ever(), name="x" * 10_000)
        await settle()
        assert surveyed(ref(task)).tasks[0].name == "x" * NAME_AT_MOST
        task.cancel()

    asyncio.run(main())


def test_a_task_written_in_python_is_a_task() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.tasks._PyTask(for_ever(), loop=loop, name="python")  # type: ignore[attr-defined]
        await settle()
        (found,) = surveyed(ref(task)).tasks
        assert (found.name, found.state) == ("python", TaskState.FUTURE)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())


def test_a_look_makes_nothing_for_the_garbage_collector_to_watch() -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        await lock.acquire()
        async with started(*[lock.acquire() for _ in range(1000)]) as tasks:
            references = [*map(ref, tasks)]
            gc.collect()
            gc.disable()
            survey = surveyed(*references)
            watched = gc.get_objects(generation=0)
            gc.enable()
            assert len(survey.tasks) == 1000
            assert len(watched) < 500

    asyncio.run(main())


def test_a_future_that_one_task_awaits_is_no_resource_whoever_else_is_called_back() -> None:
    async def main() -> None:
        future = asyncio.get_running_loop().create_future()
        future.add_done_callback(print)
        async with started(future) as (task,):
            assert surveyed(ref(task)).tasks[0].resource is None
            async with started(future) as (other,):
                first, second = surveyed(ref(task), ref(other)).tasks
                assert first.resource is second.resource is not None
                assert first.resource.waiters == 2

    asyncio.run(main())
