"""A diagnosis as SARIF 2.1.0, which code scanning reads: an alert at the line, with what to do.

A goroutine has no line in a diff. But the line where it stands is in a file of the project, and
whoever changes that file should know that it has held four thousand requests last Tuesday. What is
told follows what GitHub asks of such files: a place in each result, rules with a help text, a
fingerprint that stays when lines move, and not more than it shows.

What any SARIF must look like is in `snowshed.formats.sarif`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snowshed._many import many
from snowshed.doctor._comparison import Standing, fingerprint
from snowshed.doctor._program import whose
from snowshed.doctor._report._project import path_of
from snowshed.doctor._report._words import evidence, goroutines, headline, printable
from snowshed.doctor.causes import details, told
from snowshed.formats.sarif import (
    HOME,
    LEVELS,
    RESULTS_AT_MOST,
    artifact,
    fingerprints,
    log,
    message,
    notes,
    sentence,
)

if TYPE_CHECKING:
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.model import Finding, Frame

__all__ = ["sarif"]

_PARTS = re.compile(r"^([A-Z][A-Za-z ]+):", re.MULTILINE)
_STATES = {Standing.KNOWN: "unchanged", Standing.NEW: "new", Standing.WORSE: "updated"}


def sarif(diagnosis: Diagnosis, *, version: str, root: str | None = None) -> Mapping[str, Any]:
    """Return ``diagnosis`` as what the JSON of SARIF has.

    Args:
        diagnosis: what was found.
        version: of this program.
        root: folder in which the sources of the service are. A file that is there is told by its
            path below it, wherever the service was built; None: none is looked for.
    """
    shown = diagnosis.findings[:RESULTS_AT_MOST]
    rules = sorted({each.detail for each in shown})
    driver = {
        "name": "snowshed doctor",
        "semanticVersion": version,
        "informationUri": HOME,
        "rules": [_rule(name, shown) for name in rules],
    }
    return log(
        driver,
        _results(diagnosis, shown, rules, None if root is None else Path(root)),
        notifications=_notifications(diagnosis),
        properties={"total": diagnosis.total},
    )


def _rule(name: str, findings: Sequence[Finding]) -> dict[str, Any]:
    detail = details().get(name)
    example = next(each for each in findings if each.detail == name)
    if detail is None:
        first, help_, why = name, example.advice, example.why
    else:
        said = told(name)
        first = said.partition("\n\n")[0].partition(": ")[2]
        advice = [f"In Go: {detail.go}.", *([f"In Python: {detail.python}."] * bool(detail.python))]
        help_, why = "\n\n".join([said, *advice]), detail.why
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": message(sentence(first or name)),
        "fullDescription": message(sentence(why or name)),
        "help": {"text": help_ or name, "markdown": _PARTS.sub(r"**\1:**", help_ or name)},
        "helpUri": f"{HOME}/en/latest/reference/doctor.html",
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": [str(example.cause), "concurrency"]},
    }


def _results(
    diagnosis: Diagnosis, shown: Sequence[Finding], rules: Sequence[str], root: Path | None
) -> Iterator[dict[str, Any]]:
    prints = fingerprints(
        [([part or "" for part in fingerprint(each)], each.at.line) for each in shown]
    )
    for finding, print_ in zip(shown, prints, strict=True):
        result: dict[str, Any] = {
            "ruleId": finding.detail,
            "ruleIndex": rules.index(finding.detail),
            "level": LEVELS[finding.severity],
            "rank": round(100 * finding.confidence, 1),
            "message": message(_said(finding)),
            "locations": [_location(_visible(finding), root)],
            "relatedLocations": [*_related(finding, root)],
            "partialFingerprints": print_,
            "properties": {
                "cause": str(finding.cause),
                "count": finding.count,
                "confidence": finding.confidence,
                "state": finding.state,
                "evidence": [*finding.evidence],
                "against": [*finding.against],
                "goroutines": [*finding.goroutines],
            },
        }
        if diagnosis.baseline is not None:
            result["baselineState"] = _STATES[diagnosis.baseline.changes[finding].standing]
        yield result


def _said(finding: Finding) -> str:
    who = f"{goroutines(finding.count, finding.at.file)} in {printable(finding.state)!r}"
    head = f"{who}: {finding.detail}, {finding.severity}."
    parts = [
        ("Seen", evidence(finding)),
        ("Why", [finding.why] if finding.why else []),
        ("Against", finding.against),
        ("Do", [finding.advice] if finding.advice else []),
    ]
    lines = [sentence(f"{name}: {'; '.join(said)}") for name, said in parts if said]
    return "\n".join([head, *lines])


def _visible(finding: Finding) -> Frame:
    """Return a place of the program, if there is one: nobody is shown one of a library.

    Else one that has a file: a result without is refused.
    """
    places = [finding.at, finding.created_by, *(each.at for each in finding.related)]
    shown = [each for each in places if each is not None and each.file]
    # Of equal ones `max` returns the first.
    return max(shown, key=whose, default=finding.at)


def _location(frame: Frame, root: Path | None) -> dict[str, Any]:
    region = {"startLine": max(frame.line, 1)}
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": artifact(path_of(frame, root)), "region": region}
    }
    if frame.function:
        name = {"fullyQualifiedName": printable(frame.function), "kind": "function"}
        location["logicalLocations"] = [name]
    return location


def _related(finding: Finding, root: Path | None) -> Iterator[dict[str, Any]]:
    places = [] if finding.created_by is None else [(finding.created_by, "they are created here")]
    places += [(each.at, each.message) for each in finding.related]
    for number, (frame, said) in enumerate(places, start=1):
        if frame.file:
            yield {"id": number, **_location(frame, root), "message": message(said)}


def _notifications(diagnosis: Diagnosis) -> Iterator[dict[str, Any]]:
    worst = headline(diagnosis.requests)
    yield from notes("warning", [sentence(worst)] if worst else [])
    yield from notes("warning", diagnosis.warnings)
    left = len(diagnosis.findings) - RESULTS_AT_MOST
    if left > 0:
        yield from notes("warning", [f"{many(left, 'more finding')} left out, the least severe."])
    yield from notes(
        "note",
        (
            f"{many(count, 'finding', 'nothing')} ignored by {rule}."
            for rule, count in diagnosis.ignored
        ),
    )
    gone = () if diagnosis.baseline is None else diagnosis.baseline.gone[:RESULTS_AT_MOST]
    prints = (each.fingerprint for each in gone)
    yield from notes("note", (f"{each.detail} in {each.function} is gone." for each in prints))
