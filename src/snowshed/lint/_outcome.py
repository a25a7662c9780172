"""What is told in the end: what was found, without what is known, the worst first.

Three things decide beside the settings. Advice is told when it is asked for. What is in the
baseline is left out and counted. And what more than fifty tasks of a service stand at is told in
any case, before all else: that is no advice any more, and nothing that one can live with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed.lint._alike import together
from snowshed.lint._finding import Finding
from snowshed.lint._joined import Joined, Waiting
from snowshed.lint._suppress import UNUSED

if TYPE_CHECKING:
    from snowshed.lint._baseline import Baseline, Known
    from snowshed.lint._dump import Dump
    from snowshed.lint._engine import Report
    from snowshed.lint._select import Selection
    from snowshed.lint._texts import Texts

__all__ = ["Outcome", "outcome"]

MANY = 50
"""More tasks than this at one line are told in any case; so many one request may have, too."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is told.

    Attributes:
        findings: in the order in which they are told: first those that tasks stand at.
        report: all that was found, and what was not looked at.
        texts: has the lines of the files.
        advice: how many findings are left out because nobody asked for advice.
        known: how many are left out because the baseline has them; None: there is none.
        gone: what the baseline has and what is not found any more, with how many.
        joined: the tasks that have to do with what was found.
        dumps: those that were looked at.
    """

    findings: tuple[Finding, ...]
    report: Report
    texts: Texts
    advice: int = 0
    known: int | None = None
    gone: Mapping[Known, int] = field(default_factory=dict)
    joined: Joined = field(default_factory=Joined)
    dumps: tuple[Dump, ...] = ()

    @property
    def waiting(self) -> Mapping[Finding, Waiting]:
        """The tasks that have to do with a finding."""
        return self.joined.waiting


def outcome(
    report: Report,
    selection: Selection,
    texts: Texts,
    *,
    paths: Sequence[str] = (".",),
    baseline: Baseline | None = None,
    dumps: Sequence[Dump] = (),
) -> Outcome:
    """Return what is told of ``report``.

    Args:
        report: what was found.
        selection: which of it is asked for.
        texts: has the lines of the files.
        paths: what was looked at.
        baseline: what is known.
        dumps: what tasks of the service stood where.
    """
    found = (*report.findings, *_unused(report))
    both = Joined()
    if dumps:
        from snowshed.lint._waiting import joined  # noqa: PLC0415 - mostly there is none

        both = joined(found, dumps, report.read)
    waiting = both.waiting
    beside = None
    if baseline is not None:
        beside = baseline.beside(found, texts, looked_for=_looked_for(report, selection, paths))
    known = frozenset[Finding]() if beside is None else beside.known
    asked = [each for each in found if selection.tells(each)]
    hot = {each for each in found if each in waiting and waiting[each].total > MANY}
    told = [each for each in found if each in hot or (selection.tells(each) and each not in known)]
    # What tasks stand at is told on its own, with how many they are.
    alone = [each for each in told if each in waiting]
    others = together(each for each in told if each not in waiting)
    return Outcome(
        tuple(sorted([*alone, *others], key=lambda each: _order(each, waiting))),
        report,
        texts,
        advice=sum(each not in hot and not selection.tells(each) for each in found),
        known=None if beside is None else sum(each in known for each in asked if each not in hot),
        gone={} if beside is None else beside.gone,
        joined=both,
        dumps=tuple(map(_warned, dumps, both.inside)),
    )


def _warned(dump: Dump, inside: int) -> Dump:
    """Return ``dump``, with a warning if it has nothing to do with what was looked at."""
    if inside or not dump.total:
        return dump
    place = dump.place()
    said = (
        f"none of its {many(dump.total, dump.noun)} is in a file that was looked at"
        f"{f' (most are in {place})' if place else ''}: likely it is of another program or "
        "version; look at the source that this one was built from"
    )
    return replace(dump, warnings=(*dump.warnings, said))


def _unused(report: Report) -> Sequence[Finding]:
    return [
        Finding(UNUSED, each.path, each.span, each.message, confidence=1.0, fix=each.fix)
        for each in report.unused
    ]


def _order(finding: Finding, waiting: Mapping[Finding, Waiting]) -> tuple[int, int, str, int, int]:
    at = waiting.get(finding)
    most, here = (-at.total, -at.here) if at is not None else (0, 0)
    return most, here, finding.path, finding.span.line, finding.span.column


def _looked_for(
    report: Report, selection: Selection, paths: Sequence[str]
) -> Callable[[str, str], bool]:
    """Return a function that tells whether a rule would be found in a file now."""
    folders = [Path(each).absolute() for each in paths]
    read = {Path(each).absolute() for each in report.read}
    broken = {Path(each.path).absolute() for each in report.problems}

    def looked_for(rule: str, path: str) -> bool:
        file = Path(path).absolute()
        if rule in selection.ignored or not (
            selection.selected is None or rule in selection.selected
        ):
            return False
        if file.exists():
            return file in read - broken
        return any(file.is_relative_to(folder) for folder in folders)

    return looked_for
