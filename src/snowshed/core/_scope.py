"""A block of code that owns the tasks it starts.

A task that nobody owns cannot be cancelled, its error is seen by nobody, and nothing limits how
many of its kind there are. A scope is an owner: it is left only when its tasks have ended, it
cancels them together, and it knows how many they are.

How a scope is entered, ends and is left is in `_lifetime`; what it counts is in `_budget`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from snowshed.core import _clock, _hooks, _threads
from snowshed.core._budget import NO_LIMIT, TaskBudget
from snowshed.core._census import scopes
from snowshed.core._level import budget_level, worse
from snowshed.core._map import ScopeMap
from snowshed.core._semaphore import WeightedSemaphore
from snowshed.core._service import service_scope
from snowshed.core._spawning import SpawningScope
from snowshed.errors import WouldBlock

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Coroutine, Iterable

    from snowshed.core._hooks import Level

T = TypeVar("T")
A = TypeVar("A")
DEFAULT_MAP_LIMIT = 10


@dataclass(frozen=True, slots=True)
class ScopeStatistics:
    """What a scope has seen; counts of tasks include those of the scopes inside it.

    Attributes:
        name: of the scope.
        budget: how many tasks may live at once; None: any number.
        limit: how many of its own children may run at once; None: any number.
        live: tasks and thread jobs alive now, exact.
        peak: the most that lived at once (see the reference for how exact it is below the budget).
        spawned: tasks and thread jobs counted so far.
        refused: spawns that the budget refused.
        waiting: spawns that wait for a place under ``limit``.
        failed: own children that ended with an error.
        level: ``normal``, ``light`` or ``exhausted``.
        remaining: seconds until the deadline; None without one.
    """

    name: str
    budget: int | None
    limit: int | None
    live: int
    peak: int
    spawned: int
    refused: int
    waiting: int
    failed: int
    level: Level
    remaining: float | None


class TaskScope(SpawningScope):
    """Owns the tasks that it starts; made by `open_scope`.

    ``async with`` enters it; the block is left when every task has ended. The first failure, in
    the block or in a child, cancels the rest and is raised itself. A child that is cancelled by
    someone else is not a failure (as in ``asyncio.TaskGroup``).

    Belongs to one event loop; in threads only `remaining`, `current_scope` and ``name`` may be
    used.
    """

    __slots__ = ("_light_below", "_limit")

    def __init__(
        self,
        budget: TaskBudget,
        *,
        limit: int | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
        light_below: float = 0.25,
        reserve: float = 0.0,
    ) -> None:
        super().__init__(budget, timeout=timeout, deadline=deadline, reserve=reserve)
        self._limit = limit
        self._light_below = light_below
        if limit is not None:
            self._places = WeightedSemaphore(limit, name=budget.name)
        scopes.enter(self)

    async def spawn(
        self,
        fn: Callable[..., Coroutine[Any, Any, T]],
        *args: Any,
        timeout: float | None = None,
        name: str | None = None,
    ) -> asyncio.Task[T]:
        """Start ``fn(*args)`` as a child and return its task; with a ``limit``, wait for a place.

        Takes a function and its arguments, not a coroutine: work that is refused was then never
        created, and nothing is "never awaited".

        Args:
            fn: an async function.
            args: its arguments.
            timeout: seconds to wait for a place at most; None: until the scope's deadline.
            name: of the task.

        Raises:
            BudgetExceeded: this scope, or one around it, holds as many live tasks as it may.
            DeadlineExceeded: no place came free within ``timeout``.
            ClosedResourceError: the scope has ended or is ending early.

        Semantics: ``errgroup.Group.Go`` with ``SetLimit``; cancelling the wait takes no place.
        """
        if not self._accepts:
            self._refuse()
        if self._places is None:
            return self._start(fn, args, name, self._on_done)
        if not self._places._take_one():
            await self._wait_for_place(self._places, timeout)
        return self._start_placed(fn, args, name, self._places)

    def spawn_nowait(
        self,
        fn: Callable[..., Coroutine[Any, Any, T]],
        *args: Any,
        name: str | None = None,
    ) -> asyncio.Task[T]:
        """Start ``fn(*args)`` as a child at once.

        Raises:
            WouldBlock: as many children run as ``limit`` allows.
            BudgetExceeded: this scope, or one around it, holds as many live tasks as it may.
            ClosedResourceError: the scope has ended or is ending early.
        """
        if not self._accepts:
            self._refuse()
        if self._places is None:
            return self._start(fn, args, name, self._on_done)
        if not self._places._take_one():
            running = len(self._children)
            what = f"scope {self.name!r} runs {running} children, its limit is {self._limit}"
            raise WouldBlock(what)
        return self._start_placed(fn, args, name, self._places)

    def map(
        self,
        fn: Callable[[A], Coroutine[Any, Any, T]],
        items: Iterable[A] | AsyncIterable[A],
        *,
        limit: int | None = None,
        ordered: bool = True,
    ) -> ScopeMap[A, T]:
        """Apply ``fn`` to each item with at most ``limit`` tasks; iterate over the results.

        Constant memory for sources of any length: the next item is taken when a result has been.
        Where the budget leaves less than ``limit``, fewer run at once. An item's failure ends
        the scope, as any child's does. Leaving the loop early: the rest is cancelled when the task
        that ran the loop ends or leaves the scope, or by ``aclose()``. Reading an asynchronous
        source is one task more, which takes no place; an async generator is closed at the end.

        Args:
            fn: an async function of one item.
            items: an iterable or asynchronous iterable. A source that blocks blocks the loop.
            limit: tasks at once; None: the scope's ``limit``, else 10.
            ordered: results in the order of the items; False: as they complete.

        Raises:
            ValueError: ``limit`` is not positive.
            BudgetExceeded: not even one task fits.

        Semantics: ``aiostream.stream.map(task_limit=)``, conc's ``stream``.
        """
        if limit is None:
            limit = self._limit or DEFAULT_MAP_LIMIT
        if limit < 1:
            msg = f"scope {self.name!r}: limit must be positive, not {limit!r}"
            raise ValueError(msg)
        if not self._accepts:
            self._refuse()
        return ScopeMap(self, fn, items, limit, ordered=ordered)

    async def run_sync(self, fn: Callable[..., T], *args: Any, cleanup: bool = False) -> T:
        """Run the blocking ``fn(*args)`` on a thread and return its result.

        The job counts in the budget until the *thread* has ended, and the scope waits for it: a
        thread cannot be cancelled, only awaited. It sees the scope (`current_scope`, `remaining`)
        and should look at `remaining` in long loops.

        Args:
            fn: a plain function.
            args: its arguments.
            cleanup: True for work that gives something back (a connection, a lock): it is let in
                over the budget and may use the one thread permit that ordinary jobs cannot take,
                so that tear-down never waits behind the work that waits for it.

        Raises:
            BudgetExceeded: as `spawn`, unless ``cleanup``.
            ClosedResourceError: the scope has ended; while it ends only ``cleanup`` may start.
        """

        def check() -> None:
            ending = self._state in {"open", "closing"}
            if not (self._accepts or (cleanup and ending)):
                self._refuse()

        check()
        if not cleanup:
            self._budget.admit()
        job = _threads.ThreadJob(self._context(), fn, args)
        self._budget.add(job)
        waiter = await job.start(cleanup=cleanup, check=check)
        self._threads.add(waiter)
        waiter.add_done_callback(self._thread_done)
        try:
            return await asyncio.shield(waiter)
        finally:
            # An error's traceback refers to this frame, and the waiter to the error.
            del waiter

    def detach(
        self,
        fn: Callable[..., Coroutine[Any, Any, T]],
        *args: Any,
        name: str | None = None,
    ) -> asyncio.Task[T]:
        """Start ``fn(*args)`` as a task of the *service*: it may outlive this scope.

        It keeps the context variables of the caller, but neither budget nor deadline of this scope.
        An error is logged to ``snowshed.detached`` and counted, never lost.

        Raises:
            BudgetExceeded: 1,000 detached tasks live already.

        Semantics: Go's ``context.WithoutCancel`` with an owner.
        """
        return service_scope().start(fn, args, name)

    @property
    def deadline(self) -> float | None:
        """When the work is cancelled, in `time.monotonic` seconds; None without a deadline."""
        return None if self._deadline is None else self._deadline.at

    def remaining(self) -> float | None:
        """Return the seconds left for work, never negative; None without a deadline.

        During the clean-up of an expired scope it is the rest of the ``reserve``.
        """
        deadline = self._deadline
        if deadline is None:
            return None
        now = _clock.now()
        return deadline.remaining(now) or max(deadline.hard - now, 0.0)

    @property
    def level(self) -> Level:
        """``normal``, ``light`` or ``exhausted``: how much this work may still spend.

        The worst of this budget, the budgets around it and the pressure on the whole service.
        """
        level = _hooks.pressure()
        for budget in self._budget.lineage():
            if budget.limit != NO_LIMIT:
                live = budget.live_count()
                level = worse(level, budget_level(live, budget.limit, self._light_below))
        return level

    def choose(self, full: T, light: T) -> T:
        """Return ``full`` while the level is ``normal``, else ``light``."""
        if self.level == "normal":
            return full
        _hooks.chose_light()
        return light

    def statistics(self) -> ScopeStatistics:
        """Return the counts so far. Cost: one ``done()`` for each task that is counted as live."""
        budget = self._budget
        return ScopeStatistics(
            name=self.name,
            budget=None if budget.limit == NO_LIMIT else budget.limit,
            limit=self._limit,
            live=budget.live_count(),
            peak=budget.peak,
            spawned=budget.spawned,
            refused=budget.refused,
            waiting=0 if self._places is None else self._places.statistics().waiting,
            failed=self._failed,
            level=self.level,
            remaining=self.remaining(),
        )
