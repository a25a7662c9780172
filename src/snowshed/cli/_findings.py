"""How the findings of lint are told: in which form, in which colours, where to."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snowshed.lint import _report as reports
from snowshed.lint._report import PLAIN, Paint

if TYPE_CHECKING:
    from snowshed.lint._outcome import Outcome

__all__ = ["FORMATS", "Telling"]

FORMATS = ("text", "concise", "json", "github", "gitlab", "sarif")
_FOR_PEOPLE = ("text", "concise")


@dataclass(frozen=True, slots=True)
class Telling:
    """How findings are told.

    Attributes:
        format: one of `FORMATS`.
        to: the file; None: stdout.
        statistics: whether they are counted, and not told one by one.
    """

    format: str = "text"
    to: Path | None = None
    statistics: bool = False

    def __post_init__(self) -> None:
        """Refuse what does not go together.

        Raises:
            click.UsageError: this form has no counts.
        """
        if self.statistics and self.format not in {"text", "json"}:
            raise click.UsageError("--statistics is for --format text or json")

    def tell(self, outcome: Outcome) -> None:
        """Write ``outcome``.

        Raises:
            OSError: it cannot be written.
        """
        self.put(self._report(outcome))
        if self.to is not None:
            click.echo(f"{self.to}: {reports.summary(outcome)}", err=True)

    def put(self, text: str) -> None:
        """Write ``text`` where reports go.

        Raises:
            OSError: it cannot be written.
        """
        if self.to is None:
            _print(text)
        else:
            self.to.write_text(text, encoding="utf-8", errors="backslashreplace")

    def _report(self, outcome: Outcome) -> str:
        if self.format == "github":
            return reports.github(outcome, below=_below(os.environ.get("GITHUB_WORKSPACE", "")))
        if self.format not in _FOR_PEOPLE:
            return _json(self._document(outcome))
        paint = PLAIN if self.to is not None else _paint()
        if self.statistics:
            return reports.statistics(outcome, paint)
        told = reports.text if self.format == "text" else reports.concise
        return told(outcome, paint)

    def _document(self, outcome: Outcome) -> object:
        if self.format == "sarif":
            # Here and not above: what finds a version takes long to load.
            from snowshed import __version__

            return reports.sarif(outcome, version=__version__)
        if self.format == "gitlab":
            return reports.gitlab(outcome)
        return reports.counted(outcome) if self.statistics else reports.document(outcome)


def _json(document: object) -> str:
    """Return ``document`` as text."""
    import json

    return json.dumps(document, indent=2) + "\n"


def _print(report: str) -> None:
    # Code may have characters in it that a terminal, or a pipe of Windows, has none for.
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    click.echo(report, nl=False)


def _paint() -> Paint:
    shows = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return Paint(colours=shows and not os.environ.get("NO_COLOR"))


def _below(root: str) -> str:
    """Return the current folder as seen from ``root``; empty if it is that, or not in it."""
    here = Path.cwd()
    if not root or not here.is_relative_to(root):
        return ""
    below = here.relative_to(root).as_posix()
    return "" if below == "." else below
