"""``snowshed doctor``: which of the five causes a flood has, from dumps and profiles."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from snowshed.cli._output import fail, print_json
from snowshed.doctor import Loaded, diagnose, document, load, look_at, text
from snowshed.errors import FormatError
from snowshed.model import Severity

_COMMAND = "snowshed doctor"
_NEVER = "never"


@click.command()
@click.argument("sources", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--fail-on",
    type=click.Choice([*map(str, Severity), _NEVER]),
    default=str(Severity.MEDIUM),
    help="From which severity on the exit code is 1. [medium]",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="For people or for programs. [text]",
)
def doctor(sources: Sequence[str], fail_on: str, output: str) -> int:
    """Name the cause of a flood in a service, Go or Python.

    FILE is a goroutine or goroutineleak profile, a dump of goroutines, or a log with a crash in it,
    gzip'd or not; - is stdin. Several are looks at the same service, the oldest first: what grows
    from one to the next is worse than what stands still.

    Exit code: 0 when there is nothing as bad as --fail-on, 1 when there is, 2 when a FILE cannot be
    read.
    """
    try:
        loaded = [load(_name(source), _bytes_of(source)) for source in sources]
    except FormatError as error:
        return fail(f"{_COMMAND}: {error}")
    except OSError as error:
        return fail(f"{_COMMAND}: {error.filename}: cannot be read: {error.strerror}")
    looks = [look_at(each) for each in loaded]
    warnings = [*_warnings(loaded)]
    for each, look in zip(loaded, looks, strict=True):
        if look is None:
            warnings.append(f"{each.source}: says nothing of goroutines; left out")
    found = [look for look in looks if look is not None]
    if not found:
        return fail(f"{_COMMAND}: {warnings[-1]}")
    diagnosis = diagnose(found, warnings=warnings)
    if output == "json":
        print_json(**document(diagnosis))
    else:
        for warning in diagnosis.warnings:
            fail(f"{_COMMAND}: {warning}")
        click.echo(text(diagnosis), nl=False)
    worst = diagnosis.worst
    bad = fail_on != _NEVER and worst is not None and worst.rank >= Severity(fail_on).rank
    return int(bad)


def _warnings(loaded: Sequence[Loaded]) -> Iterator[str]:
    for each in loaded:
        for warning in each.warnings:
            yield f"{each.source}: {warning}"


def _name(source: str) -> str:
    return "stdin" if source == "-" else source


def _bytes_of(source: str) -> bytes:
    return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
