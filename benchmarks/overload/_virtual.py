"""Every case under a virtual clock, and what a decision costs: the part that takes two minutes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks._pythons import HOUSE
from benchmarks.overload._controllers import CONTROLLERS
from benchmarks.overload._decision import decision_us
from benchmarks.overload._scenarios import Case, cases
from benchmarks.overload._simulate import SIMULATED, simulate
from benchmarks.overload._table import SCHEMA, commit, number

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.overload._measures import Row

RESULTS = HOUSE / "benchmarks" / "results" / "overload-virtual.json"
DECISION = 10.0
"""Microseconds that a decision may take."""


def simulated() -> dict[str, Any]:
    """Return what is written for programs."""
    return {
        "schema": SCHEMA,
        "commit": commit(),
        "decision_us": decision_us(),
        "rows": [simulate(case, name) for case in _queues() for name in SIMULATED],
    }


def write(results: dict[str, Any], file: Path = RESULTS) -> None:
    """Write the results, a row a line."""
    rows = ",\n".join(f"  {json.dumps(row)}" for row in results["rows"])
    head = json.dumps({**results, "rows": None}, indent=1).removesuffix("null\n}")
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{head}[\n{rows}\n ]\n}}\n", encoding="utf-8")


def read(file: Path = RESULTS) -> dict[str, Any]:
    """Return what `write` wrote."""
    results: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return results


def table(results: dict[str, Any]) -> list[list[str]]:
    """Return the goodput of each controller in each case, a heading first."""
    found = {_key(row): row for row in results["rows"]}
    queues = _queues()
    heading = ["", *(f"{case.scenario.name} {case.load:g}x" for case in queues)]
    lines = [
        [CONTROLLERS[name].says, *(_goodput(found.get((*_of(case), name))) for case in queues)]
        for name in SIMULATED
    ]
    return [heading, *lines]


def decision(results: dict[str, Any]) -> str:
    """Return what a decision costs, as a sentence."""
    spent = results["decision_us"]
    return (
        f"A request that is let in costs {spent['admitted']:.1f} us of the processor to decide, "
        f"and {spent['ended']:.1f} us to learn from when it ends; one that is refused costs "
        f"{spent['refused']:.1f} us (goal: {DECISION:g} us for a decision)."
    )


def _queues() -> list[Case]:
    """Return the cases that are about queueing: what sockets and services in a row do is not."""
    return [case for case in cases() if case.scenario.name not in {"parked", "hops"}]


def _of(case: Case) -> tuple[str, float]:
    return case.scenario.name, case.load


def _key(row: Row) -> tuple[str, float, str]:
    return row["scenario"], row["load"], row["controller"]


def _goodput(row: Row | None) -> str:
    return "" if row is None else number(row["goodput_ratio"], 2)
