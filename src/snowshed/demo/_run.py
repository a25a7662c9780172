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

from snowshed.demo._drive import generating, read_samples
from snowshed.demo._model import Comparison, Findings, Plan, RunResult
from snowshed.demo._picture import readme_picture
from snowshed.demo._report import report
from snowshed.demo._result import to_json
from snowshed.demo._schedule import USUAL, make_plans
from snowshed.demo._service import CouldNotRunError, free_port, service_command, serving
from snowshed.demo._ways import Way, flood_ways, idle_ways, overload_ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snowshed.demo._progress import Watcher

_PRINTED = 100
"""Lines of a service's output that are kept."""
_NEEDED = ("fastapi", "uvicorn", "rich")


def run_demo(
    *,
    seconds: float = USUAL,
    json_path: str | None = None,
    report_path: str = "demo-report.html",
    picture_path: str | None = None,
    quiet: bool = False,
) -> int:
    """Flood the same service in two ways, bare and under snowshed, and show all side by side.

    A shop is started as a real subprocess under uvicorn and loaded by an open-loop generator in
    another process: light requests all the time and, in the middle of the run, a few that start
    500 tasks each. Then the same again under ``snowshed run --mode enforce --budget 50``.

    The second flood is of ordinary requests, five times as many as can be answered: bare, with
    ``uvicorn --limit-concurrency``, and under ``snowshed run --mode enforce --objective 0.5``. The
    last two then once more, with few requests and many idle connections. All that is reported was
    measured in these seven runs.

    The tables go to stdout, progress to stderr. It takes ``seconds`` and a few more to start and
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
        ValueError: ``seconds`` is less than 8, or not finite.
    """
    plans = make_plans(seconds)
    obstacle = _obstacle(report_path, json_path, picture_path)
    if obstacle is not None:
        return _complain(obstacle)
    try:
        findings = measure(*plans, quiet=quiet)
    except CouldNotRunError as error:
        return _complain(str(error))
    _write(report_path, report(findings))
    if json_path is not None:
        _write(json_path, to_json(findings))
    if picture_path is not None:
        _write(picture_path, readme_picture(findings))
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


def measure(flood: Plan, overload: Plan, idle: Plan, *, quiet: bool) -> Findings:
    """Carry each plan out in each of its ways.

    Raises:
        CouldNotRunError: a service or the load generator did not do its part.
    """
    from snowshed.demo._progress import watcher  # noqa: PLC0415 - needs rich

    with watcher(quiet=quiet) as shown, _ending_on_sigterm():
        return Findings(
            _compare("fan-out flood", flood, flood_ways(flood), shown),
            _compare("uniform flood", overload, overload_ways(overload), shown),
            _compare("idle connections", idle, idle_ways(idle), shown),
        )


def _compare(what: str, plan: Plan, ways: Iterable[Way], shown: Watcher) -> Comparison:
    def run(way: Way) -> RunResult:
        shown.begin(f"{what}, {way.name}", plan)
        try:
            return _run(way, plan, shown)
        except CouldNotRunError as error:
            msg = f"{what}, the run {way.name!r} failed: {error}"
            raise CouldNotRunError(msg) from error

    return Comparison(plan, tuple(map(run, ways)))


def _run(way: Way, plan: Plan, shown: Watcher) -> RunResult:
    port = free_port()
    command = (*way.before, *service_command(port), *way.after)
    with tempfile.TemporaryDirectory(prefix="snowshed-demo-") as folder:
        directory = Path(folder)
        with (
            generating(port, plan, directory) as generator,
            serving(command, port, directory) as service,
        ):
            loaded = generator.run(shown.see)
        with service.gauges.open() as gauges:
            samples = read_samples(gauges, loaded.started, plan.seconds)
        printed = service.log.read_text(errors="replace").splitlines()
        return RunResult(way.name, command, loaded.outcomes, samples, tuple(printed[:_PRINTED]))


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
