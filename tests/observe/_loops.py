"""Real loops in threads of their own, which tests block by events, not by sleeping."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from typing import Any

import pytest

KINDS = [
    "asyncio",
    pytest.param(
        "uvloop",
        marks=pytest.mark.skipif(find_spec("uvloop") is None, reason="needs uvloop"),
    ),
]


def new_loop(kind: str) -> asyncio.AbstractEventLoop:
    if kind == "asyncio":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def eventually(condition: Callable[[], bool]) -> bool:
    """Give other threads the interpreter until ``condition`` holds; tell whether it does."""
    for _ in range(10_000):
        if condition():
            return True
        time.sleep(0.001)
    return False


class LoopThread:
    """A loop that runs in a thread until the block ends."""

    def __init__(self, kind: str = "asyncio") -> None:
        self.loop = new_loop(kind)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._tasks: list[asyncio.Task[Any]] = []

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.close()
        asyncio.set_event_loop(None)

    def __enter__(self) -> LoopThread:
        self._thread.start()
        self.call(lambda: None)
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._cancel)
        self.passes()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    @property
    def ident(self) -> int:
        assert self._thread.ident is not None
        return self._thread.ident

    def call(self, function: Callable[[], Any]) -> Any:
        """Return what ``function`` returns in the loop's thread."""
        done, result = threading.Event(), []

        def run() -> None:
            result.append(function())
            done.set()

        self.loop.call_soon_threadsafe(run)
        assert done.wait(10)
        return result[0]

    def start(self, coro: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Task[Any]:
        """Return the task that runs ``coro()``."""
        task: asyncio.Task[Any] = self.call(lambda: self.loop.create_task(coro()))
        self._tasks.append(task)
        return task

    def passes(self, count: int = 3) -> None:
        """Let the loop go round a few times."""
        for _ in range(count):
            self.call(lambda: None)


class Block:
    """Holds whoever calls `hold` until `go`."""

    def __init__(self) -> None:
        self.inside = threading.Event()
        self._go = threading.Event()

    def hold(self) -> None:
        self.inside.set()
        assert self._go.wait(10)

    def go(self) -> None:
        self._go.set()
