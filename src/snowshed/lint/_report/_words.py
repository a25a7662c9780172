"""The words that all reports share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed._printable import printable
from snowshed.lint.rules import rule
from snowshed.model import Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._joined import Waiting
    from snowshed.lint._outcome import Outcome
    from snowshed.lint._report._paint import Paint

__all__ = ["Kind", "ending", "kind", "said_of", "summary"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a finding is one of.

    Attributes:
        id: of the rule, or what comments that silence nothing are called.
        name: of the rule; the id again where it has none.
        cause: which of the five; None: of none.
        severity: how bad it is when it happens.
    """

    id: str
    name: str
    cause: str | None
    severity: Severity

    @property
    def title(self) -> str:
        """Id and name."""
        return self.id if self.id == self.name else f"{self.id} {self.name}"


@cache
def kind(id_: str) -> Kind:
    """Return what a finding of the rule ``id_`` is one of."""
    found = rule(id_)
    if found is None:
        return Kind(id_, id_, None, Severity.LOW)
    return Kind(id_, found.name, str(found.cause), found.severity)


def said_of(finding: Finding, waiting: Waiting) -> list[str]:
    """Return what a dump says of ``finding``, in lines, the surest first."""
    noun = "task" if finding.path.endswith((".py", ".pyi")) else "goroutine"
    state = f" ({waiting.state})" if waiting.state else ""
    said = []
    if waiting.here:
        lines = [line for line, _ in waiting.lines]
        first, last = finding.span.line, finding.span.end_line
        is_this = lines == [first]
        where = "on this line" if is_this else "here" if _within(lines, first, last) else _at(lines)
        said.append(f"{many(waiting.here, noun)} {_are(waiting.here)} waiting {where} now{state}")
    if waiting.related:
        verb = _are(waiting.related)
        said.append(f"{many(waiting.related, noun)} {verb} waiting at a place named below now")
    if waiting.created:
        verb = _are(waiting.created)
        said.append(f"{many(waiting.created, noun)} that this line has started {verb} alive now")
    return said


def _within(lines: list[int], first: int, last: int) -> bool:
    return all(first <= line <= last for line in lines)


def _at(lines: list[int]) -> str:
    shown = ", ".join(map(str, sorted(lines[:3])))
    more = " and others" if lines[3:] else ""
    return f"at line{'s' if lines[1:] else ''} {shown}{more}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def summary(outcome: Outcome) -> str:
    """Return how much there is of what, in one line."""
    report = outcome.report
    files = many(report.files, "file")
    parts = [f"{many(len(outcome.findings), 'finding', 'nothing found')} in {files}"]
    fixes = Counter(each.fix.safe for each in outcome.findings if each.fix is not None)
    if fixes[True]:
        parts.append(f"{fixes[True]:,} fixable with --fix")
    if fixes[False]:
        parts.append(f"{fixes[False]:,} with --unsafe-fixes")
    if outcome.known is not None:
        parts.append(f"{outcome.known:,} in the baseline")
    if outcome.gone:
        parts.append(f"{sum(outcome.gone.values()):,} of the baseline gone")
    if report.suppressed:
        parts.append(f"{report.suppressed:,} silenced by comments")
    if outcome.advice:
        parts.append(f"{outcome.advice:,} more with --advice")
    return ", ".join(parts)


def ending(outcome: Outcome, paint: Paint) -> str:
    """Return what is told in the end: how much there is, and how many tasks have to do with it."""
    said = paint(summary(outcome), "bold" if outcome.findings else "good")
    if not outcome.dumps:
        return said
    where = ", ".join(printable(each.source) for each in outcome.dumps[:3])
    where += " and others" if outcome.dumps[3:] else ""
    of = many(sum(each.total for each in outcome.dumps), outcome.dumps[0].noun)
    at = outcome.joined.total
    if at:
        return f"{said}\n{at:,} of the {of} in {where} {_are(at)} at a finding"
    inside = sum(outcome.joined.inside)
    are = f"{inside:,} {_are(inside)} in files that were looked at" if inside else ""
    return f"{said}\nnone of the {of} in {where} is at a finding{are and f'; {are}'}"
