"""The hook through which every task of a loop passes, and what it costs.

It runs for each ``create_task`` of the service, so its common path is four lines: which budget is
current, is its list below the mark, make the task, append it. No frame is walked, no callback
added, nothing allocated. Only a spawn at the mark takes the long way (`Turnstile.decide`), where
the task is judged, counted by site, refused.

Loops differ in how they call a factory: asyncio passes what the caller gave, uvloop always passes
``context=None`` and from Python 3.13 on ``eager_start=None``, CPython 3.14 everything. So a factory
takes ``**kwargs`` and forwards them. For uvloop they are spelled out and not forwarded where they
say nothing: a dictionary for each call is a fifth of the cost of a task there.

A factory that was there before, or comes later, is kept inside ours: Sentry wraps tasks in spans,
``eager_task_factory`` runs them at once. The eager one is rebuilt around our constructor instead
of wrapped, since anyio recognises it by its code.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import Task
from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from snowshed.core._budget import CURRENT, OUTSIDE, TaskBudget

Factory = Callable[..., Any]
# The arguments of a task factory have grown with CPython; those of this one may not be all.
NEWEST_KNOWN = (3, 15)


class Verdict(Enum):
    """What becomes of a spawn that took the long way, unless it is refused."""

    COUNT = "count"
    IGNORE = "ignore"


class Turnstile(Protocol):
    """Decides about the spawns that the common path must not decide."""

    def decide(
        self, budget: TaskBudget, loop: asyncio.AbstractEventLoop, coro: Any
    ) -> Verdict | Task[Any]:
        """Judge the spawn of ``coro``: make it and count it, or not, or return this task instead.

        Called from inside the task factory: the frames above are those of the spawn.
        """
        ...


def counting(turnstile: Turnstile, inner: Factory | None, *, uvloop: bool = False) -> Factory:
    """Return a factory that counts each task in the current budget, around ``inner``."""
    if inner is not None and _is_eager(inner):
        factory = _eager(turnstile, uvloop=uvloop)
    elif inner is not None:
        factory = _around(turnstile, inner)
    elif uvloop and sys.version_info < NEWEST_KNOWN:
        factory = _plain_uvloop(turnstile)
    else:
        factory = _plain(turnstile)
    factory.counts_tasks = True  # type: ignore[attr-defined]
    factory.inner = inner  # type: ignore[attr-defined]
    return factory


def _plain(turnstile: Turnstile) -> Factory:
    current = CURRENT.get

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        context = kwargs.get("context") if kwargs else None
        budget = current() if context is None else context.get(CURRENT, OUTSIDE)
        live = budget.live
        if len(live) >= budget.mark:
            return _the_long_way(turnstile, budget, Task, coro, loop, kwargs)
        task = Task(coro, loop=loop, **kwargs)
        live.append(task)
        return task

    return factory


def _plain_uvloop(turnstile: Turnstile) -> Factory:
    current = CURRENT.get

    def factory(
        loop: asyncio.AbstractEventLoop,
        coro: Any,
        context: Any = None,
        eager_start: bool | None = None,
        name: str | None = None,
    ) -> Any:
        if context is None and name is None and not eager_start:
            budget = current()
            live = budget.live
            if len(live) < budget.mark:
                live.append(task := Task(coro, loop=loop))
                return task
        else:
            budget = current() if context is None else context.get(CURRENT, OUTSIDE)
        given: dict[str, Any] = {"context": context, "name": name}
        if eager_start:
            given["eager_start"] = eager_start
        return _the_long_way(turnstile, budget, Task, coro, loop, given)

    return factory


def _around(turnstile: Turnstile, inner: Factory) -> Factory:
    def construct(coro: Any, *, loop: asyncio.AbstractEventLoop, **kwargs: Any) -> Any:
        return inner(loop, coro, **kwargs)

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        # uvloop passes these whether or not anybody asked, and most factories know neither.
        for name in ("eager_start", "context"):
            if name in kwargs and kwargs[name] is None:
                del kwargs[name]
        context = kwargs.get("context")
        budget = CURRENT.get() if context is None else context.get(CURRENT, OUTSIDE)
        return _the_long_way(turnstile, budget, construct, coro, loop, kwargs)

    return factory


def _the_long_way(  # noqa: PLR0917 - called for every task of some loops
    turnstile: Turnstile,
    budget: TaskBudget,
    construct: Factory,
    coro: Any,
    loop: asyncio.AbstractEventLoop,
    kwargs: dict[str, Any],
) -> Any:
    verdict = _verdict(turnstile, budget, coro, loop)
    if verdict is Verdict.COUNT:
        task = construct(coro, loop=loop, **kwargs)
        budget.add(task)
        return task
    return construct(coro, loop=loop, **kwargs) if verdict is Verdict.IGNORE else verdict


def _verdict(
    turnstile: Turnstile, budget: TaskBudget, coro: Any, loop: asyncio.AbstractEventLoop
) -> Any:
    if len(budget.live) < budget.mark or budget.make_room():
        return Verdict.COUNT
    return turnstile.decide(budget, loop, coro)


class _Starting:
    """Counts for an eager task while its constructor runs it, when there is no task yet."""

    __slots__ = ("ended", "task")

    def __init__(self) -> None:
        self.task: Task[Any] | None = None
        self.ended = False

    def start(
        self, coro: Any, loop: asyncio.AbstractEventLoop, kwargs: dict[str, Any]
    ) -> Task[Any]:
        try:
            self.task = Task(coro, loop=loop, **kwargs)
        finally:
            self.ended = self.task is None
        return self.task

    def done(self) -> bool:
        return self.ended or (self.task is not None and self.task.done())


def _eager(turnstile: Turnstile, *, uvloop: bool) -> Factory:
    def construct(coro: Any, *, loop: asyncio.AbstractEventLoop, **kwargs: Any) -> Any:
        context = kwargs.get("context")
        budget = CURRENT.get() if context is None else context.get(CURRENT, OUTSIDE)
        verdict = _verdict(turnstile, budget, coro, loop)
        if verdict is Verdict.COUNT:
            # Its children are made before the constructor returns: it must be counted before.
            starting = _Starting()
            budget.add(starting)
            return starting.start(coro, loop, kwargs)
        return Task(coro, loop=loop, **kwargs) if verdict is Verdict.IGNORE else verdict

    eager: Factory = asyncio.create_eager_task_factory(construct)  # type: ignore[attr-defined]

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        if kwargs.get("eager_start", False) is None:
            del kwargs["eager_start"]
        return eager(loop, coro, **kwargs)

    # anyio looks at the code of the loop's factory; asyncio's loops need no adapter around it.
    return factory if uvloop else eager


def _is_eager(factory: Factory) -> bool:
    if sys.version_info < (3, 12):
        return False
    code = getattr(asyncio.eager_task_factory, "__code__", None)
    return getattr(factory, "__code__", None) is code


_turnstiles: WeakKeyDictionary[asyncio.AbstractEventLoop, Turnstile] = WeakKeyDictionary()


def install(loop: asyncio.AbstractEventLoop, turnstile: Turnstile) -> None:
    """Count the tasks of ``loop`` from now on, also when its factory is replaced later."""
    factory = loop.get_task_factory()
    if _counts(factory):
        return
    if not getattr(type(loop).set_task_factory, "keeps_counting", False):
        _keep_counting(type(loop))
    _turnstiles[loop] = turnstile
    loop.set_task_factory(factory)


def uninstall(loop: asyncio.AbstractEventLoop) -> None:
    """Give ``loop`` back the factory that it had, or was given since."""
    _turnstiles.pop(loop, None)
    loop.set_task_factory(getattr(loop.get_task_factory(), "inner", None))


def _counts(factory: Factory | None) -> bool:
    return getattr(factory, "counts_tasks", False)


def _keep_counting(kind: type[asyncio.AbstractEventLoop]) -> None:
    """Have a factory that a loop of this kind is given put inside ours, if the loop is attached.

    This is done to the class, since a single attribute of its own makes every look at one of
    uvloop's loops slower, of which each task takes several: together a fortieth of its cost.
    """
    original: Callable[[Any, Any], None] = kind.set_task_factory

    @wraps(original)
    def set_task_factory(loop: asyncio.AbstractEventLoop, factory: Factory | None) -> None:
        turnstile = _turnstiles.get(loop)
        if turnstile is not None and not _counts(factory):
            uvloop = kind.__module__.startswith("uvloop")
            factory = counting(turnstile, factory, uvloop=uvloop)
        original(loop, factory)

    set_task_factory.keeps_counting = True  # type: ignore[attr-defined]
    kind.set_task_factory = set_task_factory  # type: ignore[method-assign, assignment]
