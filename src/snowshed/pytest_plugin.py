"""With snowshed installed, a test that leaves a task, a thread or an error behind says so.

A task that nobody awaits outlives its test unseen: the loop is closed and cancels it, or it goes on
and disturbs the next test. The line that made it is the one to mend, and by the end of a test it is
known only to whoever watched. So this plugin watches each test, and names that line.

By default it reports at the end of the run and changes no outcome, so that installing snowshed
reddens no suite; ``snowshed_leaks = error`` makes such a test fail, ``off`` looks at nothing. What
it does report is no warning, since filters and limits turn warnings into failures.

This module holds the hooks; what they do is loaded when a test needs it. A suite without
asynchronous tests never loads asyncio through it.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import FrameType

    from snowshed._pytest_plugin._watch import Watch

__all__ = ["pytest_addoption", "pytest_configure"]

MODES = ("error", "warn", "off")
GRACE = 0.1
REPORTS_AT_MOST = 20
_KEY = pytest.StashKey[str]()
# On the report of a test, so that it travels from a worker of pytest-xdist to the terminal.
_ATTRIBUTE = "snowshed_left"
_BROKEN = "snowshed_broken"
# Of the markers that set a limit: the argument, its type, the least that it may be, in words.
_LIMITS: dict[str, tuple[str, tuple[type[int | float], ...], int, str]] = {
    "max_tasks": ("n", (int,), 0, "a whole number, 0 or more"),
    "no_blocking": ("ms", (int, float), 1, "milliseconds, 1 or more"),
}
# A test may replace `time.sleep`.
_sleep = time.sleep


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option and the settings."""
    parser.getgroup("snowshed").addoption(
        "--snowshed-leaks",
        choices=MODES,
        default=None,
        help="what happens to a test that leaves a task, a thread or an unread exception behind: "
        "it fails, is named at the end of the run, or is not looked at",
    )
    parser.addini(
        "snowshed_leaks",
        "error, warn (the default) or off: what happens to a test that leaves tasks, threads or "
        "unread exceptions behind",
        default="warn",
    )
    parser.addini(
        "snowshed_leak_grace",
        f"seconds that what a test leaves behind has to end (default: {GRACE})",
        default=str(GRACE),
    )
    parser.addini(
        "snowshed_leak_ignore",
        "modules and functions, as dotted names, whose tasks and threads are not reported",
        type="linelist",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, read the settings."""
    for line in (
        "allow_task_leaks(reason): this test may leave tasks, threads and unread exceptions behind",
        "max_tasks(n): this test never has more than n tasks alive at once",
        "no_blocking(ms): this test never blocks its event loop for longer than ms milliseconds",
    ):
        config.addinivalue_line("markers", line)
    config.pluginmanager.register(_Plugin(config), "snowshed-tests")


class _Plugin:
    """The hooks of one run; nothing is kept outside it, so that runs may be nested."""

    def __init__(self, config: pytest.Config) -> None:
        self._mode = _one_of_the_modes(config)
        self._grace = _seconds(config)
        self._ignore = tuple(config.getini("snowshed_leak_ignore"))
        self._root = config.rootpath
        self._patches: Any = None
        self._reports: list[str] = []
        self._broken = ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Load what asynchronous tests will need: in a test, files or time may be replaced."""
        if self._mode == "off" or not any(_is_asynchronous(item) for item in session.items):
            return
        try:
            from snowshed._pytest_plugin import _loop

            _loop.classifier()
        except Exception as error:  # noqa: BLE001 - the tests must run whatever happens here
            self._failed(error)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Watch one test while it runs, and judge it when it has ended."""
        watch = self._watch(item) if isinstance(item, pytest.Function) else None
        if watch is None or not isinstance(item, pytest.Function):
            return (yield)
        with _watching(watch, self._patches), _wrapped(item, watch):
            try:
                result = yield
            except (Exception, pytest.fail.Exception):
                # The failure is what counts; what is left may explain it, or follow from it.
                _add_section(item, self._left(item.name, watch))
                raise
        if getattr(item, "_excinfo", None):
            # A test case of unittest notes its failure, and does not raise it.
            _add_section(item, self._left(item.name, watch))
            return result
        left = self._left(item.nodeid if self._mode == "warn" else item.name, watch)
        problems = _broken_limits(item, watch)
        if left and self._mode == "error":
            problems.append(left)
        elif left:
            item.stash[_KEY] = left
        if problems:
            pytest.fail("\n\n".join(problems), pytrace=False)
        return result

    def _watch(self, item: pytest.Function) -> Watch | None:
        """Return what this test is watched for; None if it need not be."""
        limits = _limits(item)
        leaks = self._mode != "off" and not _may_leak(item)
        if not limits and not leaks:
            return None
        from snowshed._pytest_plugin import _watch

        self._patches = self._patches or _watch.Patches()
        watch = _watch.Watch(
            self._root, leaks, self._grace, self._ignore, self._failed, _make, _note_lost
        )
        if "max_tasks" in limits:
            from snowshed._pytest_plugin._flood import Flood

            watch.flood = Flood(int(limits["max_tasks"]))
        if "no_blocking" in limits:
            from snowshed._pytest_plugin._blocking import Watchdog

            watch.watchdog = Watchdog(limits["no_blocking"] / 1000, self._root)
        return watch

    def _failed(self, error: Exception) -> None:
        """Note an error of ours: the test must not fail for it."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = "" if trace is None else f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
        self._broken = self._broken or f"{type(error).__name__}: {error}{where}"

    def _left(self, test: str, watch: Watch) -> str:
        if not watch.leaks:
            return ""
        try:
            if any(thread.is_alive() for thread in watch.threads):
                from snowshed._pytest_plugin import _loop, _threads

                watch.left += _threads.left(watch, _loop.pauses(watch.grace), _sleep)
            if any(True for _ in watch.tasks):
                from snowshed._pytest_plugin import _loop

                watch.left += _loop.not_looked_at(watch)
            if not watch.left:
                return ""
            from snowshed._pytest_plugin import _findings

            return _findings.report(test, watch.left)
        except Exception as error:  # noqa: BLE001 - the test must end as it would without us
            self._failed(error)
            return ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what the test left on its report, which may travel to another process."""
        report = yield
        if call.when == "call":
            if left := item.stash.get(_KEY, ""):
                setattr(report, _ATTRIBUTE, left)
                del item.stash[_KEY]
            if self._broken:
                setattr(report, _BROKEN, self._broken)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what the tests left, here or in a worker."""
        if left := getattr(report, _ATTRIBUTE, ""):
            self._reports.append(left)
        self._broken = self._broken or getattr(report, _BROKEN, "")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show what the tests left, if they did."""
        write = terminalreporter.write_line
        if self._reports:
            terminalreporter.write_sep("=", "left behind by tests (snowshed)")
            for report in self._reports[:REPORTS_AT_MOST]:
                write(report)
            if (more := len(self._reports) - REPORTS_AT_MOST) > 0:
                write(f"and {more} more tests; --snowshed-leaks=error shows each")
            write("These tests passed. With snowshed_leaks = error they fail; off looks at none.")
        if self._broken:
            write(f"snowshed could not watch every test: {self._broken}")


def _one_of_the_modes(config: pytest.Config) -> str:
    mode = str(config.getoption("--snowshed-leaks") or config.getini("snowshed_leaks"))
    if mode not in MODES:
        msg = f"snowshed_leaks must be error, warn or off, not {mode!r}"
        raise pytest.UsageError(msg)
    return mode


def _seconds(config: pytest.Config) -> float:
    text = str(config.getini("snowshed_leak_grace"))
    try:
        grace = float(text)
    except ValueError:
        grace = -1.0
    if not 0 <= grace < float("inf"):
        msg = f"snowshed_leak_grace must be a number of seconds, 0 or more, not {text!r}"
        raise pytest.UsageError(msg)
    return grace


def _is_asynchronous(item: pytest.Item) -> bool:
    # Not `item.obj`, which makes an instance of the test's class.
    where = getattr(item.parent, "obj", None)
    return inspect.iscoroutinefunction(getattr(where, getattr(item, "originalname", ""), None))


def _may_leak(item: pytest.Function) -> bool:
    marker = item.get_closest_marker("allow_task_leaks")
    if marker is None:
        return False
    reason = marker.kwargs.get("reason") or next(iter(marker.args), None)
    if not isinstance(reason, str) or not reason.strip():
        pytest.fail('allow_task_leaks needs a reason: allow_task_leaks(reason="…")', pytrace=False)
    return True


def _limits(item: pytest.Function) -> dict[str, float]:
    """Return the limits that markers set for ``item``, by the name of the marker."""
    limits = {}
    for name, (argument, kind, least, accepted) in _LIMITS.items():
        marker = item.get_closest_marker(name)
        if marker is None:
            continue
        value = marker.kwargs.get(argument, next(iter(marker.args), None))
        if not isinstance(value, kind) or not least <= value < float("inf"):
            pytest.fail(f"{name}({argument}) takes {accepted}, not {value!r}", pytrace=False)
        limits[name] = value
    return limits


@contextmanager
def _watching(watch: Watch, patches: Any) -> Iterator[None]:
    from snowshed._pytest_plugin import _watch

    patches.put()
    token = _watch.CURRENT.set(watch)
    everywhere = _watch.Everywhere.watch
    _watch.Everywhere.watch = watch
    try:
        yield
    finally:
        _watch.Everywhere.watch = everywhere
        _watch.CURRENT.reset(token)
        patches.remove()
        if watch.watchdog is not None:
            watch.watchdog.stop()


@contextmanager
def _wrapped(item: pytest.Function, watch: Watch) -> Iterator[None]:
    """Have an asynchronous test run in our wrapper, in whichever loop a plugin runs it."""
    function = item.obj
    hypothesis: Any = getattr(function, "hypothesis", None)
    inner = getattr(hypothesis, "inner_test", None)
    if (case := _isolated_case(item)) is not None:
        _look_at_the_end(case, watch)
        yield
    elif inspect.iscoroutinefunction(function):
        item.obj = _watched(function, watch)
        try:
            yield
        finally:
            item.obj = function
    elif inspect.iscoroutinefunction(inner):
        hypothesis.inner_test = _watched(inner, watch)
        try:
            yield
        finally:
            hypothesis.inner_test = inner
    else:
        yield


def _isolated_case(item: pytest.Function) -> Any:
    """Return the `unittest.IsolatedAsyncioTestCase` that is run; None if it is no such test."""
    # By what it can, as to import that class would load asyncio.
    return item.instance if hasattr(type(item.instance), "addAsyncCleanup") else None


def _look_at_the_end(case: Any, watch: Watch) -> None:
    """Have what ``case`` leaves looked for when all of its own cleaning up is done.

    Its set-up and its cleaning are part of the test, on a loop that is the test's alone.
    """
    try:
        from snowshed._pytest_plugin import _loop

        # The first one that is added is the last that is called.
        case.addAsyncCleanup(_loop.looking(watch))
    except Exception as error:  # noqa: BLE001 - the test must run whatever happens here
        watch.broken(error)


def _watched(function: Callable[..., Any], watch: Watch) -> Callable[..., Any]:
    try:
        from snowshed._pytest_plugin import _loop
    except Exception as error:  # noqa: BLE001 - the test must run whatever happens here
        watch.broken(error)
        return function
    return _loop.watched(function, watch)


def _make(watch: Watch, coro: Any, frame: FrameType | None, build: Callable[[], Any]) -> Any:
    """Make a task, and note it if that can be done."""
    try:
        from snowshed._pytest_plugin import _loop
    except Exception as error:  # noqa: BLE001 - the test must run whatever happens here
        watch.broken(error)
        return build()
    return _loop.make(watch, coro, frame, build)


def _note_lost(watch: Watch, context: dict[str, Any]) -> None:
    from snowshed._pytest_plugin import _loop

    _loop.note_lost(watch, context)


def _add_section(item: pytest.Item, left: str) -> None:
    if left:
        item.add_report_section("call", "snowshed", left)


def _broken_limits(item: pytest.Function, watch: Watch) -> list[str]:
    """Return in words which limits of its markers the test has broken."""
    if watch.flood is None and watch.watchdog is None:
        return []
    from snowshed._pytest_plugin import _findings

    problems = []
    if not watch.saw_loop:
        problems.append(f"{item.name} ran no event loop that max_tasks or no_blocking could watch")
    if (flood := watch.flood) is not None and flood.peak > flood.limit:
        busiest = [
            (_findings.place_of_site(site, watch.root), count) for site, count in flood.busiest()
        ]
        problems.append(_findings.flooded(item.name, flood.peak, flood.limit, busiest))
    if (dog := watch.watchdog) is not None and (worst := dog.worst) is not None:
        problems.append(_findings.blocked(item.name, worst.seconds, dog.limit * 1000, worst.place))
    return problems
