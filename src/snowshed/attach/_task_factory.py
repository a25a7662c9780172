"""The hook through which every task of a loop passes, and what it costs.

It runs for each ``create_task`` of the service, so its common path is short: which budget is
current, is its list below the mark, make the task, append it; which line asked, append it there as
well (`snowshed.observe`). No callback is added. Only a spawn at the mark takes the long way
(`Turnstile.decide`), where the task is judged, counted by site, refused.

The line that asked is looked for where it nearly always is: above ``asyncio.create_task`` and the
loop's method. What that place has turned out to be once, it is each time.

Loops differ in how they call a factory: asyncio passes what the caller gave, uvloop always passes
``context=None`` and from Python 3.13 on ``eager_start=None``, CPython 3.14 everything. So a factory
takes ``**kwargs`` and forwards them. For uvloop they are spelled out and not forwarded where they
say nothing: a dictionary for each call is a fifth of the cost of a task there.

A factory that was there before, or comes later, is kept inside ours: Sentry wraps tasks in spans,
``eager_task_factory`` runs them at once. The eager one is rebuilt around our constructor instead
of wrapped, since anyio recognises it by its code. Whoever asks a loop for its factory, to call it
from their own, gets one that makes tasks and does not count: theirs will be put inside ours.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import Task
from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

from snowshed.attach._refusal import born_failed
from snowshed.core._budget import CURRENT, OUTSIDE, TaskBudget
from snowshed.core._tasks import StartingTask
from snowshed.errors import BudgetExceeded

if TYPE_CHECKING:
    from snowshed.observe._registry._table import SiteTable

Factory = Callable[..., Any]
# The arguments of a task factory have grown with CPython; those of this one may not be all.
NEWEST_KNOWN = (3, 15)
# Frames from a factory up to the line that called `asyncio.create_task`. Between them are that and,
# on asyncio's own loops, a method in Python.
TO_CALLER = 3
TO_CALLER_UVLOOP = 2
# From the constructor inside an eager factory there are that factory and the constructor more.
EAGER = 2


class Verdict(Enum):
    """What becomes of a spawn that took the long way, unless it is refused."""

    COUNT = "count"
    IGNORE = "ignore"


class Turnstile(Protocol):
    """Decides about the spawns that the common path must not decide."""

    def decide(
        self, budget: TaskBudget, loop: asyncio.AbstractEventLoop, coro: Any
    ) -> Verdict | BudgetExceeded:
        """Judge the spawn of ``coro``: make it and count it, or not, or refuse it with this error.

        Called from inside the task factory: the frames above are those of the spawn.
        """
        ...


def counting(
    turnstile: Turnstile, table: SiteTable, inner: Factory | None, *, uvloop: bool = False
) -> Factory:
    """Return a factory that counts each task in the current budget, around ``inner``.

    Args:
        turnstile: decides about the spawns that the common path must not decide.
        table: where each task is noted by the line that made it.
        inner: makes the tasks; None: `asyncio.Task` does.
        uvloop: whether it is for a loop of uvloop.
    """
    if inner is not None and _is_eager(inner):
        factory = _eager(turnstile, table, inner, uvloop=uvloop)
    elif inner is not None:
        factory = _around(turnstile, table, inner, TO_CALLER_UVLOOP if uvloop else TO_CALLER)
    elif uvloop and sys.version_info < NEWEST_KNOWN:
        factory = _plain_uvloop(turnstile, table)
    else:
        factory = _plain(turnstile, table)
    factory.counts_tasks = True  # type: ignore[attr-defined]
    factory.inner = inner  # type: ignore[attr-defined]
    if inner is None or not _is_eager(inner):
        factory.shown = _not_counting(factory, inner)  # type: ignore[attr-defined]
    return factory


def _not_counting(factory: Factory, inner: Factory | None) -> Factory:
    """Return what others see as the loop's factory, and stands for ``factory`` when they set it."""

    def shown(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        _drop_unasked(kwargs)
        return Task(coro, loop=loop, **kwargs) if inner is None else inner(loop, coro, **kwargs)

    if inner is not None:
        shown = wraps(inner)(shown)
    shown.counts_tasks = True  # type: ignore[attr-defined]
    shown.stands_for = factory  # type: ignore[attr-defined]
    return shown


def _drop_unasked(kwargs: dict[str, Any]) -> None:
    # uvloop passes these whether or not anybody asked, and most factories know neither.
    for name in ("eager_start", "context"):
        if name in kwargs and kwargs[name] is None:
            del kwargs[name]


def _plain(turnstile: Turnstile, table: SiteTable) -> Factory:
    current = CURRENT.get
    known, walk = table.known.get, table.walk
    frame_above = sys._getframe
    # In the closure, where counting costs a third of what it does in an attribute.
    made = skip = 0

    def count() -> int:
        return made

    def thin_out(bits: int) -> None:
        nonlocal skip
        skip = bits

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        nonlocal made
        context = kwargs.get("context") if kwargs else None
        budget = current() if context is None else context.get(CURRENT, OUTSIDE)
        live = budget.live
        if len(live) >= budget.mark or (kwargs and kwargs.get("eager_start")):
            return _the_long_way(turnstile, table, budget, Task, coro, loop, kwargs, TO_CALLER)
        task = Task(coro, loop=loop, **kwargs)
        live.append(task)
        made += 1
        if made & skip:
            return task
        try:
            asking = frame_above(TO_CALLER)
        except ValueError:
            # The stack is that short where C code calls `loop.create_task`.
            table.note(task, coro, None, frame_above(1))
            return task
        line = known(id(asking.f_code) + asking.f_lasti, walk)
        if len(line.young) < line.mark:
            line.young.append(ref(task))
        else:
            table.note(task, coro, asking, frame_above(1))
        return task

    table.count_by(count, thin_out)
    return factory


def _plain_uvloop(turnstile: Turnstile, table: SiteTable) -> Factory:
    current = CURRENT.get
    known, walk = table.known.get, table.walk
    frame_above = sys._getframe
    made = skip = 0

    def count() -> int:
        return made

    def thin_out(bits: int) -> None:
        nonlocal skip
        skip = bits

    def factory(
        loop: asyncio.AbstractEventLoop,
        coro: Any,
        context: Any = None,
        eager_start: bool | None = None,
        name: str | None = None,
    ) -> Any:
        nonlocal made
        if context is None and name is None and not eager_start:
            budget = current()
            live = budget.live
            if len(live) < budget.mark:
                live.append(task := Task(coro, loop=loop))
                made += 1
                if made & skip:
                    return task
                try:
                    asking = frame_above(TO_CALLER_UVLOOP)
                except ValueError:
                    table.note(task, coro, None, None)
                    return task
                line = known(id(asking.f_code) + asking.f_lasti, walk)
                if len(line.young) < line.mark:
                    line.young.append(ref(task))
                else:
                    table.note(task, coro, asking, frame_above(1))
                return task
        else:
            budget = current() if context is None else context.get(CURRENT, OUTSIDE)
        given: dict[str, Any] = {"context": context, "name": name}
        if eager_start:
            given["eager_start"] = eager_start
        return _the_long_way(turnstile, table, budget, Task, coro, loop, given, TO_CALLER_UVLOOP)

    table.count_by(count, thin_out)
    return factory


def _note(table: SiteTable, task: Any, coro: Any, to_caller: int) -> None:
    """Note ``task`` for the caller, a factory, that is ``to_caller`` frames below the line."""
    # What else a foreign factory makes is let pass, and must not count: each task that is noted
    # stands for as many as were made.
    if not isinstance(task, Task):
        return
    table.made += 1
    if table.made & table.skip:
        return
    innermost = sys._getframe(2)
    try:
        asking = sys._getframe(to_caller + 1)
    except ValueError:
        table.note(task, coro, None, innermost)
        return
    line = table.known.get(id(asking.f_code) + asking.f_lasti, table.walk)
    if len(line.young) < line.mark:
        line.young.append(ref(task))
    else:
        table.note(task, coro, asking, innermost)


# Loops on which a factory of ours is calling one that may, in turn, call ours: counted already.
_counted: set[asyncio.AbstractEventLoop] = set()


def _around(turnstile: Turnstile, table: SiteTable, inner: Factory, to_caller: int) -> Factory:
    def construct(coro: Any, *, loop: asyncio.AbstractEventLoop, **kwargs: Any) -> Any:
        _counted.add(loop)
        try:
            return inner(loop, coro, **kwargs)
        finally:
            _counted.discard(loop)

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        _drop_unasked(kwargs)
        budget = _budget_in(kwargs)
        return _the_long_way(turnstile, table, budget, construct, coro, loop, kwargs, to_caller)

    return factory


def _budget_in(kwargs: dict[str, Any]) -> TaskBudget:
    context = kwargs.get("context")
    budget: TaskBudget = CURRENT.get() if context is None else context.get(CURRENT, OUTSIDE)
    return budget


def _the_long_way(  # noqa: PLR0917 - called for every task of some loops
    turnstile: Turnstile,
    table: SiteTable,
    budget: TaskBudget,
    construct: Factory,
    coro: Any,
    loop: asyncio.AbstractEventLoop,
    kwargs: dict[str, Any],
    to_caller: int,
) -> Any:
    verdict = _verdict(turnstile, budget, coro, loop)
    if isinstance(verdict, BudgetExceeded):
        return born_failed(loop, coro, verdict)
    if verdict is Verdict.IGNORE:
        task = construct(coro, loop=loop, **kwargs)
    elif construct is Task and not kwargs.get("eager_start"):
        task = Task(coro, loop=loop, **kwargs)
        budget.add(task)
    else:
        # It may run at once, and make its children before it is there to be counted itself.
        starting = StartingTask()
        budget.add(starting)
        task = starting.start(construct, coro, loop=loop, **kwargs)
    _note(table, task, coro, to_caller + 1)
    return task


def _verdict(
    turnstile: Turnstile, budget: TaskBudget, coro: Any, loop: asyncio.AbstractEventLoop
) -> Verdict | BudgetExceeded:
    if len(budget.live) < budget.mark:
        return Verdict.COUNT
    # A loop of another thread may append to the list, and no more.
    if budget.loop is loop and budget.make_room():
        return Verdict.COUNT
    return turnstile.decide(budget, loop, coro)


def _eager(turnstile: Turnstile, table: SiteTable, inner: Factory, *, uvloop: bool) -> Factory:
    make = _constructor_of(inner)
    adapted = uvloop and sys.version_info >= (3, 13)
    to_caller = (TO_CALLER_UVLOOP if uvloop else TO_CALLER) + EAGER + adapted

    def construct(coro: Any, *, loop: asyncio.AbstractEventLoop, **kwargs: Any) -> Any:
        if loop in _counted:
            # What the task starts while it is made is not counted yet.
            _counted.discard(loop)
            return make(coro, loop=loop, **kwargs)
        budget = _budget_in(kwargs)
        return _the_long_way(turnstile, table, budget, make, coro, loop, kwargs, to_caller)

    eager: Factory = asyncio.create_eager_task_factory(construct)  # type: ignore[attr-defined]
    if not adapted:
        # anyio looks at the code of the loop's factory: no adapter around it where none is needed.
        return eager

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        _drop_unasked(kwargs)
        return eager(loop, coro, **kwargs)

    return factory


def _constructor_of(eager: Factory) -> Factory:
    """Return what a factory made by `asyncio.create_eager_task_factory` makes its tasks with."""
    cells = dict(zip(eager.__code__.co_freevars, eager.__closure__ or (), strict=False))
    constructor: Factory = cells["custom_task_constructor"].cell_contents
    return constructor


def _is_eager(factory: Factory) -> bool:
    if sys.version_info < (3, 12):
        return False
    code = getattr(asyncio.eager_task_factory, "__code__", None)
    return getattr(factory, "__code__", None) is code
