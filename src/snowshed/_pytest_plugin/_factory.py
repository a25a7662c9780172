"""A task factory that is there for the length of one test and cannot be seen.

Every ``create_task`` of a loop passes through its factory, so that is where the line that makes a
task can be read. A test may well ask for the factory of its loop, or set one, and must get and keep
its own: the two methods are covered on this one loop, and uncovered when the test is over. What was
there before, or comes meanwhile, is called inside ours. An eager factory is rebuilt around our
constructor instead, since anyio knows it by its code.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import Task
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, Protocol

Factory = Callable[..., Any]


class Recorder(Protocol):
    """Is shown each task before and after it is made."""

    def make(self, coro: Any, frame: FrameType | None, build: Callable[[], Any]) -> Any:
        """Call ``build`` and return its task; ``frame`` is what asked for it."""
        ...


class Cover:
    """Puts a recording factory on ``loop``, until `remove` is called."""

    def __init__(self, loop: asyncio.AbstractEventLoop, recorder: Recorder) -> None:
        self._loop: Any = loop
        self._recorder = recorder
        self._set(loop.get_task_factory())
        vars(loop).update(get_task_factory=self._get, set_task_factory=self._set)

    def _get(self) -> Factory | None:
        # Our own scopes make their tasks past a loop that has no factory, and must know of this.
        if sys._getframe(1).f_globals.get("__name__") == "snowshed.core._tasks":
            return self._ours
        return self._shown

    def _set(self, factory: Factory | None) -> None:
        ours = recording(self._recorder, factory)
        # anyio takes the constructor out of an eager factory, and must get it with ours inside.
        self._shown = ours if _is_eager(factory) else factory
        self._ours = ours
        self._inner = factory
        type(self._loop).set_task_factory(self._loop, ours)

    def remove(self) -> None:
        """Give the loop back the factory that it had, or was given since."""
        if "set_task_factory" in vars(self._loop):
            del self._loop.get_task_factory, self._loop.set_task_factory
            self._loop.set_task_factory(self._inner)


def recording(recorder: Recorder, inner: Factory | None) -> Factory:
    """Return a factory that shows each task to ``recorder``, around ``inner``."""
    if inner is not None and _is_eager(inner):
        return _eager(recorder, inner)

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        # uvloop passes these whether or not anybody asked, and most factories know neither.
        for name in ("eager_start", "context"):
            if name in kwargs and kwargs[name] is None:
                del kwargs[name]
        if inner is None:
            build = partial(Task, coro, loop=loop, **kwargs)
        else:
            build = partial(inner, loop, coro, **kwargs)
        return recorder.make(coro, sys._getframe(1), build)

    return factory


def _eager(recorder: Recorder, inner: Factory) -> Factory:
    cells = dict(zip(inner.__code__.co_freevars, inner.__closure__ or (), strict=False))
    constructor: Factory = cells["custom_task_constructor"].cell_contents

    def construct(coro: Any, *, loop: asyncio.AbstractEventLoop, **kwargs: Any) -> Any:
        return recorder.make(
            coro, sys._getframe(1), partial(constructor, coro, loop=loop, **kwargs)
        )

    factory: Factory = asyncio.create_eager_task_factory(construct)  # type: ignore[attr-defined]
    # Where snowshed is attached to this process, its own eager factory counts already.
    for name in ("counts_tasks", "inner"):
        if hasattr(inner, name):
            setattr(factory, name, getattr(inner, name))
    return factory


def _is_eager(factory: Factory | None) -> bool:
    if sys.version_info < (3, 12) or factory is None:
        return False
    code = getattr(asyncio.eager_task_factory, "__code__", None)
    return getattr(factory, "__code__", None) is code
