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
import time
import types
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from functools import cache, wraps
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from snowshed._pytest_plugin import _findings
from snowshed._pytest_plugin._findings import Finding, Place, place_of_site
from snowshed._pytest_plugin._ignored import is_ignored, module_of
from snowshed._pytest_plugin._watch import CURRENT, Site, Watch
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
_sleep = time.sleep


@cache
def classifier() -> Classifier:
    """Return what judges whose task it is; made once, since it reads a file."""
    return Classifier(Settings(infrastructure=_RUNNERS))


def make(watch: Watch, coro: Any, frame: FrameType | None, build: Callable[[], Any]) -> Any:
    """Return the task of ``build``, noted if it does the test's own work.

    Not that of a server, a driver or a helper, just as in a budget.
    """
    counts, site = _site(watch, coro, frame)
    if not counts:
        return build()
    flood = watch.flood
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
    watch.tasks.add(task, site)
    return task


def _site(watch: Watch, coro: Any, frame: FrameType | None) -> tuple[bool, Site | None]:
    try:
        judge = classifier()
        loop_frame = frame_of_running_loop() or watch.loop_frame
        whose, code, offset = judge.of_frame(frame, loop_frame)
        if code is None:
            whose = judge.of_coroutine(coro)
        return whose is TaskClass.USER, None if code is None else Site(code, offset)
    except Exception as error:  # noqa: BLE001 - the task must start whatever happens here
        watch.broken(error)
        return False, None


def findings(watch: Watch, tasks: Iterable[asyncio.Task[Any]]) -> Iterator[Finding]:
    """Yield what is left of ``tasks``."""
    for task in tasks:
        unread = getattr(task, "_log_traceback", False)
        if not unread and (task.done() or task.get_loop().is_closed()):
            continue
        site = watch.tasks.of(task)
        if is_ignored(watch.ignore, [*_names_of(task), *module_of(site)]):
            continue
        if unread:
            yield _lost(task, task._exception, site, watch.root)
        else:
            yield _running(task, site, watch.root)


def not_looked_at(watch: Watch) -> list[Finding]:
    """Return what is left on loops that the test has made itself, and not closed."""
    return list(
        findings(watch, [task for task in watch.tasks if id(task.get_loop()) not in watch.looked])
    )


def _running(task: asyncio.Task[Any], site: Site | None, root: Path) -> Finding:
    coro = classifier().unwrap(task.get_coro())
    return Finding(
        "task",
        _findings.given_name(task.get_name()),
        _findings.function_name(coro),
        place_of_site(site, root),
        waiting_at(coro, root),
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
    what = f"{type(error).__name__}: {_said(error)}".splitlines()[0]
    return Finding(
        "exception",
        _findings.given_name(task.get_name()),
        f"{_findings.function_name(task.get_coro())}  {what}",
        place_of_site(site, root),
        place,
    )


def _said(error: BaseException | None) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - it is the project's code that runs here
        return "(its text cannot be read)"


def note_lost(watch: Watch, context: dict[str, Any]) -> None:
    """Note an exception that dies unread while the test runs, if a task of the test raised it."""
    task = context.get("task") or context.get("future")
    if not isinstance(task, asyncio.Task) or task not in watch.tasks:
        return
    site = watch.tasks.of(task)
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
        if classifier().of_frame(frame, None)[1] is not None:
            found = _findings.place_of(frame.f_code, frame.f_lineno, root)
        names = ("cr_await", "gi_yieldfrom", "ag_await")
        coro = next((getattr(coro, name) for name in names if hasattr(coro, name)), None)
    return found


def watched(function: Callable[..., Awaitable[Any]], watch: Watch) -> Callable[..., Awaitable[Any]]:
    """Return ``function``, an asynchronous test, with its loop watched while it runs."""

    @wraps(function)
    async def run(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        watch.saw_loop = True
        loop = asyncio._get_running_loop()
        if loop is None:
            # trio: nothing here is ours to watch.
            return await function(*args, **kwargs)
        if frame_of_running_loop() is None:
            watch.loop_frame = _below_the_coroutines(sys._getframe())
        token = CURRENT.set(watch)
        try:
            return await _run(watch, loop, function(*args, **kwargs))
        finally:
            CURRENT.reset(token)
            watch.loop_frame = None

    return run


def _below_the_coroutines(frame: FrameType | None) -> FrameType | None:
    # uvloop has no frames: what runs it is the first that is no coroutine's.
    while frame is not None and frame.f_code.co_flags & _IS_COROUTINE:
        frame = frame.f_back
    return frame


async def _run(watch: Watch, loop: asyncio.AbstractEventLoop, test: Awaitable[Any]) -> Any:
    __tracebackhide__ = True
    if (task := asyncio.current_task()) is not None:
        # anyio runs the test in a task that it may have made for it.
        watch.tasks.forget(task)
        if watch.flood is not None:
            watch.flood.forget(task)
    try:
        if watch.watchdog is not None:
            watch.watchdog.watch(loop, running=True)
        try:
            result = await test
        finally:
            if watch.watchdog is not None:
                watch.watchdog.leave(loop)
    except (Exception, pytest.fail.Exception):
        await _look_through(watch, loop)
        raise
    await _look_through(watch, loop)
    return result


def looking(watch: Watch) -> Callable[[], Awaitable[None]]:
    """Return what looks for all that is left on the loop that runs it."""

    async def look() -> None:
        await _look_through(watch, asyncio.get_running_loop())

    return look


async def _look_through(watch: Watch, loop: asyncio.AbstractEventLoop) -> None:
    if not watch.leaks:
        return
    try:
        for pause in pauses(watch.grace) if _pending(watch, loop) else ():
            if not _pending(watch, loop):
                break
            for _ in range(TURNS_PER_TRY):
                await _turn()
            _sleep(pause)
        watch.looked.add(id(loop))
        watch.left.extend(findings(watch, _on(watch, loop)))
    except Exception as error:  # noqa: BLE001 - the test must end as it would without us
        watch.broken(error)


def _pending(watch: Watch, loop: asyncio.AbstractEventLoop) -> bool:
    return not all(task.done() for task in _on(watch, loop))


def _on(watch: Watch, loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[Any]]:
    return [task for task in watch.tasks if task.get_loop() is loop]


@types.coroutine
def _turn() -> Generator[None, None, None]:
    yield


def pauses(grace: float) -> list[float]:
    """Return the pauses between two looks, which double up to a fifth and add up to ``grace``."""
    growing = [min(2.0**step, 2.0**16 * 1.5) for step in range(TRIES)]
    return [grace * each / sum(growing) for each in growing]
