"""Small comparisons, made by hand: every fate that a request can have occurs in them."""

from __future__ import annotations

from dataclasses import replace

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

OVERLOADED = Plan(
    seconds=4.0,
    flood_from=1.0,
    flood_until=3.0,
    light_rate=1.0,
    heavy_rate=0.0,
    surge_rate=3.0,
    path="/shipping",
    objective=0.5,
    capacity=2.0,
    concurrency=7,
)
IDLE = replace(OVERLOADED, idle=6, light_rate=1.5, surge_rate=0.0, seconds=1.0)


def overloaded(name: str, *ends: tuple[float, float, int | None]) -> RunResult:
    """Return a run with an outcome for each planned moment, latency and status."""
    command = {"uvicorn's limit": (*BARE.command, "--limit-concurrency", "7")}
    guarded = tuple(
        {"--budget": "--objective", "50": "0.5"}.get(word, word) for word in GUARDED.command
    )
    return RunResult(
        name,
        guarded if name == "snowshed" else command.get(name, BARE.command),
        tuple(
            Outcome(at, "light", latency, 0.001, status, "timeout" if status is None else None)
            for at, latency, status in ends
        ),
        (Sample(1.5, len(ends) * 10, 2**20 * 40, 1),),
    )


OVERLOAD = Comparison(
    OVERLOADED,
    (
        overloaded("bare", (0.5, 0.1, 200), (1.5, 0.4, 200), (2.5, 2.0, None), (3.5, 2.0, None)),
        overloaded(
            "uvicorn's limit", (0.5, 0.1, 200), (1.5, 0.4, 200), (1.6, 0.2, 200), (2.5, 0.01, 503)
        ),
        overloaded(
            "snowshed",
            *((0.5, 0.1, 200), (1.5, 0.9, 200), (1.6, 0.02, 503), (2.5, 0.4, 200)),
            (3.5, 0.1, 200),
        ),
    ),
)

FINDINGS = Findings(
    COMPARISON,
    OVERLOAD,
    Comparison(
        IDLE,
        (
            overloaded("uvicorn's limit", (0.2, 0.01, 503), (0.6, 0.01, 503)),
            overloaded("snowshed", (0.2, 0.1, 200), (0.6, 0.1, 200)),
        ),
    ),
)
