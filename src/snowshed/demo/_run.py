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

from snowshed.demo._drive import drive, read_samples
from snowshed.demo._model import Comparison, Findings, Plan, RunResult
from snowshed.demo._picture import readme_picture
from snowshed.demo._report import report
from snowshed.demo._result import to_json
from snowshed.demo._schedule import make_plans
from snowshed.demo._service import CouldNotRunError, free_port, guard, service_command, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.demo._progress import Watcher

_PRINTED = 100
"""Lines of a service's output that are kept."""
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
    500 tasks each. Then the same again under ``snowshed run --mode enforce --budget 50``. At last a
    short uniform overload, again twice: the case that a budget does not help with. All that is
    reported was measured in these four runs.

    The table goes to stdout, progress to stderr. It takes ``seconds`` and a few more to start and
    to stop, uses loopback only, and leaves nothing running.

    Args:
        seconds: seconds of load, all runs together.
        json_path: where to write every figure and every raw measurement.
        report_path: where to write the HTML report.
        picture_path: where to write the plots as an SVG file.
        quiet: print neither progress nor table, only errors.

    Returns:
        0, or 2 with one line on stderr when something that the demo needs is not there.

    Raises:
        ValueError: ``seconds`` is less than 5, or not finite.
    """
    flood, overload = make_plans(seconds)
    obstacle = _obstacle(report_path, json_path, picture_path)
    if obstacle is not None:
        return _complain(obstacle)
    try:
        findings = measure(flood, overload, quiet=quiet)
    except CouldNotRunError as error:
        return _complain(str(error))
    _write(report_path, report(findings))
    if json_path is not None:
        _write(json_path, to_json(findings))
    if picture_path is not None:
        _write(picture_path, readme_picture(findings.flood))
    if not quiet:
        _show(findings, report_path)
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


def measure(flood: Plan, overload: Plan, *, quiet: bool) -> Findings:
    """Carry each plan out twice.

    Raises:
        CouldNotRunError: a service or the load generator did not do its part.
    """
    from snowshed.demo._progress import watcher  # noqa: PLC0415 - needs rich

    with watcher(quiet=quiet) as shown, _ending_on_sigterm():
        return Findings(_compare("flood", flood, shown), _compare("overload", overload, shown))


def _compare(what: str, plan: Plan, shown: Watcher) -> Comparison:
    def run(name: str, before: tuple[str, ...]) -> RunResult:
        shown.begin(f"{what}, {name}", plan)
        try:
            return _run(name, before, plan, shown)
        except CouldNotRunError as error:
            msg = f"{what}, the {name} run failed: {error}"
            raise CouldNotRunError(msg) from error

    return Comparison(plan, (run("bare", ()), run("snowshed", guard(plan.budget))))


def _run(name: str, before: tuple[str, ...], plan: Plan, shown: Watcher) -> RunResult:
    port = free_port()
    command = (*before, *service_command(port))
    with tempfile.TemporaryDirectory(prefix="snowshed-demo-") as folder:
        directory = Path(folder)
        with serving(command, port, directory) as service:
            loaded = drive(port, plan, directory, shown.see)
        with service.gauges.open() as gauges:
            samples = read_samples(gauges, loaded.started, plan.seconds)
        printed = service.log.read_text(errors="replace").splitlines()
        return RunResult(name, command, loaded.outcomes, samples, tuple(printed[:_PRINTED]))


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


def _show(findings: Findings, report_path: str) -> None:
    from rich.console import Console  # noqa: PLC0415 - an extra

    from snowshed.demo._table import print_findings  # noqa: PLC0415 - needs rich

    print_findings(findings, Console())
    print(f"report: {Path(report_path).resolve()}")  # noqa: T201
