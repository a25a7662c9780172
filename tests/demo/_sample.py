"""A small comparison, made by hand: every fate that a request can have occurs in it."""

from __future__ import annotations

from snowshed.demo._model import Comparison, Findings, Outcome, Plan, RunResult, Sample

PLAN = Plan(seconds=4.0, flood_from=1.0, flood_until=2.0, light_rate=2.0, heavy_rate=1.0)

BARE = RunResult(
    "bare",
    ("/usr/bin/python", "-m", "uvicorn", "--app-dir", "/demo", "shop:app", "--port", "1"),
    (
        Outcome(0.1, "light", 0.020, 0.001, 200),
        Outcome(0.9, "light", 0.250, 0.001, 200),
        Outcome(1.0, "heavy", 3.000, 0.001, 200),
        Outcome(1.2, "light", 0.900, 0.001, 200),
        Outcome(1.4, "light", 2.001, 0.001, None, "timeout"),
        Outcome(1.6, "light", 0.010, 0.001, None, "connection"),
        Outcome(1.8, "light", 0.030, 0.002, 500),
        Outcome(3.5, "light", 0.040, 0.001, 200),
    ),
    (Sample(0.5, 10, 2**20 * 40, 3), Sample(1.5, 900, 2**20 * 64, 500), Sample(5.0, 7, 1, 500)),
)

GUARDED = RunResult(
    "snowshed <&>",
    (
        *("/usr/bin/python", "-m", "snowshed", "run", "--mode", "enforce", "--budget", "50", "--"),
        *("/usr/bin/python", "-m", "uvicorn", "--app-dir", "/demo", "shop:app", "--port", "2"),
    ),
    (
        Outcome(0.1, "light", 0.020, 0.001, 200),
        Outcome(1.0, "heavy", 0.030, 0.001, 503),
        Outcome(1.2, "light", 0.025, 0.001, 200),
        Outcome(1.4, "light", 0.002, 0.001, 503),
    ),
    (Sample(0.5, 10, 2**20 * 40, 3), Sample(1.5, 60, 2**20 * 41, 50)),
    ("snowshed: <report> over budget",),
)

COMPARISON = Comparison(PLAN, (BARE, GUARDED))

OVERLOADED = Plan(1.0, 0.0, 1.0, light_rate=350.0, heavy_rate=0.0)

FINDINGS = Findings(
    COMPARISON,
    Comparison(
        OVERLOADED,
        (
            RunResult("bare", BARE.command, (Outcome(0.5, "light", 0.1, 0.0, 200),), ()),
            RunResult("snowshed", GUARDED.command, (Outcome(0.5, "light", 0.9, 0.0, 200),), ()),
        ),
    ),
)
