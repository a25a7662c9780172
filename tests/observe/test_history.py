"""How tasks that are gone have ended, without touching what they ended with."""

from __future__ import annotations

import asyncio
import gc
from weakref import ref

import pytest

from _collected import at_each_allocation
from _virtual import virtual
from snowshed.core import open_scope
from snowshed.model import Frame
from snowshed.observe._registry._history import MESSAGE_AT_MOST, EndedTask, History

LINE = Frame("start", "shop.py", 7)


def noted(task: asyncio.Task[object]) -> EndedTask:
    history = History()
    history.note(task, LINE, "user", 1.5)
    [ended] = history.last()
    return ended


async def ended(coro: object) -> asyncio.Task[object]:
    task = asyncio.ensure_future(coro)  # type: ignore[call-overload]
    await asyncio.wait([task])
    return task


async def fails() -> None:
    raise LookupError("card 4711 of Ann")


async def waits() -> None:
    await asyncio.sleep(1000)


@virtual
async def test_one_that_returned() -> None:
    seen = noted(await ended(asyncio.sleep(0, "secret")))
    assert (seen.function, seen.reason, seen.detail, seen.lived) == ("sleep", "returned", "", 1.5)
    assert (seen.created_at, seen.owner) == (LINE, "user")
    assert "secret" not in repr(seen)


@virtual
async def test_a_failure_is_told_by_its_type_and_line_and_not_by_its_message() -> None:
    task = await ended(fails())
    seen = noted(task)
    assert seen.reason == "failed"
    line = fails.__code__.co_firstlineno + 1
    assert seen.detail == f"LookupError at {__file__}:{line} fails"
    # Its exception still counts as one that nobody has asked for.
    assert task._log_traceback
    with pytest.raises(LookupError):
        await task


@virtual
async def test_a_cancellation_is_told_with_what_was_said_and_where_it_was_met() -> None:
    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel("the shop closes")
    await asyncio.wait([task])
    line = waits.__code__.co_firstlineno + 1
    seen = noted(task)
    assert (seen.reason, seen.detail) == (
        "cancelled",
        f"the shop closes at {__file__}:{line} waits",
    )
    # And it is still there for whoever awaits the task.
    with pytest.raises(asyncio.CancelledError, match="the shop closes"):
        await task


@virtual
async def test_a_scope_says_that_it_was_and_why() -> None:
    tasks: list[asyncio.Task[None]] = []
    async with open_scope("checkout", timeout=1) as scope:
        tasks.append(await scope.spawn(waits))
        scope.cancel("the client has left")
    assert noted(tasks[0]).detail.startswith("the client has left at ")


@virtual
async def test_what_is_no_text_and_what_is_too_long_is_not_told() -> None:
    for said, shown in ((object(), ""), ("x" * 999, "x" * (MESSAGE_AT_MOST - 3) + "...")):
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        task.cancel(said)
        await asyncio.wait([task])
        assert noted(task).detail.rpartition("at ")[0].strip() == shown


@virtual
async def test_the_newest_come_first_and_the_oldest_are_forgotten() -> None:
    history = History(kept=2)
    for name in "abc":
        task = asyncio.create_task(asyncio.sleep(0), name=name)
        await task
        history.note(task, LINE, "user", None)
    assert [each.name for each in history.last()] == ["c", "b"]
    assert [each.name for each in history.last(1)] == ["c"]


@virtual
async def test_nothing_of_the_task_is_kept() -> None:
    class Declined(Exception):
        """Of a class of Python's, as only those can be referred to weakly."""

    async def declines() -> None:
        raise Declined

    history = History()
    task = await ended(declines())
    history.note(task, LINE, "user", None)
    rests = [ref(task), ref(task.exception())]
    del task
    gc.collect()
    assert [each() for each in rests] == [None, None]
    assert len(history.last()) == 1


@virtual
async def test_a_finalizer_may_note_another_end_while_somebody_looks() -> None:
    history = History()
    task = await ended(asyncio.sleep(0))
    for _ in range(50):
        history.note(task, LINE, "user", None)

    class Finalized:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            history.note(task, LINE, "user", None)

    at_each_allocation(history.last, Finalized)
    assert len(history.last()) > 50
