"""What was found before: a fault that is known need not stop a release, one that is new must.

Two findings are the same one if they have the same `Fingerprint`. Who made them counts only where
both know it: a profile does not tell, and the same service may be listed one day and be too large
for that the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from snowshed.doctor._case import Growth
from snowshed.doctor._comparison import (
    Change,
    Comparison,
    Fingerprint,
    Gone,
    Standing,
    fingerprint,
)
from snowshed.formats._findings import findings_in, typed
from snowshed.model import Severity

if TYPE_CHECKING:
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.model import Finding

__all__ = ["compare"]

_ACCEPTED = "accepted: what snowshed doctor --format json has written"


def compare(diagnosis: Diagnosis, source: str, data: bytes) -> Diagnosis:
    """Return ``diagnosis`` with how it stands to an older one.

    Args:
        diagnosis: what is found now.
        source: what to call the older one in messages.
        data: the older one, as `snowshed.doctor.document` has it, in JSON.

    Raises:
        FormatError: ``data`` is none.

    Cost: O(findings in both).
    """
    before = _Baseline(findings_in(source, data, _one, accepted=_ACCEPTED))
    now: dict[Fingerprint, list[Finding]] = defaultdict(list)
    for finding in diagnosis.findings:
        now[fingerprint(finding)].append(finding)
    changes: dict[Finding, Change] = {}
    for key, findings in now.items():
        change = _change(findings, before.find(key))
        changes.update(dict.fromkeys(findings, change))
    return replace(diagnosis, baseline=Comparison(changes, before.not_found()))


def _change(findings: Sequence[Finding], before: Gone | None) -> Change:
    if before is None:
        return Change(Standing.NEW)
    grown = Growth((before.count, sum(each.count for each in findings))).grows
    worst = max(each.severity.rank for each in findings)
    worse = grown or worst > before.severity.rank
    return Change(Standing.WORSE if worse else Standing.KNOWN, before)


class _Baseline:
    """The findings of an older diagnosis, and which of them were looked up."""

    def __init__(self, findings: Iterable[Gone]) -> None:
        self._all: dict[Fingerprint, Gone] = {}
        for each in findings:
            same = self._all.get(each.fingerprint)
            self._all[each.fingerprint] = each if same is None else _together(same, each)
        self._by_place: dict[tuple[str, str], list[Fingerprint]] = defaultdict(list)
        for key in self._all:
            self._by_place[key[:2]].append(key)
        self._found: set[Fingerprint] = set()

    def find(self, key: Fingerprint) -> Gone | None:
        """Return what there was of it; who made it counts only if both know."""
        alike = [
            other
            for other in self._by_place.get(key[:2], ())
            if None in {key.created_by, other.created_by} or other == key
        ]
        self._found.update(alike)
        found: Gone | None = None
        for each in alike:
            found = self._all[each] if found is None else _together(found, self._all[each])
        return found

    def not_found(self) -> tuple[Gone, ...]:
        """Return what was not looked up."""
        return tuple(each for key, each in self._all.items() if key not in self._found)


def _together(one: Gone, other: Gone) -> Gone:
    worst = max(one.severity, other.severity, key=lambda each: each.rank)
    return replace(one, severity=worst, count=one.count + other.count)


def _one(found: Any) -> Gone:
    detail = typed(found, "detail", str)
    made = found["created_by"]
    key = Fingerprint(
        detail,
        typed(found, "function", str),
        None if made is None else typed(made, "function", str),
    )
    severity = Severity(found["severity"])
    count, line = typed(found, "count", int), typed(found, "line", int)
    return Gone(key, severity, count, typed(found, "file", str), line)
