"""Help for testing code that waits: a loop on which time is virtual.

A test that sleeps to wait for something is slow when it passes and flaky when it fails. On a
`VirtualTimeLoop` nothing sleeps: when no callback is ready, the clock jumps to the next timer. An
hour of timeouts takes milliseconds, and the order of events is the same in every run. When
nothing is ready *and* no timer is left, the program waits for something that never comes; that is
an error here, not a hang.

The idea is trio's ``MockClock`` with ``autojump_threshold=0``.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

from snowshed.core import _clock

__all__ = ["VirtualTimeLoop", "run_virtual"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _JumpingSelector(selectors.BaseSelector):
    """Asks the real selector without waiting; where that finds nothing, moves the clock instead."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready or timeout == 0:
            return ready
        if self._loop.waits_for_outside():
            return self._real.select(timeout if timeout is None else min(timeout, 0.05))
        if timeout is None:
            msg = "every task waits and no timer is set: this program would hang for ever"
            raise RuntimeError(msg)
        self._loop.advance(timeout)
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Any:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop whose clock stands still while code runs and jumps while it waits.

    While a thread job is in flight (`run_in_executor`, `TaskScope.run_sync`) the loop really
    waits for it and time stands still. Sockets work, but time does not pass while they are idle.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._outside = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return the virtual time, in seconds since the loop was made."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock forward by ``seconds``."""
        self._now += max(seconds, 0.0)

    def waits_for_outside(self) -> bool:
        """Tell whether a thread still has to answer, so that waiting is real."""
        return self._outside > 0

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As on every loop; the clock stands still until the job has ended."""
        future = super().run_in_executor(executor, func, *args)
        self._outside += 1
        future.add_done_callback(self._came_back)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ARG002
        """As on every loop; joining the threads is waiting for them, and has no limit in a test."""
        self._outside += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._outside -= 1

    def _came_back(self, _future: object) -> None:
        self._outside -= 1


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end on a fresh `VirtualTimeLoop`, as `asyncio.run` would.

    Deadlines of scopes follow the virtual clock while it runs.

    Raises:
        RuntimeError: every task waits and no timer is set.
    """
    loop = VirtualTimeLoop()
    with _clock.reading(loop.time), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)
