"""A diagnosis for people: what was seen, what speaks against it, what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.model import Finding, Frame

__all__ = ["text"]

WIDTH = 100
_INDENT = " " * 11


def text(diagnosis: Diagnosis, *, width: int = WIDTH) -> str:
    """Return ``diagnosis`` as text, the worst finding first.

    Names come from other programs: what could command a terminal is written with escapes.
    """
    parts = ["\n".join(_finding(each, width)) for each in diagnosis.findings]
    return "\n\n".join([*parts, _summary(diagnosis)]) + "\n"


def _finding(finding: Finding, width: int) -> Iterator[str]:
    state = printable(finding.state)
    head = f"{finding.detail}  {finding.severity}  {_goroutines(finding.count)} in {state!r}"
    yield f"{head} at {_place(finding.at)}"
    yield from _entry("cause", [f"{finding.cause}, {finding.confidence:.0%} sure"], width)
    made = [] if finding.created_by is None else [f"created at {_place(finding.created_by)}"]
    yield from _entry("seen", [*finding.evidence, *made], width)
    yield from _entry("why", [finding.why] if finding.why else [], width)
    yield from _entry("against", finding.against, width)
    related = (f"{each.message}: {_place(each.at)}" for each in finding.related)
    yield from _entry("see also", related, width)
    yield from _entry("do", [finding.advice], width)


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


def _place(frame: Frame) -> str:
    place = f"{frame.file}:{frame.line} {frame.function}" if frame.file else frame.function
    return printable(place)


def _summary(diagnosis: Diagnosis) -> str:
    found = len(diagnosis.findings)
    findings = "nothing wrong" if not found else "1 finding" if found == 1 else f"{found} findings"
    return f"{_goroutines(diagnosis.total)}, {findings}"


def _goroutines(count: int) -> str:
    return "1 goroutine" if count == 1 else f"{count:,} goroutines"


def printable(name: str) -> str:
    """Return ``name`` with escapes for whatever a terminal does not just print."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
