"""The tasks that have lived for a while, and none is kept alive."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable
from typing import Any

from snowshed.observe._sampler._population import COPIED_AT_A_LOOK, Population, dropped


async def forever() -> None:
    await asyncio.Event().wait()


def test_only_what_was_there_for_a_while_is_returned() -> None:
    now = [["a"]]
    population = Population(lambda: list(now[0]), longer_than=0.01)
    assert list(population.at(0.0)) == []
    now[0] = ["a", "b"]
    assert list(population.at(0.02)) == ["a"]
    now[0] = ["b", "c"]
    assert list(population.at(0.04)) == ["a", "b"]
    assert list(population.at(0.06)) == ["b", "c"]


def test_a_look_that_comes_too_soon_gets_what_the_last_one_got() -> None:
    now = [["a"]]
    population = Population(lambda: list(now[0]), longer_than=0.05)
    population.at(0.00)
    now[0] = ["a", "b"]
    assert list(population.at(0.02)) == []
    assert list(population.at(0.04)) == []
    assert list(population.at(0.06)) == ["a"]


def test_a_long_list_is_copied_less_often() -> None:
    copies = []

    def source() -> range:
        copies.append(1)
        return range(10 * COPIED_AT_A_LOOK)

    population = Population(source, longer_than=0.01)
    for look in range(110):
        population.at(0.02 * look)
    assert len(copies) == 10


def test_a_long_list_is_used_as_soon_as_all_in_it_are_old_enough() -> None:
    copies: list[list[int]] = []

    def source() -> list[int]:
        copies.append([len(copies)] * 10 * COPIED_AT_A_LOOK)
        return copies[-1]

    population = Population(source, longer_than=0.01)
    found = [population.at(0.02 * look) for look in range(24)]
    assert found[0] == ()
    assert [each[0] for each in found[1:]] == [0] * 11 + [1] * 11 + [2]


def test_a_task_that_nobody_else_holds_ends_in_the_thread_of_its_loop() -> None:
    ended_in: list[int] = []
    ready, go = threading.Event(), threading.Event()
    refs: list[weakref.ref] = []

    class Result:
        def __del__(self) -> None:
            ended_in.append(threading.get_ident())

    async def work() -> Result:
        return Result()

    async def main() -> None:
        task = asyncio.create_task(work())
        refs.append(weakref.ref(task))
        await asyncio.wait([task])
        ready.set()
        await asyncio.to_thread(go.wait, 5)
        del task
        held.set()
        while not ended_in:
            await asyncio.sleep(0)

    held = threading.Event()
    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    assert ready.wait(5)
    tasks = [refs[0]()]
    go.set()
    assert held.wait(5)
    dropped(tasks)
    thread.join(5)
    assert tasks == []
    assert ended_in == [thread.ident]


def test_a_task_is_not_held_here_any_more_when_its_loop_is_faster() -> None:
    gone: list[bool] = []

    class Faster:
        """Runs what it is given before the call returns, as a loop in another thread may."""

        def call_soon_threadsafe(self, callback: Callable[[], object], *, context: object) -> None:
            callback()
            gone.append(last() is None)

    class Fake:
        def get_loop(self) -> Faster:
            return Faster()

    tasks: list[Any] = [Fake()]
    last = weakref.ref(tasks[0])
    dropped(tasks)
    assert gone == [True]


def test_one_whose_loop_is_closed_ends_here() -> None:
    async def main() -> list[asyncio.Task]:
        task = asyncio.create_task(asyncio.sleep(0))
        await task
        return [task]

    tasks = asyncio.run(main())
    last = weakref.ref(tasks[0])
    dropped(tasks)
    assert last() is None
