"""A task that fails before its first step: how a spawn is refused inside other people's code.

Raising from the task factory would be the obvious way and is wrong: ``gather`` would have started
some children already, and they would go on as orphans that nobody awaits. A task that was born
failed behaves in ``gather``, ``TaskGroup`` and ``wait`` like any child that fails.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any, NoReturn


async def _fail(error: Exception) -> NoReturn:
    raise error


def born_failed(
    loop: asyncio.AbstractEventLoop, coro: Any, error: Exception
) -> asyncio.Task[NoReturn]:
    """Return a task of ``loop`` that ends with ``error``; ``coro`` is closed and never runs.

    Its error counts as retrieved: hundreds of refused tasks that nobody awaits are one line in
    the request's report, not hundreds in the log.
    """
    throw_away([coro])
    task = asyncio.Task(_fail(error), loop=loop)
    task.add_done_callback(_retrieve)
    return task


def throw_away(layers: Iterable[Any]) -> None:
    """Close coroutines that never ran: a wrapper and, since it does not do that, what it wraps.

    What was not closed would be reported as "never awaited".
    """
    for coro in layers:
        with contextlib.suppress(Exception):
            coro.close()


def _retrieve(task: asyncio.Task[NoReturn]) -> None:
    if not task.cancelled():
        task.exception()
