"""How a diagnosis is told and what of it counts: the options of a report, and its writing.

All that can be wrong with the options is found before a service is asked, which takes seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from snowshed.cli._output import fail, writable
from snowshed.doctor import (
    Diagnosis,
    Ignore,
    compare,
    leave_out,
    parse_ignore,
    text,
)
from snowshed.doctor._report import summary
from snowshed.errors import FormatError

__all__ = ["Reporting", "reporting", "reports"]

FORMATS = ("text", "json", "sarif", "html")
_SETTINGS = ("pyproject.toml", "snowshed.toml")


@dataclass(frozen=True, slots=True)
class Reporting:
    """How a diagnosis is told.

    Attributes:
        format: one of `FORMATS`.
        to: the file; None: stdout.
        baseline: an older diagnosis, and what to call it; None: there is none.
        ignore: what is left out.
    """

    format: str
    to: Path | None
    baseline: tuple[str, bytes] | None
    ignore: tuple[Ignore, ...]

    def weighed(self, diagnosis: Diagnosis) -> Diagnosis:
        """Return ``diagnosis`` beside the baseline, and without what is ignored."""
        if self.baseline is not None:
            diagnosis = compare(diagnosis, *self.baseline)
        return leave_out(diagnosis, self.ignore) if self.ignore else diagnosis

    def tell(self, diagnosis: Diagnosis) -> None:
        """Write the report, and what could not be read on stderr.

        Raises:
            OSError: it cannot be written.
        """
        if self.format == "text":
            for warning in diagnosis.warnings:
                fail(f"snowshed doctor: {warning}")
        report = _report(diagnosis, self.format)
        if self.to is None:
            click.echo(report, nl=False)
        else:
            self.to.write_text(report, encoding="utf-8", errors="backslashreplace")
            click.echo(f"{self.to}: {summary(diagnosis)}", err=True)


def _report(diagnosis: Diagnosis, form: str) -> str:
    if form == "text":
        return text(diagnosis)
    import json

    if form == "json":
        from snowshed.doctor import document

        return json.dumps({"schema": 1, **document(diagnosis)}, indent=2) + "\n"
    # Here and not above: what finds a version takes as long to load as a small dump to diagnose.
    from snowshed import __version__
    from snowshed.doctor import html, sarif

    if form == "html":
        return html(diagnosis, version=__version__)
    found = sarif(diagnosis, version=__version__, root=str(Path.cwd()))
    return json.dumps(found, indent=2) + "\n"


def reporting(
    form: str,
    output: str | None,
    baseline: str | None,
    ignore: Sequence[str],
    *,
    sources: Sequence[str] = (),
) -> Reporting:
    """Return how to report, as the options say.

    Args:
        form: one of `FORMATS`.
        output: the file; None: stdout.
        baseline: the file of an older diagnosis; None: there is none.
        ignore: what is left out.
        sources: what is diagnosed, which a report must not overwrite.

    Raises:
        click.UsageError: one of them is not accepted.
        ConfigError: the settings are not.
        FormatError: the baseline is none.
    """
    try:
        rules = [parse_ignore(written) for written in ignore]
    except ValueError as error:
        raise click.UsageError(f"--ignore {error}") from None
    rules += map(parse_ignore, _ignored_by_settings())
    before = None if baseline is None else (baseline, _bytes_of(baseline))
    if before is not None:
        # An empty diagnosis beside it tells at once whether it is one.
        compare(Diagnosis(0, ()), *before)
    to = None if output is None else writable(output, sources, "diagnosed")
    return Reporting(form, to, before, tuple(rules))


def _ignored_by_settings() -> Sequence[str]:
    # What reads settings takes longer to load than a small dump takes to be diagnosed.
    if not _has_settings():
        return ()
    from snowshed import config
    from snowshed.doctor._settings import Settings

    return config.section("doctor", Settings).ignore


def _has_settings() -> bool:
    here = Path.cwd()
    return any(
        name.startswith(("SNOWSHED_DOCTOR_", "SNOWSHED_CONFIG")) for name in os.environ
    ) or any(map(_says_something, (f / n for f in (here, *here.parents) for n in _SETTINGS)))


def _says_something(settings: Path) -> bool:
    try:
        return b"doctor" in settings.read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True  # and whoever reads it says why it cannot


def _bytes_of(baseline: str) -> bytes:
    try:
        return Path(baseline).read_bytes()
    except OSError as error:
        raise FormatError(baseline, "the baseline", f"cannot be read: {error.strerror}") from None


def reports(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a report."""
    for option in (
        click.option(
            "--ignore",
            multiple=True,
            metavar="DETAIL[=PATTERN]",
            help="Leave out and count what a function or file has that matches; repeatable.",
        ),
        click.option(
            "--baseline",
            metavar="OLD.json",
            help="Only what is new or worse since then counts for the exit code.",
        ),
        click.option("-o", "--output", metavar="FILE", help="Write the report there. [stdout]"),
        click.option(
            "--format",
            "form",
            type=click.Choice(FORMATS),
            default="text",
            help="For people, programs, code scanning or a browser. [text]",
        ),
    ):
        command = option(command)
    return command
