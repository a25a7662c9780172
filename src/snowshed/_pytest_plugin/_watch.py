"""Whose is it: what a test starts is told from what its fixtures start by a context variable.

Every task, callback and `asyncio.to_thread` inherits the context of what started it. A variable set
while a test runs is therefore seen by its descendants and by nobody else: not by a server that a
fixture started before, nor by a task that an earlier test left on the same loop.

A few methods of the standard library are wrapped, once in a run and for all tests. A wrapper looks
at the variable and calls what it wraps; outside a watched test it does nothing else. This module
knows nothing of asyncio, so that a suite without it never loads it.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from snowshed._pytest_plugin._blocking import Watchdog
    from snowshed._pytest_plugin._findings import Finding
    from snowshed._pytest_plugin._flood import Flood
    from snowshed._pytest_plugin._loop import Tracker

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
        meet: watches a loop that the test has made; called when the test limits something.
        note_lost: looks at what a loop tells its exception handler.
        flood: counts the live tasks, when the test limits them.
        watchdog: times the loop, when the test limits how long it is blocked.
        threads: the threads that the test started.
        loops: the loops that the test made.
        trackers: what notes the tasks of a loop, by the identity of the loop.
        saw_loop: whether a loop has run that could be watched, or one that need not be.
        left: what was found.
    """

    root: Path
    leaks: bool
    grace: float
    ignore: tuple[str, ...]
    broken: Callable[[Exception], None]
    meet: Callable[[Watch, Any], None]
    note_lost: Callable[[Watch, Any, dict[str, Any]], None]
    flood: Flood | None = None
    watchdog: Watchdog | None = None
    threads: Sites[threading.Thread] = field(default_factory=Sites)
    loops: weakref.WeakSet[Any] = field(default_factory=weakref.WeakSet)
    trackers: dict[int, Tracker] = field(default_factory=dict)
    saw_loop: bool = False
    left: list[Finding] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether loops of other threads, which have no context of the test, matter too."""
        return self.flood is not None or self.watchdog is not None


CURRENT: ContextVar[Watch | None] = ContextVar("snowshed_test_watch", default=None)


class Everywhere:
    """The test that limits what happens on any loop, in whichever thread; pytest runs one test."""

    watch: Watch | None = None


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
        if watch.counts:
            watch.meet(watch, loop)
    except Exception as error:  # noqa: BLE001 - the loop must come up whatever happens here
        watch.broken(error)


def _note_lost(loop: Any, context: dict[str, Any]) -> None:
    watch = CURRENT.get()
    if watch is None or not watch.leaks:
        return
    if not str(context.get("message", "")).endswith("exception was never retrieved"):
        return
    try:
        watch.note_lost(watch, loop, context)
    except Exception as error:  # noqa: BLE001 - the loop's own handler must still be told
        watch.broken(error)


class Patches:
    """The wrapped methods; `complete` adds what has been imported since, `remove` undoes all."""

    def __init__(self) -> None:
        self._put: list[tuple[type, str, Any, Any]] = []

    def complete(self) -> None:
        """Wrap what is there and is not wrapped yet, by us or by an outer run in this process."""
        self._wrap(threading.Thread, "start", _starting)
        if (asyncio := sys.modules.get("asyncio.base_events")) is not None:
            self._wrap(asyncio.BaseEventLoop, "__init__", _making)
            self._wrap(asyncio.BaseEventLoop, "call_exception_handler", _handling)
        if (uvloop := sys.modules.get("uvloop")) is not None and hasattr(uvloop, "Loop"):
            self._wrap(uvloop.Loop, "__init__", _making)
            self._wrap(uvloop.Loop, "call_exception_handler", _handling)

    def _wrap(self, kind: type, name: str, around: Callable[[Any], Any]) -> None:
        original = getattr(kind, name)
        if getattr(original, "watches_tests", False):
            return
        ours: Any = wraps(original)(around(original))
        ours.watches_tests = True
        # What somebody puts around ours is left there, and what it keeps of ours does no harm.
        self._put.append((kind, name, ours, kind.__dict__.get(name)))
        setattr(kind, name, ours)

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


def _making(original: Callable[..., None]) -> Callable[..., None]:
    def make(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        _note_loop(self)

    return make


def _handling(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def call_exception_handler(self: Any, context: dict[str, Any]) -> None:
        _note_lost(self, context)
        original(self, context)

    return call_exception_handler
