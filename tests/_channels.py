"""What the tests of channels and of select share."""

from __future__ import annotations

import asyncio
import functools

from snowshed.testing import run_virtual


def virtual(test):
    """Run an async test on a loop on which time is virtual."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        run_virtual(test(*args, **kwargs))

    return run


async def idle():
    """Let every task run as far as it can: virtual time moves only when nothing else is ready."""
    await asyncio.sleep(0.001)


async def start(coro):
    """Run ``coro`` in a task as far as it can, and return the task."""
    task = asyncio.create_task(coro)
    await idle()
    return task


async def outcome(task):
    """Return what became of a task: its result, or its exception."""
    return (await asyncio.gather(task, return_exceptions=True))[0]


def drain(receive):
    """Receive what is there, without waiting."""
    return [receive.receive_nowait() for _ in range(receive.statistics().buffered)]
