"""For programs: the names of the fields stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snowshed.lint._report._words import kind

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Fix, Span
    from snowshed.lint._joined import Waiting
    from snowshed.lint._outcome import Outcome

__all__ = ["document", "dumps_of"]


def document(outcome: Outcome) -> dict[str, Any]:
    """Return what is told as what JSON has."""
    report = outcome.report
    found: dict[str, Any] = {
        "schema": 1,
        "findings": [_finding(each, outcome) for each in outcome.findings],
        "problems": [
            {"path": each.path, "line": each.line, "message": each.message}
            for each in report.problems
        ],
        "counts": {
            "files": report.files,
            "lines": report.lines,
            "findings": len(outcome.findings),
            "advice": outcome.advice,
            "suppressed": report.suppressed,
            "ignored": report.ignored,
            "generated": report.generated,
            "unread": report.unread,
        },
    }
    if outcome.known is not None:
        gone = [{**each._asdict(), "count": count} for each, count in outcome.gone.items()]
        found["baseline"] = {"known": outcome.known, "gone": gone}
    if outcome.dumps:
        found["counts"]["waiting"] = outcome.joined.total
        found["dumps"] = dumps_of(outcome)
    return found


def dumps_of(outcome: Outcome) -> list[dict[str, Any]]:
    """Return what is told of each dump."""
    return [
        {
            "source": each.source,
            "tasks": each.total,
            "looked_at": inside,
            "warnings": list(each.warnings),
        }
        for each, inside in zip(outcome.dumps, outcome.joined.inside, strict=True)
    ]


def _finding(finding: Finding, outcome: Outcome) -> dict[str, Any]:
    of = kind(finding.rule)
    told: dict[str, Any] = {
        "rule": of.id,
        "name": of.name,
        "cause": of.cause,
        "tier": str(finding.tier),
        "severity": str(of.severity),
        "confidence": finding.confidence,
        "path": finding.path,
        **_span(finding.span),
        "function": finding.function,
        "message": finding.message,
        "related": [
            {"path": each.path, **_span(each.span), "message": each.message}
            for each in finding.related
        ],
        "fix": None if finding.fix is None else _fix(finding, finding.fix, outcome),
    }
    if outcome.dumps:
        waiting = outcome.waiting.get(finding)
        told["waiting"] = None if waiting is None else _waiting(waiting)
    return told


def _span(span: Span) -> dict[str, int]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _fix(finding: Finding, fix: Fix, outcome: Outcome) -> dict[str, Any]:
    source = outcome.texts.source(finding.path)
    edits = [{**_span(source.span(each.start, each.end)), "text": each.text} for each in fix.edits]
    return {"message": fix.message, "safe": fix.safe, "edits": edits}


def _waiting(waiting: Waiting) -> dict[str, Any]:
    return {
        "total": waiting.total,
        "here": waiting.here,
        "related": waiting.related,
        "created": waiting.created,
        "state": waiting.state,
        "lines": [{"line": line, "count": count} for line, count in waiting.lines],
    }
