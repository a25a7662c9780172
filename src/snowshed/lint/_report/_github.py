"""Annotations in a pull request, as GitHub's runners read them from the output of a step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed._printable import printable
from snowshed.lint._report._words import kind, said_of
from snowshed.model import Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._outcome import Outcome

__all__ = ["github"]

_COMMANDS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "notice"}


def github(outcome: Outcome, *, below: str = "") -> str:
    """Return a workflow command for each finding.

    Args:
        outcome: what is told.
        below: folder that paths are from, as seen from the root of the repository; empty: the root.
    """
    return "".join(f"{each}\n" for each in _lines(outcome, below))


def _lines(outcome: Outcome, below: str) -> Iterator[str]:
    for finding in outcome.findings:
        of = kind(finding.rule)
        place = ",".join(
            f"{name}={_property(value)}" for name, value in _place(finding, of.title, below)
        )
        yield f"::{_COMMANDS[of.severity]} {place}::{_data(_said(finding, outcome))}"


def _place(finding: Finding, title: str, below: str) -> Iterator[tuple[str, object]]:
    is_relative = below and not finding.path.startswith("/")
    yield "file", f"{below}/{finding.path}" if is_relative else finding.path
    yield "line", finding.span.line
    yield "endLine", finding.span.end_line
    # Of several lines the runner refuses columns.
    if finding.span.line == finding.span.end_line:
        yield "col", finding.span.column
        yield "endColumn", finding.span.end_column
    yield "title", title


def _said(finding: Finding, outcome: Outcome) -> str:
    waiting = outcome.waiting.get(finding)
    lines = [] if waiting is None else said_of(finding, waiting)
    lines.append(finding.message)
    lines += [f"{each.path}:{each.span.line}: {each.message}" for each in finding.related]
    if finding.fix is not None:
        lines.append(f"fix: {finding.fix.message}")
    return "\n".join(map(printable, lines))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _data(printable(value)).replace(":", "%3A").replace(",", "%2C")
