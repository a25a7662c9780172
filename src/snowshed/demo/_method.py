"""How the figures were measured, in sentences; the report ends with them.

Whoever doubts a benchmark asks these questions first.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from snowshed.demo import _format
from snowshed.demo._measure import summarize
from snowshed.demo._schedule import SPARE

if TYPE_CHECKING:
    from snowshed.demo._model import Comparison, Findings, Plan


_GAUGES = (
    "Live tasks and memory are read every 100 ms by a thread of the shop, in all runs alike; a "
    "peak between two samples is not seen. The lookups of one request are counted exactly."
)
_DATABASE = (
    "The shop's database is a part of its process: 16 connections, 20 ms for each lookup, first "
    "come, first served. So is the carrier of the uniform flood: 5 connections, 100 ms each."
)
_LEARNING = (
    "snowshed has not been run before against this shop. What it let through while it learned is "
    "part of the figures."
)


def method(findings: Findings) -> tuple[str, ...]:
    """Return the sentences, one matter each."""
    return (
        _runs(findings),
        _load(findings.flood),
        _latency(findings),
        _timeouts(findings.flood),
        _GAUGES,
        _DATABASE,
        _limit(findings.overload.plan),
        _LEARNING,
    )


def _runs(findings: Findings) -> str:
    flood, overload = findings.flood.plan, findings.overload.plan
    return (
        f"Two runs of {flood.seconds:g} s for the flood, then three of {overload.seconds:g} s for "
        f"the uniform one and two of {findings.idle.plan.seconds:g} s with idle connections, one "
        "after the other, each on a new process, on Python "
        f"{platform.python_version()}, {platform.system()} {platform.machine()}."
    )


def _limit(plan: Plan) -> str:
    return (
        f"The limit of uvicorn, {plan.concurrency}, is what fits the carrier: as many requests as "
        f"it answers within {SPARE:.0%} of {_format.duration(plan.objective)}, and the one that "
        "asks. A lower one would leave the carrier idle at times, a higher one makes answers late."
    )


def _load(comparison: Comparison) -> str:
    return (
        f"Open loop: the arrivals are drawn before the run (seed {comparison.plan.seed}), are the "
        "same for all, and do not wait for answers. The generator is a process of its own."
    )


def _latency(findings: Findings) -> str:
    late = ", ".join(_late(findings.flood) + _late(findings.overload))
    return (
        "Latency counts from the planned moment of a request, so a late generator would show. 99 % "
        f"were sent within this time of their moment: {late}."
    )


def _late(comparison: Comparison) -> list[str]:
    late = [(run, summarize(comparison.plan, run).generator_late) for run in comparison.runs]
    return [f"{_format.duration(seconds)} ({run.name})" for run, seconds in late]


def _timeouts(comparison: Comparison) -> str:
    light, heavy = comparison.plan.light_timeout, comparison.plan.heavy_timeout
    return (
        f"A light client gives up after {_format.duration(light)}, a heavy one after "
        f"{_format.duration(heavy)}. Who gave up counts in the percentiles with the time spent "
        "waiting; who was refused counts as an error only."
    )
