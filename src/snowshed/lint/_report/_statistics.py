"""How many findings there are of which rule, and of which cause."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from snowshed.lint._report._paint import PLAIN
from snowshed.lint._report._words import kind, summary

if TYPE_CHECKING:
    from snowshed.lint._outcome import Outcome
    from snowshed.lint._report._paint import Paint

__all__ = ["counted", "statistics"]

_NO_CAUSE = "-"


def counted(outcome: Outcome) -> dict[str, Any]:
    """Return the counts as what JSON has, the most first."""
    findings = outcome.findings
    fixes = Counter(each.rule for each in findings if each.fix is not None)
    rules = Counter(each.rule for each in findings)
    causes = Counter(kind(each.rule).cause or _NO_CAUSE for each in findings)
    return {
        "schema": 1,
        "rules": [
            {
                "rule": id_,
                "name": kind(id_).name,
                "cause": kind(id_).cause,
                "count": count,
                "fixable": fixes[id_],
            }
            for id_, count in sorted(rules.items(), key=lambda each: (-each[1], each[0]))
        ],
        "causes": dict(causes.most_common()),
        "files": outcome.report.files,
    }


def statistics(outcome: Outcome, paint: Paint = PLAIN) -> str:
    """Return the counts as text: each cause with its rules."""
    found = counted(outcome)
    wide = max((len(f"{count:,}") for count in found["causes"].values()), default=0)
    lines = []
    for cause, total in found["causes"].items():
        lines.append(paint(f"{total:>{wide},}  {cause}", "bold"))
        for each in found["rules"]:
            if (each["cause"] or _NO_CAUSE) == cause:
                fixable = f" ({each['fixable']:,} fixable)" if each["fixable"] else ""
                title = kind(each["rule"]).title
                lines.append(f"{'':{wide}}  {each['count']:>{wide},}  {title}{fixable}")
    return "\n".join([*lines, *([""] if lines else []), summary(outcome)]) + "\n"
