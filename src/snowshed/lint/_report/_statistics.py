"""How many findings there are of which rule, and of which cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from snowshed._many import many
from snowshed.lint._report._json import dumps_of
from snowshed.lint._report._paint import PLAIN
from snowshed.lint._report._words import ending, kind

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._outcome import Outcome
    from snowshed.lint._report._paint import Paint

__all__ = ["counted", "statistics"]

_NO_CAUSE = "-"


def counted(outcome: Outcome) -> dict[str, Any]:
    """Return the counts as what JSON has: what most tasks wait at first, then the most."""
    rules, causes = defaultdict(list), defaultdict(list)
    for each in outcome.findings:
        rules[each.rule].append(each)
        causes[kind(each.rule).cause or _NO_CAUSE].append(each)
    told: dict[str, Any] = {
        "schema": 1,
        "rules": [_rule(id_, found, outcome) for id_, found in _ranked(rules, outcome)],
        "causes": {cause: len(found) for cause, found in _ranked(causes, outcome)},
        "files": outcome.report.files,
    }
    if outcome.dumps:
        told["waiting"] = outcome.joined.total
        told["dumps"] = dumps_of(outcome)
    return told


def _rule(id_: str, found: Sequence[Finding], outcome: Outcome) -> dict[str, Any]:
    of = kind(id_)
    told: dict[str, Any] = {"rule": id_, "name": of.name, "cause": of.cause, "count": len(found)}
    safe = [each.fix.safe for each in found if each.fix is not None]
    told |= {"fixable": safe.count(True), "unsafe": safe.count(False)}
    if outcome.dumps:
        told["waiting"] = outcome.joined.at(found)
    return told


def _ranked(
    by: Mapping[str, Sequence[Finding]], outcome: Outcome
) -> list[tuple[str, Sequence[Finding]]]:
    # A cause that is none comes last of those with as many.
    return sorted(
        by.items(),
        key=lambda each: (-outcome.joined.at(each[1]), -len(each[1]), each[0] == "-", each[0]),
    )


def statistics(outcome: Outcome, paint: Paint = PLAIN) -> str:
    """Return the counts as text: each cause with its rules."""
    found = counted(outcome)
    wide = max((len(f"{count:,}") for count in found["causes"].values()), default=0)
    lines = []
    for cause, total in found["causes"].items():
        lines.append(paint(f"{total:>{wide},}  {cause}", "bold"))
        for each in found["rules"]:
            if (each["cause"] or _NO_CAUSE) == cause:
                line = f"{'':{wide}}  {each['count']:>{wide},}  {kind(each['rule']).title}"
                lines.append(line + _more(each, outcome, paint))
    return "\n".join([*lines, *([""] if lines else []), ending(outcome, paint)]) + "\n"


def _more(rule: Mapping[str, Any], outcome: Outcome, paint: Paint) -> str:
    fixes = [f"{rule[each]:,} {each}" for each in ("fixable", "unsafe") if rule[each]]
    more = f" ({', '.join(fixes)})" if fixes else ""
    waiting = rule.get("waiting", 0)
    if waiting:
        more += paint(f", {many(waiting, outcome.dumps[0].noun)} now", "hot")
    return more
