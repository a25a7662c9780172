"""Failures that nobody asks for, on real loops."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from attach.test_task_factory import LOOPS, loop_factory
from snowshed.attach._unretrieved import leave, listen


async def fails() -> None:
    raise LookupError


@pytest.fixture(params=LOOPS)
def loop(request: pytest.FixtureRequest) -> Any:
    loop = loop_factory(request.param)()
    yield loop
    leave(loop)
    loop.close()


def run_and_forget(loop: asyncio.AbstractEventLoop, *, ask: bool) -> list[str]:
    """Return what the service's own handler is told."""
    messages: list[str] = []
    loop.set_exception_handler(lambda _, context: messages.append(context["message"]))

    async def main() -> None:
        task = asyncio.ensure_future(fails())
        await asyncio.wait([task])
        if ask:
            task.exception()

    loop.run_until_complete(main())
    gc.collect()
    return messages


@pytest.mark.allow_task_leaks(reason="the failure is left unread on purpose")
def test_a_failure_is_told_and_the_service_hears_of_it_too(loop: Any) -> None:
    told: list[str] = []
    listen(loop, lambda task: told.append(task.get_name()))
    listen(loop, lambda task: told.append(task.get_coro().__name__))
    assert run_and_forget(loop, ask=False) == ["Task exception was never retrieved"]
    assert told == ["fails"]


class TracedTask(asyncio.Task[Any]):
    """As some task factories make them; the message begins with the name of the class."""


@pytest.mark.allow_task_leaks(reason="the failure is left unread on purpose")
def test_a_failure_of_another_kind_of_task_is_told(loop: Any) -> None:
    told: list[str] = []
    listen(loop, lambda task: told.append(type(task).__name__))
    loop.set_task_factory(lambda loop, coro, **_: TracedTask(coro, loop=loop))
    assert run_and_forget(loop, ask=False) == ["TracedTask exception was never retrieved"]
    assert told == ["TracedTask"]


def test_one_that_was_asked_for_is_not_told(loop: Any) -> None:
    told: list[Any] = []
    listen(loop, told.append)
    assert run_and_forget(loop, ask=True) == []
    assert told == []


def test_other_messages_pass(loop: Any) -> None:
    told: list[Any] = []
    listen(loop, told.append)
    messages: list[str] = []
    loop.set_exception_handler(lambda _, context: messages.append(context["message"]))
    loop.call_exception_handler({"message": "something else"})
    assert (messages, told) == (["something else"], [])


@pytest.mark.allow_task_leaks(reason="the failure is left unread on purpose")
def test_a_listener_that_fails_is_left_out(loop: Any) -> None:
    calls = []

    def broken(task: object) -> None:
        calls.append(1)
        raise ZeroDivisionError

    listen(loop, broken)
    for _ in range(2):
        assert run_and_forget(loop, ask=False) == ["Task exception was never retrieved"]
    assert calls == [1]


@pytest.mark.allow_task_leaks(reason="the failure is left unread on purpose")
def test_who_has_left_is_told_nothing(loop: Any) -> None:
    told: list[Any] = []
    listen(loop, told.append)
    leave(loop)
    run_and_forget(loop, ask=False)
    assert told == []
