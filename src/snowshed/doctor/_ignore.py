"""What somebody has looked at and found to be well: it is left out, counted, and said.

A rule names a detail, and mostly the function or the file too, so that it does not hide the same
fault at another place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from snowshed.doctor.causes import details

if TYPE_CHECKING:
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.model import Finding

__all__ = ["Ignore", "leave_out", "parse_ignore", "silences"]


@dataclass(frozen=True, slots=True)
class Ignore:
    """Findings that are not to be told.

    Attributes:
        detail: of which fault.
        pattern: of the function or the file that has it, as shells write them; ``*`` is all.
    """

    detail: str
    pattern: str = "*"

    def __str__(self) -> str:
        return self.detail if self.pattern == "*" else f"{self.detail}={self.pattern}"

    def matches(self, finding: Finding) -> bool:
        """Tell whether ``finding`` is one of them."""
        names = (finding.at.function, finding.at.file)
        # As it stands, too: what is generic has brackets in its name, which are a pattern.
        return self.detail == finding.detail and (
            self.pattern in names or any(fnmatchcase(name, self.pattern) for name in names)
        )


def parse_ignore(written: str) -> Ignore:
    """Return the rule in ``written``: ``unclosed-body`` or ``unclosed-body=main.fetch*``.

    Raises:
        ValueError: there is no such detail.
    """
    name, _, pattern = written.strip().partition("=")
    known = details()
    if name not in known:
        from difflib import get_close_matches  # noqa: PLC0415 - hardly ever needed

        close = get_close_matches(name, known, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        msg = f"{name!r} is no detail{hint}; there are {', '.join(known)}"
        raise ValueError(msg)
    return Ignore(name, pattern or "*")


def silences(finding: Finding) -> Ignore:
    """Return the narrowest rule that leaves out ``finding``."""
    return Ignore(finding.detail, finding.at.function or finding.at.file or "*")


def leave_out(diagnosis: Diagnosis, rules: Sequence[Ignore]) -> Diagnosis:
    """Return ``diagnosis`` without what ``rules`` match, and with how many each has left out.

    Cost: O(findings times rules).
    """
    kept: list[Finding] = []
    counts = dict.fromkeys(rules, 0)
    for finding in diagnosis.findings:
        rule = next((rule for rule in counts if rule.matches(finding)), None)
        if rule is None:
            kept.append(finding)
        else:
            counts[rule] += 1
    ignored = tuple((str(rule), count) for rule, count in counts.items())
    return replace(diagnosis, findings=tuple(kept), ignored=ignored)
