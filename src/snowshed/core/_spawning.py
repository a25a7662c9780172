"""Starting a child of a scope: counted, owned, in the right context.

This is the hot path. What costs is not the scope's book-keeping but what asyncio does for it: the
done callback that each child needs, so that a failure ends the scope at once, is half as dear as a
task. The rest is kept flat: one function, few attributes, no call that can be spared.
"""

from __future__ import annotations

import asyncio
from asyncio import Task
from contextvars import Context, copy_context
from types import CoroutineType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from snowshed.core._budget import CURRENT
from snowshed.core._coroutine import checked, explain
from snowshed.core._lifetime import KEPT_ENDED, ScopeLifetime
from snowshed.core._tasks import StartingTask
from snowshed.errors import ClosedResourceError, DeadlineExceeded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from snowshed.core._map import ScopeMap
    from snowshed.core._semaphore import WeightedSemaphore

T = TypeVar("T")


class SpawningScope(ScopeLifetime):
    """A scope that can start children; the forms that users call are `TaskScope`'s."""

    __slots__ = ()

    def _start_placed(
        self,
        fn: Callable[..., Coroutine[Any, Any, T]],
        args: tuple[Any, ...],
        name: str | None,
        places: WeightedSemaphore,
    ) -> asyncio.Task[T]:
        """Start a child that holds a place, and gives it back at its end."""
        try:
            return self._start(fn, args, name, self._on_done_placed)
        except BaseException:
            places.release()
            raise

    def _start(
        self,
        fn: Callable[..., Coroutine[Any, Any, T]],
        args: tuple[Any, ...],
        name: str | None,
        on_done: Callable[[asyncio.Task[Any]], object],
    ) -> asyncio.Task[T]:
        """Start a child.

        The calls of `TaskBudget.admit` and `add` are spelled out for the common case, a budget
        below its mark: this is the hot path.
        """
        budget = self._budget
        live = budget.live
        at_mark = len(live) >= budget.mark
        if at_mark:
            budget.admit()
        try:
            coro = fn(*args)
        except TypeError:
            explain("spawn", fn)
            raise
        if type(coro) is not CoroutineType:
            coro = checked("spawn", fn, coro)
        if not self._plain:
            task = self._create_counted(coro, name)
        else:
            if name is None and CURRENT.get() is budget:
                task = Task(coro, loop=self._loop)
            else:
                task = Task(coro, loop=self._loop, name=name, context=self._context())
            if at_mark:
                budget.add(task)
            else:
                live.append(task)
        children = self._children
        children.add(task)
        if at_mark and len(children) >= KEPT_ENDED:
            self._few = len(children) // 2
        task.add_done_callback(on_done)
        return task

    def _create_counted(self, coro: Coroutine[Any, Any, T], name: str | None) -> asyncio.Task[T]:
        """Make a task by the loop's factory, which may count it itself, and may run it at once."""
        context = None if CURRENT.get() is self._budget else self._context()
        try:
            if self._counted:
                return self._loop.create_task(coro, name=name, context=context)
            starting = StartingTask()
            self._budget.add(starting)
            task: asyncio.Task[T] = starting.start(
                self._loop.create_task, coro, name=name, context=context
            )
        except BaseException:
            coro.close()
            raise
        return task

    def _context(self) -> Context:
        """Return a copy of the caller's context with this scope as the current one."""
        context = copy_context()
        context.run(CURRENT.set, self._budget)
        return context

    def _start_unplaced(
        self, fn: Callable[..., Coroutine[Any, Any, T]], *args: Any
    ) -> asyncio.Task[T]:
        if not self._accepts:
            self._refuse()
        return self._start(fn, args, None, self._on_done)

    async def _wait_for_place(self, places: WeightedSemaphore, timeout: float | None) -> None:
        # A budget refuses at once; only then is it worth waiting.
        self._budget.admit()
        if timeout is None:
            await places.acquire()
        else:
            try:
                async with asyncio.timeout(timeout):
                    await places.acquire()
            except TimeoutError:
                what = "a place under its limit"
                raise DeadlineExceeded(self.name, timeout, what) from None
        if not self._accepts:
            places.release()
            self._refuse()

    def _refuse(self) -> NoReturn:
        if self._state == "new":
            msg = f"scope {self.name!r} is not entered yet; use 'async with open_scope(...)'"
            raise RuntimeError(msg)
        if self._state == "closed":
            raise ClosedResourceError(f"scope {self.name!r}")
        raise ClosedResourceError(f"scope {self.name!r} is ending ({self._reason}); it")

    def _hosts_map(self, mapped: ScopeMap[Any, Any], owner: asyncio.Task[Any]) -> bool:
        """Take charge of a map if it belongs to the host, who leaves the scope before it ends."""
        if owner is not self._host.task:
            return False
        if self._maps is None:
            self._maps = set()
        self._maps.add(mapped)
        return True

    def _forget_map(self, mapped: ScopeMap[Any, Any]) -> None:
        if self._maps is not None:
            self._maps.discard(mapped)
