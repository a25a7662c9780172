"""Whose is it: what a test starts is told from what its fixtures start by a context variable.

Every task, callback and `asyncio.to_thread` inherits the context of what started it. A variable set
while a test runs is therefore seen by its descendants and by nobody else: not by a server that a
fixture started before, nor by a task that an earlier test left on the same loop.

Where a task, a thread or a loop is made is seen by wrapping the methods that make them, while a
watched test runs and no longer. A task factory would see as much, but be seen itself, by tests that
look at the factory of their loop, and by tracers that set one. This module knows nothing of
asyncio, so that a suite without it never loads it.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial, wraps
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from snowshed._pytest_plugin._blocking import Watchdog
    from snowshed._pytest_plugin._findings import Finding
    from snowshed._pytest_plugin._flood import Flood

T = TypeVar("T")
# Modules that start threads because they were told to: the line that told them is looked for.
_STARTERS = frozenset({"threading", "concurrent.futures.thread", "multiprocessing.pool", __name__})


class Site(NamedTuple):
    """Where something was started: the code, and the offset of its instruction."""

    code: CodeType
    offset: int


class _Ref(weakref.ref[T]):
    __slots__ = ("key", "site")
    key: int
    site: Site | None


class Sites(Generic[T]):
    """What was started where, forgotten as soon as it is gone: a watch must keep nothing alive."""

    def __init__(self) -> None:
        self._refs: dict[int, _Ref[T]] = {}

    def add(self, thing: T, site: Site | None) -> None:
        """Note that ``thing`` was started at ``site``. O(1)."""
        ref = _Ref(thing, self._gone)
        ref.key = key = id(thing)
        ref.site = site
        self._refs[key] = ref

    def forget(self, thing: object) -> None:
        """Note ``thing`` no longer."""
        self._refs.pop(id(thing), None)

    def _gone(self, ref: Any) -> None:
        self._refs.pop(ref.key, None)

    def __contains__(self, thing: object) -> bool:
        return id(thing) in self._refs

    def of(self, thing: T) -> Site | None:
        """Return where ``thing`` was started; None if that is not known."""
        ref = self._refs.get(id(thing))
        return None if ref is None else ref.site

    def __iter__(self) -> Iterator[T]:
        # A thread may start another one meanwhile: `list` of a dictionary's values is atomic.
        return (thing for ref in list(self._refs.values()) if (thing := ref()) is not None)


@dataclass(eq=False, slots=True, weakref_slot=True)
class Watch:
    """What is watched in one test, and what was found.

    Attributes:
        root: directory that paths are shown relative to.
        leaks: whether anything left behind is looked for.
        grace: seconds that what is left has to end.
        ignore: names of modules and functions whose tasks and threads are not reported.
        broken: told of an error of ours; the test goes on.
        make: makes a task that the test has asked for, and notes it.
        note_lost: looks at what a loop tells its exception handler.
        flood: counts the live tasks, when the test limits them.
        watchdog: times the loops, when the test limits how long they are blocked.
        threads: the threads that the test started.
        tasks: the tasks that it started.
        loops: the loops that it made; whatever happens on them is its own.
        loop_frame: the frame that runs the loop of an asynchronous test, if asyncio's does not.
        looked: the loops on which what is left has been looked for, by identity.
        saw_loop: whether a loop has run that could be watched, or one that need not be.
        left: what was found.
    """

    root: Path
    leaks: bool
    grace: float
    ignore: tuple[str, ...]
    broken: Callable[[Exception], None]
    make: Callable[[Watch, Any, FrameType | None, Callable[[], Any]], Any]
    note_lost: Callable[[Watch, dict[str, Any]], None]
    flood: Flood | None = None
    watchdog: Watchdog | None = None
    threads: Sites[threading.Thread] = field(default_factory=Sites)
    tasks: Sites[Any] = field(default_factory=Sites)
    loops: weakref.WeakSet[Any] = field(default_factory=weakref.WeakSet)
    loop_frame: FrameType | None = None
    looked: set[int] = field(default_factory=set)
    saw_loop: bool = False
    left: list[Finding] = field(default_factory=list)


CURRENT: ContextVar[Watch | None] = ContextVar("snowshed_test_watch", default=None)


class Everywhere:
    """The watch of the test that runs, for threads that have no context of it."""

    watch: Watch | None = None


def _of_loop(loop: Any) -> Watch | None:
    """Return the watch to which something on ``loop`` belongs."""
    # First by the loop: a test case of unittest runs in a context that is older than its test.
    everywhere = Everywhere.watch
    if everywhere is not None and loop in everywhere.loops:
        return everywhere
    return CURRENT.get()


def _note_thread(thread: threading.Thread, frame: FrameType | None) -> None:
    watch = CURRENT.get()
    if watch is None or not watch.leaks:
        return
    try:
        while frame is not None and frame.f_globals.get("__name__") in _STARTERS:
            frame = frame.f_back
        watch.threads.add(thread, None if frame is None else Site(frame.f_code, frame.f_lasti))
    except Exception as error:  # noqa: BLE001 - the thread must start whatever happens here
        watch.broken(error)


def _note_loop(loop: Any) -> None:
    watch = CURRENT.get() or Everywhere.watch
    if watch is None:
        return
    try:
        watch.loops.add(loop)
        watch.saw_loop = True
        if watch.watchdog is not None:
            watch.watchdog.watch(loop, running=False)
    except Exception as error:  # noqa: BLE001 - the loop must come up whatever happens here
        watch.broken(error)


def _note_lost(loop: Any, context: dict[str, Any]) -> None:
    watch = _of_loop(loop)
    if watch is None or not watch.leaks:
        return
    if not str(context.get("message", "")).endswith("exception was never retrieved"):
        return
    try:
        watch.note_lost(watch, context)
    except Exception as error:  # noqa: BLE001 - the loop's own handler must still be told
        watch.broken(error)


class Patches:
    """Methods of the standard library, and of uvloop, that are wrapped while one test runs."""

    def __init__(self) -> None:
        self._put: list[tuple[type, str, Any, Any]] = []
        # The wrappers of the last test, by what they wrap: a suite has thousands of tests.
        self._made: dict[tuple[type, str], tuple[Any, Any]] = {}

    def put(self) -> None:
        """Wrap what is loaded and is not wrapped yet, by an outer run in this process."""
        self._wrap(threading.Thread, "start", _starting)
        for module, kind in (("asyncio.base_events", "BaseEventLoop"), ("uvloop", "Loop")):
            loop = getattr(sys.modules.get(module), kind, None)
            if loop is not None:
                self._wrap(loop, "__init__", _making_loops)
                self._wrap(loop, "create_task", _making_tasks)
                self._wrap(loop, "call_exception_handler", _handling)

    def _wrap(self, kind: type, name: str, around: Callable[[Any], Any]) -> None:
        original = function = getattr(kind, name)
        wrapped, ours = self._made.get((kind, name), (None, None))
        if wrapped is original:
            self._put.append((kind, name, ours, kind.__dict__.get(name)))
            setattr(kind, name, ours)
            return
        while function is not None:
            # A tracer may have put its own around ours, which then still does its work.
            if getattr(function, "watches_tests", False):
                return
            function = getattr(function, "__wrapped__", None)
        made: Any = wraps(original)(around(original))
        made.watches_tests = True
        self._made[kind, name] = original, made
        self._wrap(kind, name, around)

    def remove(self) -> None:
        """Put back what was there, where ours is still on top."""
        for kind, name, ours, before in reversed(self._put):
            if kind.__dict__.get(name) is not ours:
                continue
            if before is None:
                delattr(kind, name)
            else:
                setattr(kind, name, before)
        self._put.clear()


def _starting(original: Callable[[Any], None]) -> Callable[[Any], None]:
    def start(self: threading.Thread) -> None:
        _note_thread(self, sys._getframe(1))
        original(self)

    return start


def _making_loops(original: Callable[..., None]) -> Callable[..., None]:
    def make(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        _note_loop(self)

    return make


def _making_tasks(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_task(self: Any, coro: Any, *args: Any, **kwargs: Any) -> Any:
        watch = _of_loop(self)
        if watch is None:
            return original(self, coro, *args, **kwargs)
        build = partial(original, self, coro, *args, **kwargs)
        return watch.make(watch, coro, sys._getframe(1), build)

    return create_task


def _handling(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def call_exception_handler(self: Any, context: dict[str, Any]) -> None:
        _note_lost(self, context)
        original(self, context)

    return call_exception_handler
