"""Code quality, as GitLab shows it in a merge request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snowshed._printable import printable
from snowshed.lint._report._prints import prints
from snowshed.lint._report._words import kind, said_of
from snowshed.model import Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._outcome import Outcome

__all__ = ["gitlab"]

_SEVERITIES = {Severity.HIGH: "critical", Severity.MEDIUM: "major", Severity.LOW: "minor"}


def gitlab(outcome: Outcome) -> list[dict[str, Any]]:
    """Return what is told as what the JSON of a code quality report has."""
    found = []
    for finding, print_ in zip(outcome.findings, prints(outcome), strict=True):
        of = kind(finding.rule)
        lines = {"begin": finding.span.line, "end": finding.span.end_line}
        found.append(
            {
                "description": _said(finding, outcome),
                "check_name": of.id,
                "fingerprint": print_["snowshed/v1"],
                "severity": _SEVERITIES[of.severity],
                "location": {"path": finding.path, "lines": lines},
            }
        )
    return found


def _said(finding: Finding, outcome: Outcome) -> str:
    waiting = outcome.waiting.get(finding)
    hot = [] if waiting is None else said_of(finding, waiting)[:1]
    return printable("; ".join([f"{kind(finding.rule).title}: {finding.message}", *hot]))
