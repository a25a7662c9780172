"""A diagnosis as SARIF 2.1.0, which code scanning reads: an alert at the line, with what to do.

A goroutine has no line in a diff. But the line where it stands is in a file of the project, and
whoever changes that file should know that it has held four thousand requests last Tuesday. What is
told follows what GitHub asks of such files: a place in each result, rules with a help text, a
fingerprint that stays when lines move, and not more than it shows.

Source of the format: OASIS SARIF 2.1.0; of the limits: GitHub's page on SARIF support.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snowshed.doctor._comparison import Standing, fingerprint
from snowshed.doctor._program import whose
from snowshed.doctor._report._uri import uri_of
from snowshed.doctor._report._words import evidence, goroutines, headline, many, printable
from snowshed.doctor.causes import details, told
from snowshed.model import Severity

if TYPE_CHECKING:
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.model import Finding, Frame

__all__ = ["RESULTS_AT_MOST", "sarif"]

RESULTS_AT_MOST = 5000
"""Of a longer file GitHub shows so many, and refuses one with 25,000."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://snowshed.readthedocs.io"
_ROOT = "SRCROOT"
_PARTS = re.compile(r"^([A-Z][A-Za-z ]+):", re.MULTILINE)
_LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
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
        "informationUri": _HOME,
        "rules": [_rule(name, shown) for name in rules],
    }
    invocation = {
        "executionSuccessful": True,
        "toolExecutionNotifications": [*_notifications(diagnosis)],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": _message("The root of the sources.")}},
        "invocations": [invocation],
        "results": [*_results(diagnosis, shown, rules, None if root is None else Path(root))],
        "properties": {"total": diagnosis.total},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


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
        "shortDescription": _message(_sentence(first or name)),
        "fullDescription": _message(_sentence(why or name)),
        "help": {"text": help_ or name, "markdown": _PARTS.sub(r"**\1:**", help_ or name)},
        "helpUri": f"{_HOME}/en/latest/reference/doctor.html",
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": [str(example.cause), "concurrency"]},
    }


def _results(
    diagnosis: Diagnosis, shown: Sequence[Finding], rules: Sequence[str], root: Path | None
) -> Iterator[dict[str, Any]]:
    prints = _fingerprints(shown)
    for finding, print_ in zip(shown, prints, strict=True):
        result: dict[str, Any] = {
            "ruleId": finding.detail,
            "ruleIndex": rules.index(finding.detail),
            "level": _LEVELS[finding.severity],
            "rank": round(100 * finding.confidence, 1),
            "message": _message(_said(finding)),
            "locations": [_location(_visible(finding), root)],
            "relatedLocations": [*_related(finding, root)],
            "partialFingerprints": {"primaryLocationLineHash": print_, "snowshed/v1": print_},
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
    lines = [_sentence(f"{name}: {'; '.join(said)}") for name, said in parts if said]
    return "\n".join([head, *lines])


def _sentence(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _message(text: str) -> dict[str, str]:
    # A bracket before a parenthesis would be a link, and names of functions have both.
    lines = (printable(line) for line in text.splitlines())
    return {"text": "\n".join(lines).replace("](", "] (")}


def _visible(finding: Finding) -> Frame:
    """Return a place of the program, if there is one: nobody is shown one of a library.

    Else one that has a file: a result without is refused.
    """
    places = [finding.at, finding.created_by, *(each.at for each in finding.related)]
    shown = [each for each in places if each is not None and each.file]
    # Of equal ones `max` returns the first.
    return max(shown, key=whose, default=finding.at)


def _location(frame: Frame, root: Path | None) -> dict[str, Any]:
    uri, is_relative = uri_of(frame, root)
    artifact = {"uri": uri, **({"uriBaseId": _ROOT} if is_relative else {})}
    region = {"startLine": max(frame.line, 1)}
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": artifact, "region": region}
    }
    if frame.function:
        name = {"fullyQualifiedName": printable(frame.function), "kind": "function"}
        location["logicalLocations"] = [name]
    return location


def _related(finding: Finding, root: Path | None) -> Iterator[dict[str, Any]]:
    places = [] if finding.created_by is None else [(finding.created_by, "they are created here")]
    places += [(each.at, each.message) for each in finding.related]
    for number, (frame, message) in enumerate(places, start=1):
        if frame.file:
            yield {"id": number, **_location(frame, root), "message": _message(message)}


def _fingerprints(findings: Sequence[Finding]) -> list[str]:
    """Return a fingerprint of each, which stays when lines move.

    Several that are alike, in one function, are numbered in the order of their lines.
    """
    import hashlib  # noqa: PLC0415 - loads a library for cryptography, which most reports do not need

    order = sorted(range(len(findings)), key=lambda index: findings[index].at.line)
    seen: Counter[str] = Counter()
    found = [""] * len(findings)
    for index in order:
        parts = (part or "" for part in fingerprint(findings[index]))
        digest = hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]
        seen[digest] += 1
        found[index] = f"{digest}:{seen[digest]}"
    return found


def _notifications(diagnosis: Diagnosis) -> Iterator[dict[str, Any]]:
    worst = headline(diagnosis.requests)
    if worst:
        yield {"level": "warning", "message": _message(_sentence(worst))}
    for warning in diagnosis.warnings:
        yield {"level": "warning", "message": _message(warning)}
    left = len(diagnosis.findings) - RESULTS_AT_MOST
    if left > 0:
        said = f"{many(left, 'more finding')} left out, the least severe."
        yield {"level": "warning", "message": _message(said)}
    for rule, count in diagnosis.ignored:
        said = f"{many(count, 'finding', 'nothing')} ignored by {rule}."
        yield {"level": "note", "message": _message(said)}
    for gone in () if diagnosis.baseline is None else diagnosis.baseline.gone[:RESULTS_AT_MOST]:
        said = f"{gone.fingerprint.detail} in {gone.fingerprint.function} is gone."
        yield {"level": "note", "message": _message(said)}
