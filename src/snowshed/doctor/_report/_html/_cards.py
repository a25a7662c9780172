"""The findings, one card each: what was seen, why, what speaks against it, what to do."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed.doctor._ignore import silences
from snowshed.doctor._report._html._figure import text_
from snowshed.doctor._report._html._history import History, where_of
from snowshed.doctor._report._words import evidence, goroutines, place, printable
from snowshed.formats._svg import Scale, line, tag

if TYPE_CHECKING:
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.doctor._looks import Where
    from snowshed.model import Finding, Frame, Stack

__all__ = ["CARDS_AT_MOST", "cards"]

CARDS_AT_MOST = 200
FRAMES_AT_MOST = 40
_LINES_AT_MOST, _CHARS_AT_MOST = 20, 600


def cards(diagnosis: Diagnosis, history: History) -> str:
    """Return the cards of the worst findings; the others are counted."""
    stacks = _stacks(diagnosis)
    told = [
        _card(number, finding, diagnosis, history, stacks)
        for number, finding in enumerate(diagnosis.findings[:CARDS_AT_MOST], start=1)
    ]
    rest = diagnosis.findings[CARDS_AT_MOST:]
    if rest:
        said = f"and {many(len(rest), 'more finding')}; the JSON has them all"
        told.append(tag("p", said, class_="more"))
    return "\n".join(told)


def _stacks(diagnosis: Diagnosis) -> Mapping[Where, Stack]:
    """Return a stack for each place, of the look that shows most of it."""
    found: dict[Where, Stack] = {}
    for look in diagnosis.looks:
        for group in look.groups:
            if len(group.stack) >= len(found.get(group.where, ())):
                found[group.where] = group.stack
    return found


def _card(
    number: int,
    finding: Finding,
    diagnosis: Diagnosis,
    history: History,
    stacks: Mapping[Where, Stack],
) -> str:
    where = where_of(finding, history)
    change = None if diagnosis.baseline is None else diagnosis.baseline.changes[finding]
    standing = tag("span", str(change.standing), class_="standing") if change else ""
    severity = tag("span", str(finding.severity), class_="severity")
    name = tag("h3", severity, text_(finding.detail), standing)
    counts = history.of(where) if where is not None else []
    count = tag(
        "p",
        tag("strong", f"{finding.count:,}"),
        f" in {_code(finding.state)}",
        _spark(counts),
        class_="count",
    )
    at = tag("p", _place(finding.at), class_="place")
    head = tag("header", name, count, at)
    stack = stacks.get(where, ()) if where is not None else ()
    body = tag("dl", *_entries(finding))
    known = f" {change.standing}" if change else ""
    return tag(
        "article", head, body, _more(finding, stack),
        class_=f"finding {finding.severity}{known}", id=f"finding-{number}",
    )  # fmt: skip


def _entries(finding: Finding) -> Iterator[str]:
    yield _entry("Cause", [f"{finding.cause}, {finding.confidence:.0%} sure"])
    yield _entry("Seen", evidence(finding))
    yield _entry("Why", [finding.why])
    yield _entry("Against", finding.against)
    yield _entry("See also", [f"{each.message}: {place(each.at)}" for each in finding.related])
    yield _entry("Do", [finding.advice], class_="do")
    rule = shlex.quote(printable(silences(finding)))
    yield _entry("Silence", [f"--ignore {rule}"], class_="silence")


def _entry(name: str, said: Iterable[str], class_: str = "") -> str:
    lines = [each for each in said if each]
    shown = [tag("p", text_(_short(each))) for each in lines[:_LINES_AT_MOST]]
    if len(lines) > _LINES_AT_MOST:
        shown.append(tag("p", f"and {len(lines) - _LINES_AT_MOST:,} more"))
    return tag("dt", name) + tag("dd", *shown, class_=class_) if shown else ""


def _more(finding: Finding, stack: Stack) -> str:
    """Return what is folded away: the stack, and who they are."""
    if not stack and not finding.goroutines:
        return ""
    frames = [tag("li", _place(frame)) for frame in stack[:FRAMES_AT_MOST]]
    if len(stack) > FRAMES_AT_MOST:
        frames.append(tag("li", f"and {len(stack) - FRAMES_AT_MOST:,} more calls"))
    ids = ", ".join(f"{each}" for each in finding.goroutines)
    some = f"{goroutines(finding.count, finding.at.file)}, such as {ids}" if ids else ""
    shown = [tag("ol", *frames) if frames else "", tag("p", text_(some)) if some else ""]
    return tag("details", tag("summary", "Stack" if frames else "Which"), *shown)


def _place(frame: Frame) -> str:
    if not frame.file:
        return _code(frame.function)
    return f"{_code(f'{frame.file}:{frame.line}')} {_code(frame.function, 'function')}"


def _code(words: str, class_: str = "") -> str:
    return tag("code", text_(_short(words)), class_=class_) if words else ""


def _short(words: str) -> str:
    if len(words) <= _CHARS_AT_MOST:
        return words
    return f"{words[:_CHARS_AT_MOST]}… ({len(words):,} characters)"


def _spark(counts: Sequence[int]) -> str:
    """Return the counts of the looks as a small line; nothing if there was one look."""
    if len(counts) < 2:
        return ""
    x = Scale(0, len(counts) - 1, 2, 86)
    y = Scale(0, max(1, *counts), 18, 3)
    drawn = line([(x(index), y(count)) for index, count in enumerate(counts)])
    words = " → ".join(f"{count:,}" for count in counts[-12:])
    return tag("svg", tag("title", words), drawn, viewBox="0 0 88 20", class_="spark", role="img")
