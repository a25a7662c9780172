"""A diagnosis for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from snowshed.doctor._comparison import Standing

if TYPE_CHECKING:
    from snowshed.doctor._comparison import Gone
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.model import Finding, Frame, RequestsOver

__all__ = ["document"]


def document(diagnosis: Diagnosis) -> Mapping[str, Any]:
    """Return ``diagnosis`` as what JSON has; the names of the fields stay."""
    found: dict[str, Any] = {
        "total": diagnosis.total,
        "findings": [_finding(each) for each in diagnosis.findings],
        "warnings": list(diagnosis.warnings),
        "ignored": dict(diagnosis.ignored),
        "requests": None if diagnosis.requests is None else _requests(diagnosis.requests),
    }
    if diagnosis.baseline is not None:
        for told, each in zip(found["findings"], diagnosis.findings, strict=True):
            told["baseline"] = str(diagnosis.baseline.changes[each].standing)
        counts = Counter(told["baseline"] for told in found["findings"])
        gone = [_gone(each) for each in diagnosis.baseline.gone]
        found["baseline"] = {**{str(each): counts[each] for each in Standing}, "gone": gone}
    return found


def _requests(requests: RequestsOver) -> dict[str, Any]:
    return {
        "budget": requests.budget,
        "seen": requests.seen,
        "over": requests.over,
        "worst": [
            {
                "goroutine": each.id,
                "request": each.name,
                "count": each.count,
                "ended": each.gone,
                **_place(each.at),
            }
            for each in requests.worst
        ],
    }


def _gone(gone: Gone) -> dict[str, Any]:
    detail, function, created_by = gone.fingerprint
    return {
        "detail": detail,
        "severity": str(gone.severity),
        "count": gone.count,
        "function": function,
        "file": gone.file,
        "line": gone.line,
        "created_by": None if created_by is None else {"function": created_by},
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "cause": str(finding.cause),
        "detail": finding.detail,
        "severity": str(finding.severity),
        "confidence": finding.confidence,
        "count": finding.count,
        "state": finding.state,
        **_place(finding.at),
        "created_by": None if finding.created_by is None else _place(finding.created_by),
        "related": [
            {"file": each.at.file, "line": each.at.line, "message": each.message}
            for each in finding.related
        ],
        "evidence": list(finding.evidence),
        "against": list(finding.against),
        "why": finding.why,
        "advice": finding.advice,
        "goroutines": list(finding.goroutines),
    }


def _place(frame: Frame) -> dict[str, Any]:
    return {"function": frame.function, "file": frame.file, "line": frame.line}
