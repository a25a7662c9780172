"""On which loops tasks are counted, and keeping it so when a loop is given another factory.

Frameworks set a task factory of their own, some of them again and again. Whatever a loop that is
attached is given goes inside ours; whoever asks it for its factory is shown one that can be called
from another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from snowshed.attach._task_factory import Factory, Turnstile, counting

if TYPE_CHECKING:
    from snowshed.observe._registry._table import SiteTable


class _Attached:
    """What counts the tasks of one loop."""

    __slots__ = ("_plain", "_turnstile", "table")

    def __init__(self, turnstile: Turnstile, table: SiteTable) -> None:
        self._turnstile = turnstile
        self.table = table
        self._plain: Factory | None = None

    def around(self, inner: Factory | None, *, uvloop: bool) -> Factory:
        """Return a factory that counts what ``inner`` makes."""
        if inner is not None:
            return counting(self._turnstile, self.table, inner, uvloop=uvloop)
        # Made once: it counts for itself, and the table asks it as long as the loop is there.
        if self._plain is None:
            self._plain = counting(self._turnstile, self.table, None, uvloop=uvloop)
        return self._plain


_attached: WeakKeyDictionary[asyncio.AbstractEventLoop, _Attached] = WeakKeyDictionary()


def install(
    loop: asyncio.AbstractEventLoop,
    turnstile: Turnstile,
    table_for: Callable[[asyncio.AbstractEventLoop], SiteTable],
) -> None:
    """Count the tasks of ``loop`` from now on, also when its factory is replaced later."""
    factory = loop.get_task_factory()
    if _counts(factory):
        attached = _attached.get(loop)
        if attached is not None:
            attached.table.begin()
        return
    kind = type(loop)
    if not getattr(kind.set_task_factory, "keeps_counting", False):
        _keep_counting(kind)
        _show_what_does_not_count(kind)
    _attached[loop] = _Attached(turnstile, table_for(loop))
    loop.set_task_factory(factory)


def stopped(loop: asyncio.AbstractEventLoop) -> None:
    """Hold no task of ``loop`` any longer: it has stopped, perhaps for ever."""
    attached = _attached.get(loop)
    if attached is not None:
        attached.table.stop()


def uninstall(loop: asyncio.AbstractEventLoop) -> None:
    """Give ``loop`` back the factory that it had, or was given since."""
    stopped(loop)
    _attached.pop(loop, None)
    factory = getattr(loop.get_task_factory(), "stands_for", loop.get_task_factory())
    loop.set_task_factory(getattr(factory, "inner", None))


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
        factory = getattr(factory, "stands_for", factory)
        attached = _attached.get(loop)
        if attached is not None and not _counts(factory):
            uvloop = kind.__module__.startswith("uvloop")
            factory = attached.around(factory, uvloop=uvloop)
        original(loop, factory)

    set_task_factory.keeps_counting = True  # type: ignore[attr-defined]
    kind.set_task_factory = set_task_factory  # type: ignore[method-assign, assignment]


def _show_what_does_not_count(kind: type[asyncio.AbstractEventLoop]) -> None:
    """Have a loop of this kind tell of a factory that can be called from another one."""
    original: Callable[[Any], Factory | None] = kind.get_task_factory

    @wraps(original)
    def get_task_factory(loop: asyncio.AbstractEventLoop) -> Factory | None:
        factory = original(loop)
        return getattr(factory, "shown", factory)

    kind.get_task_factory = get_task_factory  # type: ignore[method-assign, assignment]
