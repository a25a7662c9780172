"""The demo from end to end."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from snowshed.demo._drive import drive, read_notes, read_samples
from snowshed.demo._model import Comparison, Plan, RunResult
from snowshed.demo._picture import readme_picture
from snowshed.demo._report import report
from snowshed.demo._result import to_json
from snowshed.demo._schedule import make_plan
from snowshed.demo._service import (
    CouldNotRunError,
    bare_command,
    free_port,
    guarded_command,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from snowshed.demo._progress import Watcher

_NEEDED = ("fastapi", "uvicorn", "rich")


def run_demo(
    *,
    seconds: float = 40.0,
    json_path: str | None = None,
    report_path: str = "demo-report.html",
    picture_path: str | None = None,
    quiet: bool = False,
) -> int:
    """Flood the same service twice, bare and under snowshed, and show both side by side.

    A shop is started as a real subprocess under uvicorn and loaded by an open-loop generator in
    another process: light requests all the time and, in the middle of the run, a few that start
    500 tasks each. Then the same again under ``snowshed run --mode enforce --budget 50``. All that
    is reported was measured in these two runs.

    The table goes to stdout, progress to stderr. It takes ``seconds`` and a few more to start and
    to stop, uses loopback only, and leaves nothing running.

    Args:
        seconds: seconds of load, both runs together.
        json_path: where to write every figure and every raw measurement.
        report_path: where to write the HTML report.
        picture_path: where to write the plots as an SVG file.
        quiet: print neither progress nor table, only errors.

    Returns:
        0, or 2 with one line on stderr when something that the demo needs is not there.

    Raises:
        ValueError: ``seconds`` is less than 4, or not finite.
    """
    plan = make_plan(seconds / 2)
    obstacle = _obstacle(report_path, json_path, picture_path)
    if obstacle is not None:
        return _complain(obstacle)
    try:
        comparison = compare(plan, quiet=quiet)
    except CouldNotRunError as error:
        return _complain(str(error))
    _write(report_path, report(comparison))
    if json_path is not None:
        _write(json_path, to_json(comparison))
    if picture_path is not None:
        _write(picture_path, readme_picture(comparison))
    if not quiet:
        _show(comparison, report_path)
    return 0


def _obstacle(*paths: str | None) -> str | None:
    """Say what would stop the demo, before a minute has been spent."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}; try: pip install 'snowshed[demo]'"
    for path in filter(None, paths):
        folder = Path(path).absolute().parent
        if not os.access(folder, os.W_OK) or Path(path).is_dir():
            return f"cannot write {path}; name a file in a folder that exists"
    return None


def compare(plan: Plan, *, quiet: bool) -> Comparison:
    """Carry the plan out twice.

    Raises:
        CouldNotRunError: a service or the load generator did not do its part.
    """
    from snowshed.demo._progress import watcher  # noqa: PLC0415 - needs rich

    with watcher(plan, quiet=quiet) as shown, _ending_on_sigterm():
        bare = _measure("bare", bare_command, plan, shown)
        guarded = _measure("snowshed", lambda port: guarded_command(port, plan.budget), plan, shown)
    return Comparison(plan, bare, guarded)


def _measure(
    name: str, command_for: Callable[[int], tuple[str, ...]], plan: Plan, shown: Watcher
) -> RunResult:
    port = free_port()
    command = command_for(port)
    shown.begin(name)
    with tempfile.TemporaryDirectory(prefix="snowshed-demo-") as directory:
        try:
            with serving(command, port, Path(directory)) as service:
                loaded = drive(port, plan, Path(directory), shown.see)
        except CouldNotRunError as error:
            msg = f"the {name} run failed: {error}"
            raise CouldNotRunError(msg) from error
        with service.gauges.open() as gauges, service.log.open(errors="replace") as log:
            samples = read_samples(gauges, loaded.started, plan.seconds)
            return RunResult(name, command, loaded.outcomes, samples, read_notes(log))


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that the services are stopped on the way out."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return

    def leave(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    previous = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _write(path: str, content: str) -> None:
    Path(path).write_text(content, encoding="utf-8")


def _complain(words: str) -> int:
    print(f"snowshed demo: {words}", file=sys.stderr)  # noqa: T201
    return 2


def _show(comparison: Comparison, report_path: str) -> None:
    from rich.console import Console  # noqa: PLC0415 - an extra

    from snowshed.demo._table import print_comparison  # noqa: PLC0415 - needs rich

    print_comparison(comparison, Console())
    print(f"report: {Path(report_path).resolve()}")  # noqa: T201
