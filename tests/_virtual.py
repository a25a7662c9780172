"""Run a coroutine test on virtual time, and hold it to what each must leave behind: nothing."""

from __future__ import annotations

import asyncio
import functools
import gc
from collections.abc import Callable, Coroutine
from typing import Any

from snowshed.core import current_scope
from snowshed.testing import run_virtual


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run ``test``, which must leave no task, cancellation, scope or unseen error behind."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        complaints: list[dict[str, Any]] = []
        run_virtual(_strictly(test(*args, **kwargs), complaints))
        gc.collect()
        assert complaints == []

    return run


async def _strictly(main: Coroutine[Any, Any, None], complaints: list[dict[str, Any]]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    await main
    host = asyncio.current_task()
    assert host is not None
    assert host.cancelling() == 0
    await asyncio.sleep(0)  # a cancellation that was left behind would surface here
    assert current_scope() is None
    for _ in range(5):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {host}


async def passes(count: int = 5) -> None:
    """Let the loop make a few passes."""
    for _ in range(count):
        await asyncio.sleep(0)


async def forever() -> None:
    """Do nothing until cancelled."""
    await asyncio.sleep(10**6)


async def fail(error: BaseException, after: float = 0.0) -> None:
    """Raise ``error`` after some seconds."""
    try:
        await asyncio.sleep(after)
        raise error
    finally:
        del error  # or the frame, which its traceback holds, would hold it


async def stubborn(seconds: float) -> None:
    """Swallow the first cancellation and go on for a while."""
    try:
        await forever()
    except asyncio.CancelledError:
        await asyncio.sleep(seconds)


async def cancelled_at(seconds: float, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Run ``coro`` in a task, cancel it from outside, wait for its end and return it."""
    task = asyncio.create_task(coro)
    asyncio.get_running_loop().call_later(seconds, task.cancel, "from outside")
    await asyncio.wait([task])
    return task
