"""What came out, in sentences that are computed from what was measured, whatever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.demo import _format
from snowshed.demo._measure import LoadSummary, RunSummary, rate_in_flood, summarize
from snowshed.demo._rows import errors
from snowshed.demo._ways import BARE, GUARDED, LIMITED

if TYPE_CHECKING:
    from snowshed.demo._model import Comparison, Findings

_LEVEL = 0.05
"""Two rates that differ by less than this share of the larger one are called the same."""


def headline(flood: Comparison) -> str:
    """Say in one sentence what came out of the flood."""
    plan = flood.plan
    bare, guarded = (summarize(plan, run).light_in_flood for run in flood.runs)
    return (
        f"During the flood, {_format.share(bare.good, bare.sent)} of the light requests were "
        f"answered within {_format.duration(plan.objective)} by the bare service, and "
        f"{_format.share(guarded.good, guarded.sent)} by the same service under snowshed."
    )


def price(flood: Comparison) -> str:
    """Say what the heavy requests paid, in both runs."""
    bare, guarded = (summarize(flood.plan, run).heavy for run in flood.runs)
    return (
        f"Heavy requests answered: {bare.answered} of {bare.sent} by the bare service (errors: "
        f"{errors(bare)}), {guarded.answered} of {guarded.sent} under snowshed (errors: "
        f"{errors(guarded)}). "
        "A budget refuses the request that floods; it does not make it cheap. The cure is a bound "
        "in the code, TaskScope.map(fetch, items, limit=20): the same rows, twenty at a time."
    )


def overload_headline(overload: Comparison) -> str:
    """Say in one sentence what came out of the uniform flood."""
    plan, runs = overload.plan, _by_name(overload)
    of = {name: _format.rate(run.light_in_flood.goodput) for name, run in runs.items()}
    return (
        f"Of {rate_in_flood(plan):g} ordinary requests per second, where "
        f"{plan.capacity:g} can be answered, the bare service answered {of[BARE]} within "
        f"{_format.duration(plan.objective)}; with a limit of uvicorn's that was computed to fit, "
        f"{of[LIMITED]}; under snowshed, {of[GUARDED]}."
    )


def comparison_of_limits(overload: Comparison) -> str:
    """Say how the two limits compare, during the flood and when it has lasted a while."""
    plan, runs = overload.plan, _by_name(overload)
    limited, guarded = runs[LIMITED], runs[GUARDED]
    learned = guarded.light_in_flood
    return (
        f"In the whole flood snowshed answered {_against(guarded, limited, settled=False)} in time "
        "as the limit of uvicorn did, and in its second half "
        f"{_against(guarded, limited, settled=True)}. "
        f"Of those that snowshed let in, {_late(learned)} of {learned.answered:,} were answered "
        f"late, of those that uvicorn let in {_late(limited.light_in_flood)} of "
        f"{limited.light_in_flood.answered:,}. snowshed was told the objective, and had to learn "
        f"the rest in the run. The limit, {plan.concurrency}, was computed from what only the "
        f"makers of this demo know: how many questions the carrier answers per second. It does not "
        "change when the carrier does."
    )


def idle_words(idle: Comparison) -> str:
    """Say what idle connections did to each of the limits."""
    plan, runs = idle.plan, _by_name(idle)
    limited, guarded = runs[LIMITED].light, runs[GUARDED].light
    return (
        f"uvicorn counts connections, and not only those that ask something. With {plan.idle} idle "
        f"ones and {plan.light_rate:g} requests per second, where {plan.capacity:g} can be "
        f"answered, its limit let {_answered(limited)} be answered in time, and snowshed "
        f"{_answered(guarded)}."
    )


def conclusions(findings: Findings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is said of the flood, and what of the uniform one; the headline comes first."""
    overload = findings.overload
    return (
        (headline(findings.flood), price(findings.flood)),
        (overload_headline(overload), comparison_of_limits(overload), idle_words(findings.idle)),
    )


def _by_name(comparison: Comparison) -> dict[str, RunSummary]:
    return {run.name: summarize(comparison.plan, run) for run in comparison.runs}


def _against(guarded: RunSummary, limited: RunSummary, *, settled: bool) -> str:
    ours, theirs = (
        (run.light_settled if settled else run.light_in_flood).goodput for run in (guarded, limited)
    )
    if abs(ours - theirs) <= _LEVEL * max(ours, theirs):
        return "as many requests"
    return f"{100 * ours / theirs:.0f} % as many requests" if theirs else "more requests"


def _late(load: LoadSummary) -> str:
    return f"{load.answered - load.good:,}"


def _answered(load: LoadSummary) -> str:
    return f"{load.good:,} of {load.sent:,}"
