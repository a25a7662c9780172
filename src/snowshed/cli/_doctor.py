"""``snowshed doctor``: which of the five causes a flood has, from dumps, profiles and services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from snowshed.cli._access import Asking, asks
from snowshed.cli._ask import CannotAsk
from snowshed.cli._duration import duration_in
from snowshed.cli._output import fail
from snowshed.cli._patients import examined
from snowshed.cli._progress import Progress, ticking
from snowshed.cli._reports import reporting, reports
from snowshed.doctor import diagnose
from snowshed.errors import FormatError
from snowshed.model import Severity

_COMMAND = "snowshed doctor"
_NEVER = "never"


@click.command()
@click.argument("sources", metavar="FILE|URL|PID...", nargs=-1, required=True)
@click.option(
    "--fail-on",
    type=click.Choice([*map(str, Severity), _NEVER]),
    default=str(Severity.MEDIUM),
    help="From which severity on the exit code is 1. [medium]",
)
@click.option(
    "--apart",
    default="5s",
    callback=duration_in,
    metavar="5s",
    help="Time between the two profiles of a service. [5s]",
)
@click.option(
    "--force", is_flag=True, help="List all goroutines of a service, however long that stops it."
)
@click.option(
    "--trace",
    callback=duration_in,
    metavar="3s",
    help="Trace a service in Go for so long, after all else.",
)
@asks
@reports
def doctor(
    sources: Sequence[str],
    *,
    fail_on: str,
    form: str,
    output: str | None,
    baseline: str | None,
    ignore: Sequence[str],
    **asking: Any,
) -> int:
    """Name the cause of a flood in a service, Go or Python.

    URL is where a service serves /debug/pprof, such as http://payments:6060, or one of its
    profiles; PID a process under snowshed run. It is asked twice, and for a list of its goroutines
    only if that does not stop it for long. A trace tells who moves, what is created and how long it
    waits to run, and slows a busy service down for as long as it lasts.

    FILE is a goroutine, goroutineleak, block or mutex profile, an execution trace, a dump of
    goroutines, or a log with a crash in it, gzip'd or not; - is stdin, and a folder all files in
    it. Several are looks at the same service, the oldest first: what grows from one to the next is
    worse than what stands still.

    Exit code: 0 when there is nothing as bad as --fail-on, 1 when there is, 2 when something cannot
    be read or does not answer.
    """
    try:
        report = reporting(form, output, baseline, ignore, sources=sources)
        found = examined(sources, Asking(**asking))
    except (CannotAsk, FormatError) as error:
        return fail(f"{_COMMAND}: {error}")
    except OSError as error:
        return fail(f"{_COMMAND}: {error.filename}: cannot be read: {error.strerror}")
    if not found.looks:
        # There is nothing that it is left out of.
        return fail(f"{_COMMAND}: {found.warnings[-1].removesuffix('; left out')}")
    with ticking(Progress("putting it together")):
        diagnosis = report.weighed(diagnose(found.looks, warnings=found.warnings))
    try:
        report.tell(diagnosis)
    except OSError as error:
        if output is None:
            raise  # and told as of every command: that nobody reads stdout is no failure of ours
        return fail(f"{_COMMAND}: {output}: cannot be written: {error.strerror}")
    worst = diagnosis.worst
    bad = fail_on != _NEVER and worst is not None and worst.rank >= Severity(fail_on).rank
    return int(bad)
