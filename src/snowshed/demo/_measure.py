"""From what was measured to what is said about it: pure functions over outcomes and samples.

Every figure in the table, the report, the picture and the JSON comes from here, so they agree.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from snowshed.demo._notes import logged_peak

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from snowshed.demo._model import Outcome, Plan, RunResult

Verdict = Literal["ok", "503", "5xx", "other", "timeout", "connection"]
"""What became of a request: an answer (2xx), a refusal, another status, or no answer at all."""

ERRORS: tuple[Verdict, ...] = ("503", "5xx", "other", "timeout", "connection")


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """Requests of one kind, planned within one window of time.

    Attributes:
        sent: how many were planned, and sent.
        answered: how many got a 2xx.
        good: how many got a 2xx within the objective.
        goodput: good ones per second of the window.
        p50: median latency of those answered or timed out; None when there were none.
        p99: the same, 99th percentile.
        refused_p99: 99th percentile of the time until a refusal; None when nobody was refused.
        errors: how many failed, by kind.
    """

    sent: int
    answered: int
    good: int
    goodput: float
    p50: float | None
    p99: float | None
    refused_p99: float | None
    errors: dict[Verdict, int]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The figures of one run.

    Attributes:
        light: light requests of the whole run.
        light_in_flood: those planned while the flood lasted.
        light_settled: those planned in the second half of the flood.
        light_after: those planned after it.
        heavy: heavy requests.
        peak_tasks: most live tasks in any sample; None without samples.
        peak_lookups: most lookups that one request had in flight; exact, counted by the shop.
        peak_rss: most resident bytes in any sample; None where the platform does not tell.
        logged_peak: most live tasks of one request, as snowshed logged it; None in the bare run.
        generator_late: 99th percentile of the generator's own delay, in seconds.
    """

    light: LoadSummary
    light_in_flood: LoadSummary
    light_settled: LoadSummary
    light_after: LoadSummary
    heavy: LoadSummary
    peak_tasks: int | None
    peak_lookups: int | None
    peak_rss: int | None
    logged_peak: int | None
    generator_late: float | None


@dataclass(frozen=True, slots=True)
class Second:
    """Light requests planned in one second of a run."""

    at: int
    sent: int
    good: int


def verdict(outcome: Outcome) -> Verdict:
    """Say what became of a request."""
    if outcome.failure is not None:
        return outcome.failure
    match outcome.status:
        case 503:
            return "503"
        case int(status) if 200 <= status < 300:
            return "ok"
        case int(status) if status >= 500:
            return "5xx"
        case _:
            return "other"


def rate_in_flood(plan: Plan) -> float:
    """Return how many light requests per second come while the flood lasts."""
    return plan.light_rate + plan.surge_rate


def is_good(outcome: Outcome, objective: float) -> bool:
    """Tell whether a request was answered within the objective."""
    return verdict(outcome) == "ok" and outcome.latency <= objective


def percentile(values: Iterable[float], percent: float) -> float | None:
    """Return the smallest value that ``percent`` % of the values do not exceed (nearest rank).

    Always a value that was measured, never one between two; None when there are no values.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    rank = math.ceil(percent / 100 * len(ordered))
    return ordered[max(rank, 1) - 1]


def summarize_load(outcomes: Sequence[Outcome], objective: float, seconds: float) -> LoadSummary:
    """Sum up ``outcomes``, which were planned within a window of ``seconds``.

    A request that timed out counts in the percentiles with the time that its client had waited:
    leaving it out would make the worst service look the fastest. A refusal or a reset is no
    latency; it counts as an error.
    """
    kinds = Counter(map(verdict, outcomes))
    good = sum(is_good(outcome, objective) for outcome in outcomes)
    waits = [outcome.latency for outcome in outcomes if verdict(outcome) in ("ok", "timeout")]
    return LoadSummary(
        sent=len(outcomes),
        answered=kinds["ok"],
        good=good,
        goodput=good / seconds if seconds > 0 else 0.0,
        p50=percentile(waits, 50),
        p99=percentile(waits, 99),
        refused_p99=percentile((o.latency for o in outcomes if verdict(o) == "503"), 99),
        errors={kind: kinds[kind] for kind in ERRORS if kinds[kind]},
    )


def summarize(plan: Plan, run: RunResult) -> RunSummary:
    """Return the figures of a run."""
    light = [outcome for outcome in run.outcomes if outcome.kind == "light"]
    heavy = [outcome for outcome in run.outcomes if outcome.kind == "heavy"]
    half = (plan.flood_from + plan.flood_until) / 2
    return RunSummary(
        light=_between(plan, light, 0.0, plan.seconds),
        light_in_flood=_between(plan, light, plan.flood_from, plan.flood_until),
        light_settled=_between(plan, light, half, plan.flood_until),
        light_after=_between(plan, light, plan.flood_until, plan.seconds),
        heavy=summarize_load(heavy, plan.heavy_timeout, plan.flood_until - plan.flood_from),
        peak_tasks=max((sample.tasks for sample in run.samples), default=None),
        peak_lookups=max((sample.request_peak for sample in run.samples), default=None),
        peak_rss=max((s.rss for s in run.samples if s.rss is not None), default=None),
        logged_peak=logged_peak(run.printed),
        generator_late=percentile((outcome.late for outcome in run.outcomes), 99),
    )


def _between(plan: Plan, light: Iterable[Outcome], since: float, until: float) -> LoadSummary:
    within = [outcome for outcome in light if since <= outcome.at < until]
    return summarize_load(within, plan.objective, until - since)


def seconds_of(plan: Plan, run: RunResult) -> tuple[Second, ...]:
    """Return the light requests second by second; the last second may be a part of one."""
    light = [outcome for outcome in run.outcomes if outcome.kind == "light"]
    sent = Counter(int(outcome.at) for outcome in light)
    good = Counter(int(o.at) for o in light if is_good(o, plan.objective))
    return tuple(Second(at, sent[at], good[at]) for at in range(math.ceil(plan.seconds)))
