"""One asynchronous test: its tasks are noted while it runs, and looked through when it has ended.

The look must happen inside the loop, before a plugin closes it and cancels what is left. It costs
nothing for a clean test. Where something is left it is given a little time, in growing pauses: a
task that was cancelled needs a turn of the loop, a closed connection perhaps a few. The pauses
block the loop and are not timers of it, because a test may have frozen the clock, or replaced
`asyncio.sleep`, and must not hang for that. (The number and growth of the pauses are goleak's.)

Nothing is cancelled and no exception is taken: what the test did is seen by whoever comes next just
as it would be without us.
"""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Awaitable, Callable, Generator, Iterator
from functools import cache, wraps
from pathlib import Path
from time import sleep
from types import FrameType
from typing import Any

from snowshed._pytest_plugin import _findings
from snowshed._pytest_plugin._factory import Cover
from snowshed._pytest_plugin._findings import Finding, Place, place_of_site
from snowshed._pytest_plugin._ignored import is_ignored, module_of
from snowshed._pytest_plugin._watch import CURRENT, Site, Sites, Watch
from snowshed.attach._classify import Classifier, TaskClass
from snowshed.attach._loops import frame_of_running_loop
from snowshed.attach._settings import Settings

# What makes the tasks that run tests and fixtures.
_RUNNERS = ("_pytest", "pluggy", "pytest", "pytest_asyncio", "unittest")
TRIES = 20
TURNS_PER_TRY = 5
_IS_COROUTINE = 0x80
_DEEPEST_WAIT = 100
# A test may replace `time.sleep`.
_sleep = sleep


@cache
def classifier() -> Classifier:
    """Return what judges whose task it is; made once, since it reads a file."""
    return Classifier(Settings(infrastructure=_RUNNERS))


class Tracker:
    """Notes the tasks of one test on one loop.

    Attributes:
        sites: the tasks that count, and the lines that made them.
    """

    def __init__(
        self,
        watch: Watch,
        loop: asyncio.AbstractEventLoop,
        frame: FrameType | None,
        *,
        whole: bool = False,
    ) -> None:
        self.sites: Sites[asyncio.Task[Any]] = Sites()
        self._watch = watch
        self._loop_frame = frame
        self._whole = whole
        self._judge = classifier()
        self._cover = Cover(loop, self)

    def make(self, coro: Any, frame: FrameType | None, build: Callable[[], Any]) -> Any:
        """Make a task and note it, if the test has asked for it."""
        if not self._whole and CURRENT.get() is not self._watch:
            return build()
        counts, site = self._site(coro, frame)
        if not counts:
            return build()
        flood = self._watch.flood
        if flood is None:
            task = build()
        else:
            flood.begin(site)
            try:
                task = build()
            except BaseException:
                flood.failed(site)
                raise
            flood.made(task, site)
        self.sites.add(task, site)
        return task

    def _site(self, coro: Any, frame: FrameType | None) -> tuple[bool, Site | None]:
        try:
            whose, code, offset = self._judge.of_frame(frame, self._loop_frame)
            if code is None:
                whose = self._judge.of_coroutine(coro)
            return whose is TaskClass.USER, None if code is None else Site(code, offset)
        except Exception as error:  # noqa: BLE001 - the task must start whatever happens here
            self._watch.broken(error)
            return False, None

    def remove(self) -> None:
        """Take the factory off the loop."""
        self._cover.remove()

    def pending(self) -> list[asyncio.Task[Any]]:
        """Return the test's tasks that have not ended."""
        return [task for task in self.sites if not task.done()]

    def findings(self) -> Iterator[Finding]:
        """Yield what the test has left on this loop."""
        for task in self.sites:
            finding = self._finding(task)
            if finding is not None:
                yield finding

    def _finding(self, task: asyncio.Task[Any]) -> Finding | None:
        if task.done() and not getattr(task, "_log_traceback", False):
            return None
        site = self.sites.of(task)
        if is_ignored(self._watch.ignore, [*_names_of(task), *module_of(site)]):
            return None
        if task.done():
            return _lost(task, task._exception, site, self._watch.root)
        coro = classifier().unwrap(task.get_coro())
        return Finding(
            "task",
            _findings.given_name(task.get_name()),
            _findings.function_name(coro),
            place_of_site(site, self._watch.root),
            waiting_at(coro, self._watch.root),
        )


def _names_of(task: asyncio.Task[Any]) -> list[str]:
    coro: Any = classifier().unwrap(task.get_coro())
    frame = getattr(coro, "cr_frame", None)
    module = frame.f_globals.get("__name__", "") if frame is not None else ""
    return [f"{module}.{getattr(coro, '__qualname__', '')}"]


def _lost(
    task: asyncio.Task[Any], error: BaseException | None, site: Site | None, root: Path
) -> Finding:
    trace = None if error is None else error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = None
    if trace is not None:
        place = _findings.place_of(trace.tb_frame.f_code, trace.tb_lineno, root)
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return Finding(
        "exception",
        _findings.given_name(task.get_name()),
        f"{_findings.function_name(task.get_coro())}  {what}",
        place_of_site(site, root),
        place,
    )


def note_lost(watch: Watch, loop: Any, context: dict[str, Any]) -> None:
    """Note an exception that dies unread while the test runs, if a task of the test raised it."""
    task = context.get("task") or context.get("future")
    tracker = watch.trackers.get(id(loop))
    if not isinstance(task, asyncio.Task):
        return
    if tracker is not None and task in tracker.sites:
        site = tracker.sites.of(task)
    elif loop in watch.loops:
        site = None
    else:
        return
    if not is_ignored(watch.ignore, [*_names_of(task), *module_of(site)]):
        watch.left.append(_lost(task, context.get("exception"), site, watch.root))


def waiting_at(coro: Any, root: Path) -> Place | None:
    """Return the innermost line of somebody's own code in which ``coro`` stands."""
    found: Place | None = None
    for _ in range(_DEEPEST_WAIT):
        frame = next(
            (
                frame
                for name in ("cr_frame", "gi_frame", "ag_frame")
                if (frame := getattr(coro, name, None)) is not None
            ),
            None,
        )
        if frame is None:
            break
        if found is None or classifier().of_frame(frame, frame.f_back)[1] is not None:
            found = _findings.place_of(frame.f_code, frame.f_lineno, root)
        names = ("cr_await", "gi_yieldfrom", "ag_await")
        coro = next((getattr(coro, name) for name in names if hasattr(coro, name)), None)
    return found


def meet(watch: Watch, loop: Any) -> None:
    """Watch a loop that the test has made: whatever happens on it is the test's."""
    watch.saw_loop = True
    watch.trackers[id(loop)] = Tracker(watch, loop, None, whole=True)
    if watch.watchdog is not None:
        watch.watchdog.watch(loop, running=False)


def watched(function: Callable[..., Awaitable[Any]], watch: Watch) -> Callable[..., Awaitable[Any]]:
    """Return ``function``, an asynchronous test, with its loop watched while it runs."""

    @wraps(function)
    async def run(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        watch.saw_loop = True
        loop = asyncio._get_running_loop()
        tracker = None if loop is None else _begin(watch, loop)
        if loop is None or tracker is None:
            # trio, or a failure of ours: the test runs as it would without us.
            return await function(*args, **kwargs)
        token = CURRENT.set(watch)
        try:
            return await _run(watch, loop, tracker, function(*args, **kwargs))
        finally:
            CURRENT.reset(token)
            tracker.remove()

    return run


def _begin(watch: Watch, loop: asyncio.AbstractEventLoop) -> Tracker | None:
    try:
        frame: FrameType | None = frame_of_running_loop()
        if frame is None:
            # uvloop has no frames: the one that runs the loop is the first below the coroutines.
            frame = sys._getframe(1)
            while frame is not None and frame.f_code.co_flags & _IS_COROUTINE:
                frame = frame.f_back
        if (earlier := watch.trackers.get(id(loop))) is not None:
            # The loop was made in the test's call, and noted then.
            earlier.remove()
        tracker = watch.trackers[id(loop)] = Tracker(watch, loop, frame)
    except Exception as error:  # noqa: BLE001 - the test must run whatever happens here
        watch.broken(error)
        return None
    return tracker


async def _run(
    watch: Watch, loop: asyncio.AbstractEventLoop, tracker: Tracker, test: Awaitable[Any]
) -> Any:
    __tracebackhide__ = True
    try:
        if watch.watchdog is not None:
            watch.watchdog.watch(loop, running=True)
        try:
            result = await test
        finally:
            if watch.watchdog is not None:
                watch.watchdog.leave(loop)
    except Exception:
        await _look_through(watch, tracker)
        raise
    await _look_through(watch, tracker)
    return result


async def _look_through(watch: Watch, tracker: Tracker) -> None:
    if not watch.leaks:
        return
    try:
        for pause in pauses(watch.grace):
            if not tracker.pending():
                break
            for _ in range(TURNS_PER_TRY):
                await _turn()
            _sleep(pause)
        watch.left.extend(tracker.findings())
    except Exception as error:  # noqa: BLE001 - the test must end as it would without us
        watch.broken(error)


@types.coroutine
def _turn() -> Generator[None, None, None]:
    yield


def pauses(grace: float) -> list[float]:
    """Return the pauses between two looks, which double up to a fifth and add up to ``grace``."""
    growing = [min(2.0**step, 2.0**16 * 1.5) for step in range(TRIES)]
    return [grace * each / sum(growing) for each in growing]
