"""For people: each finding with its code, what has to do with it, and what would mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed._printable import printable
from snowshed.lint._report._code import AROUND, code
from snowshed.lint._report._paint import PLAIN
from snowshed.lint._report._words import ending, kind, said_of

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Span
    from snowshed.lint._outcome import Outcome
    from snowshed.lint._report._paint import Paint

__all__ = ["concise", "text"]


def text(outcome: Outcome, paint: Paint = PLAIN) -> str:
    """Return what is told, each finding with its code."""
    parts = ["\n".join(_whole(each, outcome, paint)) for each in outcome.findings]
    return "\n\n".join([*parts, ending(outcome, paint)]) + "\n"


def concise(outcome: Outcome, paint: Paint = PLAIN) -> str:
    """Return what is told, each finding in a line."""
    lines = []
    for each in outcome.findings:
        waiting = outcome.waiting.get(each)
        hot = f" [{said_of(each, waiting)[0]}]" if waiting is not None else ""
        lines.append(_head(each, paint) + paint(hot, "hot"))
    return "\n".join([*lines, ending(outcome, paint)]) + "\n"


def _head(finding: Finding, paint: Paint) -> str:
    where = paint(_place(finding.path, finding.span), "bold")
    title = paint(kind(finding.rule).title, "bad")
    return f"{where}: {title}: {printable(finding.message)}"


def _place(path: str, span: Span) -> str:
    return f"{printable(path)}:{span.line}:{span.column}"


def _whole(finding: Finding, outcome: Outcome, paint: Paint) -> Iterator[str]:
    yield _head(finding, paint)
    waiting = outcome.waiting.get(finding)
    for said in () if waiting is None else said_of(finding, waiting):
        yield paint(f"  {printable(said)}", "hot")
    yield from code(outcome.texts.lines(finding.path), finding.span, paint)
    for each in finding.related:
        yield f"  {_place(each.path, each.span)}: {printable(each.message)}"
        apart = abs(each.span.line - finding.span.line)
        # What is near is to be seen above.
        if each.path != finding.path or apart > AROUND:
            lines = outcome.texts.lines(each.path)
            yield from code(lines, each.span, paint, around=0, mark="-")
    if finding.fix is not None:
        how = "--fix" if finding.fix.safe else "--unsafe-fixes"
        yield f"  {paint('fix:', 'good')} {printable(finding.fix.message)} ({how})"
