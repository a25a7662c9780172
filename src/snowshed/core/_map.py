"""Apply a function to many items with a few tasks: the cure for the unbounded fan-out.

``gather(*(fetch(u) for u in urls))`` starts a task for each item before the first has done
anything. A map starts ``limit`` of them, and takes the next item from the source only when a
result has been taken by the consumer. So a source of any length, also an endless one, runs in
constant memory, and a slow consumer slows the source down.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from snowshed.errors import BudgetExceeded, WouldBlock

if TYPE_CHECKING:
    from snowshed.core._scope import TaskScope

A = TypeVar("A")
R = TypeVar("R")
_NOTHING: Any = object()


class ScopeMap(AsyncIterator[R], Generic[A, R]):
    """The results of `TaskScope.map`, to be consumed with ``async for`` by one task."""

    def __init__(
        self,
        scope: TaskScope,
        fn: Callable[[A], Coroutine[Any, Any, R]],
        items: Iterable[A] | AsyncIterable[A],
        limit: int,
        *,
        ordered: bool,
    ) -> None:
        self._scope = scope
        self._fn = fn
        self._limit = limit
        self._ordered = ordered
        self._running: deque[asyncio.Task[R]] = deque()
        self._ready: deque[asyncio.Task[R]] = deque()
        self._waker: asyncio.Future[None] | None = None
        self._next_item: A = _NOTHING
        self._exhausted = False
        self._feeder: asyncio.Task[None] | None = None
        self._source: Iterator[A] | None = None
        if isinstance(items, AsyncIterable):
            self._feeder = scope.spawn_nowait(self._feed, items)
            self._feeder.add_done_callback(self._fed)
        else:
            self._source = iter(items)

    def __aiter__(self) -> ScopeMap[A, R]:
        """Return itself: a map is consumed once."""
        return self

    async def __anext__(self) -> R:
        """Return the next result, or raise what the item's task raised."""
        while True:
            if self._source is not None:
                await self._fill(self._source)
            task = self._take()
            if task is not None:
                self._wake()
                return task.result()
            if self._exhausted and not self._running:
                self._scope._forget_map(self)
                raise StopAsyncIteration
            await self._change()

    def _take(self) -> asyncio.Task[R] | None:
        if not self._ordered:
            return self._ready.popleft() if self._ready else None
        if self._running and self._running[0].done():
            return self._running.popleft()
        return None

    def _room(self) -> bool:
        return len(self._running) + len(self._ready) < self._limit

    async def _fill(self, source: Iterator[A]) -> None:
        while self._room() and not self._exhausted:
            if self._next_item is _NOTHING:
                self._next_item = next(source, _NOTHING)
                if self._next_item is _NOTHING:
                    self._exhausted = True
                    return
            try:
                self._start(self._next_item)
            except (BudgetExceeded, WouldBlock) as error:
                # Others hold the places. Our own tasks will give some back; with none, say so.
                if self._running or self._ready:
                    return
                if isinstance(error, BudgetExceeded):
                    raise
                self._adopt(await self._scope.spawn(self._fn, self._next_item))
            self._next_item = _NOTHING

    async def _feed(self, items: AsyncIterable[A]) -> None:
        async for item in items:
            while not self._room():
                await self._change()
            while not self._started(item):
                await self._change()

    def _started(self, item: A) -> bool:
        try:
            self._start(item)
        except (BudgetExceeded, WouldBlock):
            if not self._running:
                raise
            return False
        return True

    def _fed(self, _feeder: asyncio.Task[None]) -> None:
        self._exhausted = True
        self._wake()

    def _start(self, item: A) -> None:
        self._adopt(self._scope.spawn_nowait(self._fn, item))

    def _adopt(self, task: asyncio.Task[R]) -> None:
        self._running.append(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[R]) -> None:
        if not self._ordered:
            self._running.remove(task)
            self._ready.append(task)
        self._wake()

    async def _change(self) -> None:
        """Wait until a task ended, a result was taken or the source ended."""
        if self._waker is None:
            self._waker = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._waker)

    def _wake(self) -> None:
        if self._waker is not None:
            self._waker.set_result(None)
            self._waker = None

    def abandon(self) -> None:
        """Cancel what runs and take no more from the source."""
        self._exhausted = True
        self._source = None
        if self._feeder is not None:
            self._feeder.cancel("the map was left")
        for task in self._running:
            task.cancel("the map was left")

    async def aclose(self) -> None:
        """Leave the map early: cancel its tasks and wait for their end."""
        self.abandon()
        self._scope._forget_map(self)
        waiting: list[asyncio.Task[Any]] = [task for task in self._running if not task.done()]
        if self._feeder is not None and not self._feeder.done():
            waiting.append(self._feeder)
        if waiting:
            await asyncio.wait(waiting)
