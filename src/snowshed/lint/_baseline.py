"""What was found before and is accepted: in old code lint begins with the faults that are new.

A finding is known again by its rule, its file, its function and the text of its line, so that it
may move; of several that are alike so many are known as there were. The file is made to be kept in
git: sorted, a finding a line, with paths as they are from its own folder.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from snowshed.formats._findings import findings_in, typed

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._texts import Texts

__all__ = ["Baseline", "Beside", "Known", "code_of", "read_baseline", "written"]

_LONGEST = 200
_ACCEPTED = "accepted: what snowshed lint --write-baseline has written"


class Known(NamedTuple):
    """What stays of a finding when lines move.

    Attributes:
        path: the file, from the folder of the baseline.
        rule: id of the rule.
        function: that it stands in.
        code: its line.
    """

    path: str
    rule: str
    function: str
    code: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Findings beside a baseline.

    Attributes:
        known: those that it has.
        gone: what it has and what is not found any more, where it was looked for; with how many.
    """

    known: frozenset[Finding]
    gone: Mapping[Known, int]


class Baseline:
    """What was found before.

    Args:
        counts: how many of each.
        folder: that their paths are from.
    """

    def __init__(self, counts: Mapping[Known, int], *, folder: str) -> None:
        self._counts = counts
        self._folder = folder

    def beside(
        self,
        findings: Sequence[Finding],
        texts: Texts,
        *,
        looked_for: Callable[[str, str], bool] = lambda rule, path: True,  # noqa: ARG005
    ) -> Beside:
        """Return which of ``findings`` are known, and what is gone.

        Args:
            findings: in the order of their lines: of several that are alike the first are known.
            texts: has the lines.
            looked_for: whether a rule, by its id, would have been found in a file now, by its
                path; what was not looked for is not gone.
        """
        left = Counter(self._counts)
        known = set()
        for finding in findings:
            key = _key(finding, texts, self._folder)
            if left[key] > 0:
                left[key] -= 1
                known.add(finding)
        gone = {
            each: count
            for each, count in left.items()
            if count > 0
            and looked_for(each.rule, os.path.normpath(os.path.join(self._folder, each.path)))  # noqa: PTH118
        }
        return Beside(frozenset(known), gone)


def written(findings: Iterable[Finding], texts: Texts, *, folder: str) -> str:
    """Return the file that has ``findings`` as known.

    Args:
        findings: all that are accepted.
        texts: has the lines.
        folder: that the file will be in.
    """
    counts = Counter(_key(each, texts, folder) for each in findings)
    lines = [json.dumps({**key._asdict(), "count": counts[key]}) for key in sorted(counts)]
    inner = ",\n  ".join(lines)
    return f'{{"schema": 1, "findings": [{f"{chr(10)}  {inner}{chr(10)}" if lines else ""}]}}\n'


def _key(finding: Finding, texts: Texts, folder: str) -> Known:
    path = _from(finding.path, folder)
    return Known(path, finding.rule, finding.function, code_of(finding, texts))


def code_of(finding: Finding, texts: Texts) -> str:
    """Return the line of ``finding``, without what a formatter changes in it."""
    return " ".join(texts.line(finding.path, finding.span.line).split())[:_LONGEST]


def _from(path: str, folder: str) -> str:
    try:
        path = os.path.relpath(path, folder)
    except ValueError:  # of another drive
        path = os.path.abspath(path)  # noqa: PTH100
    return path.replace(os.sep, "/")


def read_baseline(source: str, data: bytes, *, folder: str) -> Baseline:
    """Return what is in ``data``.

    Args:
        source: what to call it in messages.
        data: all of it.
        folder: that it is in.

    Raises:
        FormatError: it is no baseline. ``format`` is ``source``.
    """
    counts: Counter[Known] = Counter()
    for known, count in findings_in(source, data, _one, accepted=_ACCEPTED):
        counts[known] += count
    return Baseline(counts, folder=folder)


def _one(found: Any) -> tuple[Known, int]:
    known = Known(*(typed(found, name, str) for name in Known._fields))
    return known, typed(found, "count", int) if "count" in found else 1
