"""A task is made by its constructor only where `create_task` would do nothing else."""

from __future__ import annotations

import asyncio
import functools

import pytest

import _needs
from _virtual import passes, virtual
from snowshed.core._service import counts_tasks as of_service
from snowshed.core._tasks import StartingTask, counts_tasks, is_plain


def make(loop, coro, **kwargs):
    return asyncio.Task(coro, loop=loop, **kwargs)


def with_loop(loop, check):
    try:
        return check(loop)
    finally:
        loop.close()


@pytest.mark.allow_task_leaks(reason="looks at a loop that nobody watches")
def test_asyncios_own_loop_is_plain():
    assert with_loop(asyncio.new_event_loop(), is_plain)


@pytest.mark.allow_task_leaks(reason="looks at a loop that nobody watches")
def test_uvloop_is_plain():
    _needs.module("uvloop")
    import uvloop

    assert with_loop(uvloop.new_event_loop(), is_plain)


def test_a_loop_with_a_task_factory_is_not():
    loop = asyncio.new_event_loop()
    loop.set_task_factory(make)
    assert not with_loop(loop, is_plain)


def test_a_loop_that_makes_tasks_its_own_way_is_not():
    class Loop(asyncio.SelectorEventLoop):
        def create_task(self, coro, **kwargs):
            return super().create_task(coro, **kwargs)

    assert not with_loop(Loop(), is_plain)


def test_an_instrumented_loop_is_not(monkeypatch):
    original = asyncio.BaseEventLoop.create_task

    @functools.wraps(original)
    def traced(self, *args, **kwargs):
        return original(self, *args, **kwargs)

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_task", traced)
    assert not with_loop(asyncio.new_event_loop(), is_plain)

    class Proxy:  # what wrapt makes
        __code__ = original.__code__

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_task", Proxy())
    assert not with_loop(asyncio.new_event_loop(), is_plain)


def test_a_factory_says_whether_it_counts():
    def counting(loop, coro, **kwargs):
        raise AssertionError("not called")

    counting.counts_tasks = True
    for factory, counts in ((None, False), (make, False), (counting, True)):
        loop = asyncio.new_event_loop()
        loop.set_task_factory(factory)
        assert with_loop(loop, counts_tasks) is counts
    assert of_service is counts_tasks


@virtual
async def test_a_starting_task_ends_with_the_task_it_stands_for():
    starting = StartingTask()
    assert not starting.done()
    task = starting.start(asyncio.get_running_loop().create_task, passes(3), name="t")
    assert task.get_name() == "t"
    assert not starting.done()
    await task
    assert starting.done()


def test_a_starting_task_that_could_not_be_made_has_ended():
    starting = StartingTask()
    with pytest.raises(ZeroDivisionError):
        starting.start(lambda: 1 / 0)
    assert starting.done()
