"""How the figures were measured, in sentences; the report ends with them.

Whoever doubts a benchmark asks these questions first.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from snowshed.demo import _format
from snowshed.demo._measure import summarize

if TYPE_CHECKING:
    from snowshed.demo._model import Comparison, Findings


_GAUGES = (
    "Live tasks and memory are read every 100 ms by a thread of the shop, in both runs alike; a "
    "peak between two samples is not seen. The lookups of one request are counted exactly."
)
_DATABASE = (
    "The shop's database is a part of its process: 16 connections, 20 ms for each lookup, first "
    "come, first served."
)


def method(findings: Findings) -> tuple[str, ...]:
    """Return the sentences, one matter each."""
    return (
        _runs(findings),
        _load(findings.flood),
        _latency(findings.flood),
        _timeouts(findings.flood),
        _GAUGES,
        _DATABASE,
    )


def _runs(findings: Findings) -> str:
    flood, overload = findings.flood.plan, findings.overload.plan
    return (
        f"Two runs of {flood.seconds:g} s for the flood, then two of {overload.seconds:g} s for "
        "the uniform overload, one after the other, each on a new process, on Python "
        f"{platform.python_version()}, {platform.system()} {platform.machine()}."
    )


def _load(comparison: Comparison) -> str:
    return (
        f"Open loop: the arrivals are drawn before the run (seed {comparison.plan.seed}), are the "
        "same for both, and do not wait for answers. The generator is a process of its own."
    )


def _latency(comparison: Comparison) -> str:
    late = (summarize(comparison.plan, run).generator_late for run in comparison.runs)
    bare, guarded = (_format.duration(value) for value in late)
    return (
        "Latency counts from the planned moment of a request, so a late generator would show. 99 % "
        f"were sent within {bare} of their moment in the bare run, {guarded} under snowshed."
    )


def _timeouts(comparison: Comparison) -> str:
    light, heavy = comparison.plan.light_timeout, comparison.plan.heavy_timeout
    return (
        f"A light client gives up after {_format.duration(light)}, a heavy one after "
        f"{_format.duration(heavy)}. Who gave up counts in the percentiles with the time spent "
        "waiting; who was refused counts as an error only."
    )
