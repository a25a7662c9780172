"""The thread of a worker, for pools whose function is a plain one.

Each worker owns one thread instead of all sharing an executor: so a job that a worker has taken
is running, not queued once more, and threads come and go with the workers.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class WorkerThread:
    """Calls a plain function on a thread of its own, which is started when first needed."""

    __slots__ = ("_call", "_executor", "_fn", "_name")

    def __init__(self, fn: Callable[..., Any], name: str) -> None:
        self._fn = fn
        self._name = name
        self._executor: ThreadPoolExecutor | None = None
        self._call: asyncio.Future[Any] | None = None

    async def call(self, *args: Any) -> Any:
        """Run ``fn(*args)`` on the thread, in a copy of the current context.

        Cancelling abandons the call, it cannot stop it; `until_free` then waits for its end.
        """
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=self._name)
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()
        self._call = loop.run_in_executor(self._executor, context.run, _plainly, self._fn, args)
        await asyncio.wait([self._call])  # awaited itself, it would be cancelled with the job
        call, self._call = self._call, None
        return call.result()

    async def until_free(self) -> None:
        """Wait until an abandoned call has ended; its outcome is nobody's any more."""
        if self._call is not None:
            await asyncio.wait([self._call])
            self._call.exception()
            self._call = None

    def close(self) -> None:
        """Let the thread end after what it is doing now; does not wait for it."""
        if self._executor is not None:
            self._executor.shutdown(wait=False)


def _plainly(fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    try:
        result = fn(*args)
    except StopIteration as error:
        msg = f"{fn!r} raised StopIteration, which no future can carry"
        raise RuntimeError(msg) from error
    if inspect.iscoroutine(result):
        result.close()
        msg = f"{fn!r} was run on a thread and returned a coroutine; make it an 'async def'"
        raise TypeError(msg)
    return result
