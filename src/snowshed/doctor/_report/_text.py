"""A diagnosis for people: what was seen, what speaks against it, what to do."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed.doctor._comparison import Standing
from snowshed.doctor._ignore import silences
from snowshed.doctor._report._words import evidence, goroutines, headline, place, printable

if TYPE_CHECKING:
    from snowshed.doctor._comparison import Change, Gone
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.doctor._looks import Group
    from snowshed.model import Finding

__all__ = ["summary", "text"]

WIDTH = 100
AT_MOST = 100
_INDENT = " " * 11


def text(diagnosis: Diagnosis, *, width: int = WIDTH) -> str:
    """Return ``diagnosis`` as text, requests that hold too much and the worst finding first.

    Names come from other programs: what could command a terminal is written with escapes. After the
    hundredth finding the others are counted.
    """
    told, known = _parted(diagnosis)
    first = headline(diagnosis.requests)
    parts = [textwrap.fill(first, width)] if first else []
    parts += ["\n".join(_finding(each, diagnosis, width)) for each in told[:AT_MOST]]
    if told[AT_MOST:]:
        parts.append(f"and {len(told) - AT_MOST:,} more findings; --format json has them all")
    lines = [_known(each) for each in known[:AT_MOST]]
    gone = () if diagnosis.baseline is None else diagnosis.baseline.gone
    lines += [_gone(each) for each in gone[:AT_MOST]]
    if lines:
        parts.append("\n".join(lines))
    if diagnosis.untold is not None:
        parts.append(textwrap.fill(_untold(diagnosis.untold), width, break_long_words=False))
    return "\n\n".join([*parts, summary(diagnosis)]) + "\n"


def _untold(group: Group) -> str:
    """Return what most do, of whom nothing is wrong: whoever reads has seen how many there are."""
    who = f"{goroutines(group.count, group.at.file)} in {printable(group.state)!r}"
    return f"most are {who} at {place(group.at)}: nothing that is known speaks against them"


def _parted(diagnosis: Diagnosis) -> tuple[list[Finding], list[Finding]]:
    """Return what is to be told, and what was told before."""
    baseline = diagnosis.baseline
    if baseline is None:
        return [*diagnosis.findings], []
    known = [each for each in diagnosis.findings if baseline.is_known(each)]
    return [each for each in diagnosis.findings if not baseline.is_known(each)], known


def _finding(finding: Finding, diagnosis: Diagnosis, width: int) -> Iterator[str]:
    change = None if diagnosis.baseline is None else diagnosis.baseline.changes[finding]
    standing = "" if change is None else f"  {change.standing}"
    yield f"{finding.detail}  {finding.severity}{standing}  {_who(finding)}"
    yield from _entry("cause", [f"{finding.cause}, {finding.confidence:.0%} sure"], width)
    yield from _entry("seen", [*_grown(finding, change), *evidence(finding)], width)
    yield from _entry("why", [finding.why] if finding.why else [], width)
    yield from _entry("against", finding.against, width)
    related = (f"{each.message}: {place(each.at)}" for each in finding.related)
    yield from _entry("see also", related, width)
    yield from _entry("do", [finding.advice], width)
    # In one line, however long: it is there to be copied.
    yield f"  silence  --ignore {shlex.quote(printable(silences(finding)))}"


def _who(finding: Finding) -> str:
    state = printable(finding.state)
    return f"{goroutines(finding.count, finding.at.file)} in {state!r} at {place(finding.at)}"


def _grown(finding: Finding, change: Change | None) -> Iterator[str]:
    """Yield what has become worse since the baseline."""
    if change is None or change.before is None:
        return
    before = change.before
    if before.severity is not finding.severity:
        yield f"{before.severity} in the baseline"
    if before.count != finding.count:
        yield f"{before.count:,} in the baseline"


def _entry(name: str, lines: Iterable[str], width: int) -> Iterator[str]:
    for number, line in enumerate(lines):
        first = f"  {name:<9}" if number == 0 else _INDENT
        yield textwrap.fill(
            printable(line),
            width,
            initial_indent=first,
            subsequent_indent=_INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _known(finding: Finding) -> str:
    return f"known  {finding.detail}  {finding.severity}  {_who(finding)}"


def _gone(gone: Gone) -> str:
    where = f"{gone.file}:{gone.line} {gone.fingerprint.function}"
    detail = printable(gone.fingerprint.detail)
    many_of_them = goroutines(gone.count, gone.file)
    return f"gone   {detail}  {gone.severity}  {many_of_them} at {printable(where)}"


def summary(diagnosis: Diagnosis) -> str:
    """Return how much there is of what, in one line."""
    parts = [
        many(diagnosis.total, diagnosis.unit),
        many(len(diagnosis.findings), "finding", "nothing wrong"),
    ]
    if diagnosis.baseline is not None:
        standings = Counter(
            diagnosis.baseline.changes[each].standing for each in diagnosis.findings
        )
        parts += [f"{standings[each]:,} {each}" for each in Standing if standings[each]]
        gone = len(diagnosis.baseline.gone)
        parts += [f"{gone:,} gone"] if gone else []
    parts += [f"{count:,} ignored by {printable(rule)}" for rule, count in diagnosis.ignored]
    return ", ".join(parts)
