"""SARIF 2.1.0, which code scanning reads: an alert at the line, with what has to do with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from snowshed._many import many
from snowshed._printable import printable
from snowshed.formats.sarif import (
    HOME,
    LEVELS,
    RESULTS_AT_MOST,
    artifact,
    log,
    message,
    notes,
    sentence,
)
from snowshed.lint._about import TOLD_OF_UNUSED
from snowshed.lint._finding import Tier
from snowshed.lint._report._prints import prints
from snowshed.lint._report._words import kind, said_of
from snowshed.lint._suppress import UNUSED
from snowshed.lint.rules import rules, told

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Fix, Span
    from snowshed.lint._outcome import Outcome

__all__ = ["sarif"]


def sarif(outcome: Outcome, *, version: str) -> Mapping[str, Any]:
    """Return what is told as what the JSON of SARIF has.

    Args:
        outcome: what is told.
        version: of this program.
    """
    shown = outcome.findings[:RESULTS_AT_MOST]
    ids = sorted({each.rule for each in shown})
    driver = {
        "name": "snowshed lint",
        "semanticVersion": version,
        "informationUri": HOME,
        "rules": [_rule(each) for each in ids],
    }
    return log(
        driver,
        _results(outcome, shown, ids),
        notifications=_notifications(outcome),
        properties={"files": outcome.report.files, "lines": outcome.report.lines},
    )


def _rule(id_: str) -> dict[str, Any]:
    of = kind(id_)
    rule = rules().get(id_)
    if rule is not None:
        said, page = told(id_) or of.name, f"lint/{id_}.html"
    else:
        said, page = TOLD_OF_UNUSED if id_ == UNUSED else of.name, f"lint.html#{id_}"
    first = said.partition("\n\n")[0]
    why = said.partition("\n## Why\n")[2].strip().partition("\n\n")[0]
    return {
        "id": of.id,
        "name": "".join(word.capitalize() for word in of.name.split("-")),
        "shortDescription": message(sentence(first)),
        "fullDescription": message(sentence(why or first)),
        "help": {"text": said, "markdown": said},
        "helpUri": f"{HOME}/en/latest/reference/{page}",
        "defaultConfiguration": {"level": LEVELS[of.severity]},
        "properties": {
            "tags": [*([of.cause] if of.cause else []), "concurrency"],
            "precision": "medium" if rule is not None and rule.tier is Tier.ADVICE else "high",
        },
    }


def _results(
    outcome: Outcome, shown: Sequence[Finding], ids: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for finding, print_ in zip(shown, prints(outcome), strict=False):
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": ids.index(finding.rule),
            "level": LEVELS[kind(finding.rule).severity],
            "rank": round(100 * finding.confidence, 1),
            "message": message(_said(finding, outcome)),
            "locations": [_location(finding.path, finding.span, finding.function)],
            "relatedLocations": [
                {"id": number, **_location(each.path, each.span), "message": message(each.message)}
                for number, each in enumerate(finding.related, start=1)
            ],
            "partialFingerprints": print_,
            "properties": _properties(finding, outcome),
        }
        if finding.fix is not None and finding.fix.edits:
            result["fixes"] = [_fix(finding, finding.fix, outcome)]
        if outcome.known is not None:
            # Those that are known are left out.
            result["baselineState"] = "new"
        yield result


def _said(finding: Finding, outcome: Outcome) -> str:
    waiting = outcome.waiting.get(finding)
    hot = [] if waiting is None else said_of(finding, waiting)
    return "\n".join(map(sentence, [*hot, finding.message]))


def _properties(finding: Finding, outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {
        "cause": kind(finding.rule).cause,
        "tier": str(finding.tier),
        "confidence": finding.confidence,
    }
    waiting = outcome.waiting.get(finding)
    if waiting is not None:
        found["waiting"] = {
            "total": waiting.total,
            "here": waiting.here,
            "related": waiting.related,
            "created": waiting.created,
        }
    return found


def _location(path: str, span: Span, function: str = "") -> dict[str, Any]:
    place = {"artifactLocation": artifact(path), "region": _region(span)}
    location: dict[str, Any] = {"physicalLocation": place}
    if function:
        name = {"fullyQualifiedName": printable(function), "kind": "function"}
        location["logicalLocations"] = [name]
    return location


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": max(span.line, 1),
        "startColumn": max(span.column, 1),
        "endLine": max(span.end_line, 1),
        "endColumn": max(span.end_column, 1),
    }


def _fix(finding: Finding, fix: Fix, outcome: Outcome) -> dict[str, Any]:
    source = outcome.texts.source(finding.path)
    replacements = [
        {
            "deletedRegion": _region(source.span(each.start, each.end)),
            "insertedContent": {"text": each.text},
        }
        for each in fix.edits
    ]
    change = {"artifactLocation": artifact(finding.path), "replacements": replacements}
    return {"description": message(sentence(fix.message)), "artifactChanges": [change]}


def _notifications(outcome: Outcome) -> Iterator[dict[str, Any]]:
    for each in outcome.report.problems:
        place: dict[str, Any] = {"artifactLocation": artifact(each.path)}
        if each.line:
            place["region"] = {"startLine": each.line}
        (note,) = notes("warning", [each.message])
        yield {**note, "locations": [{"physicalLocation": place}]}
    for dump in outcome.dumps:
        yield from notes("warning", (f"{dump.source}: {each}" for each in dump.warnings))
    left = len(outcome.findings) - RESULTS_AT_MOST
    if left > 0:
        yield from notes("warning", [f"{many(left, 'more finding')} left out."])
    if outcome.known:
        yield from notes("note", [f"{many(outcome.known, 'finding')} in the baseline left out."])
    gone = [f"{each.rule} in {each.path} is gone." for each in outcome.gone]
    yield from notes("note", gone[:RESULTS_AT_MOST])
