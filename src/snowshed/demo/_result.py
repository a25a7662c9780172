"""The findings as JSON: every figure, and everything that it was computed from."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from snowshed.demo._measure import seconds_of, summarize

if TYPE_CHECKING:
    from snowshed.demo._model import Comparison, Findings, Plan, RunResult

SCHEMA = 1


def to_json(findings: Findings) -> str:
    """Return the document; its layout changes only together with ``"schema"``."""
    document = {
        "schema": SCHEMA,
        "flood": _comparison(findings.flood),
        "overload": _comparison(findings.overload),
        "idle": _comparison(findings.idle),
    }
    return json.dumps(document, indent=1) + "\n"


def _comparison(comparison: Comparison) -> dict[str, Any]:
    runs = [_run(comparison.plan, run) for run in comparison.runs]
    return {"plan": asdict(comparison.plan), "runs": runs}


def _run(plan: Plan, run: RunResult) -> dict[str, Any]:
    return {
        "name": run.name,
        "command": run.command,
        "summary": asdict(summarize(plan, run)),
        "seconds": [asdict(second) for second in seconds_of(plan, run)],
        "printed": run.printed,
        "samples": [asdict(sample) for sample in run.samples],
        "outcomes": [asdict(outcome) for outcome in run.outcomes],
    }
