"""Apply a function to many items with a few tasks: the cure for the unbounded fan-out.

``gather(*(fetch(u) for u in urls))`` starts a task for each item before the first has done
anything. A map starts ``limit`` of them, and takes the next item from the source only when a
result has been taken by the consumer. So a source of any length, also an endless one, runs in
constant memory, and a slow consumer slows the source down.

A loop can be left early, and ``async for`` tells nobody. So a map belongs to the task that takes
its first result: when that task ends, or leaves the scope, the rest of the map is cancelled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
)
from contextvars import Context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from snowshed.errors import BudgetExceeded, WouldBlock

if TYPE_CHECKING:
    from snowshed.core._scope import TaskScope

A = TypeVar("A")
R = TypeVar("R")
_NOTHING: Any = object()


class ScopeMap(AsyncIterator[R], Generic[A, R]):
    """The results of `TaskScope.map`, to be consumed with ``async for`` by one task.

    Nothing is started before the first result is asked for. Cancelling that wait loses no item.
    """

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
        self._owner: asyncio.Task[Any] | None = None
        self._feeder: asyncio.Task[None] | None = None
        self._stream: AsyncIterable[A] | None = None
        self._source: Iterator[A] | None = None
        if isinstance(items, AsyncIterable):
            self._stream = items
        else:
            self._source = iter(items)

    def __repr__(self) -> str:
        held = f"{len(self._running)} running, {len(self._ready)} ready"
        return f"<ScopeMap of {self._scope.name!r}: {held}, limit={self._limit}>"

    def __aiter__(self) -> ScopeMap[A, R]:
        """Return itself: a map is consumed once."""
        return self

    async def __anext__(self) -> R:
        """Return the next result, or raise what the item's task raised."""
        if self._owner is None:
            self._begin()
        while True:
            if self._source is not None:
                await self._fill(self._source)
            task = self._take()
            if task is not None:
                self._wake()
                return task.result()
            if self._exhausted and not self._running:
                self._disown()
                raise StopAsyncIteration
            await self._change()

    def _begin(self) -> None:
        self._owner = asyncio.current_task()
        if self._owner is not None and not self._scope._hosts_map(self, self._owner):
            self._owner.add_done_callback(self._owner_ended, context=Context())
        if self._stream is not None:
            self._feeder = self._scope._start_unplaced(self._feed, self._stream)
            self._feeder.add_done_callback(self._fed)

    def _disown(self) -> None:
        if self._owner is not None:
            self._owner.remove_done_callback(self._owner_ended)
        self._scope._forget_map(self)

    def _owner_ended(self, _owner: asyncio.Task[Any]) -> None:
        self.abandon()

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
                task = self._scope.spawn_nowait(self._fn, self._next_item)
            except (BudgetExceeded, WouldBlock) as error:
                # Others hold the places. Our own tasks will give some back; with none, say so.
                if self._running or self._ready:
                    return
                if isinstance(error, BudgetExceeded):
                    raise
                task = await self._scope.spawn(self._fn, self._next_item)
            self._adopt(task)
            self._next_item = _NOTHING

    async def _feed(self, items: AsyncIterable[A]) -> None:
        stream = aiter(items)
        try:
            async for item in stream:
                while not self._room():
                    await self._change()
                self._adopt(await self._started(item))
        finally:
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()

    async def _started(self, item: A) -> asyncio.Task[R]:
        while True:
            try:
                return await self._scope.spawn(self._fn, item)
            except BudgetExceeded:
                if not self._running and not self._ready:
                    raise
            await self._change()

    def _fed(self, _feeder: asyncio.Task[None]) -> None:
        self._exhausted = True
        self._wake()

    def _adopt(self, task: asyncio.Task[R]) -> None:
        self._running.append(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[R]) -> None:
        if not self._ordered and self._running:  # it is not there when the map was left
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

    def abandon(self) -> list[asyncio.Task[Any]]:
        """Take no more from the source, cancel what runs and return it; results are dropped."""
        self._exhausted = True
        self._source = self._stream = None
        self._next_item = _NOTHING
        left: list[asyncio.Task[Any]] = [task for task in self._running if not task.done()]
        if self._feeder is not None and not self._feeder.done():
            left.append(self._feeder)
        self._running.clear()
        self._ready.clear()
        for task in left:
            task.cancel("the map was left")
        self._disown()
        self._wake()
        return left

    async def aclose(self) -> None:
        """Leave the map early: cancel its tasks and wait for their end."""
        left = self.abandon()
        if left:
            await asyncio.wait(left)
