"""How a diagnosis stands to an older one: plain data.

A line moves with every edit, and a count is another one at each look. So what stays of a finding is
the fault, the function that has it, and the function that made who has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from snowshed.model import Finding, Severity

__all__ = ["Change", "Comparison", "Fingerprint", "Gone", "Standing", "fingerprint"]


class Fingerprint(NamedTuple):
    """What stays of a finding when lines move.

    Attributes:
        detail: the fault.
        function: that has it.
        created_by: the function that started who has it; None: not known.
    """

    detail: str
    function: str
    created_by: str | None


class Standing(StrEnum):
    """How a finding stands to the baseline."""

    KNOWN = "known"
    """It was there, as bad, and not fewer than chance explains."""
    NEW = "new"
    WORSE = "worse"
    """It was there, and has become more severe, or more than chance explains."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What the baseline had of one fault.

    Attributes:
        fingerprint: of which.
        severity: the worst of it.
        count: all of it.
        file: where it was.
        line: of the file.
    """

    fingerprint: Fingerprint
    severity: Severity
    count: int
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Change:
    """How one finding stands to the baseline.

    Attributes:
        standing: in a word.
        before: what the baseline had of it; None if it is new.
    """

    standing: Standing
    before: Gone | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A diagnosis beside an older one.

    Attributes:
        changes: how each finding stands to the baseline.
        gone: what was there and is not any more.
    """

    changes: Mapping[Finding, Change] = field(default_factory=dict)
    gone: tuple[Gone, ...] = ()

    def is_known(self, finding: Finding) -> bool:
        """Tell whether it was there before, and is no worse."""
        return self.changes[finding].standing is Standing.KNOWN


def fingerprint(finding: Finding) -> Fingerprint:
    """Return what stays of ``finding`` when lines move."""
    made = finding.created_by
    return Fingerprint(finding.detail, finding.at.function, None if made is None else made.function)
