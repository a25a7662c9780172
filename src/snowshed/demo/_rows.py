"""The comparison in words: the terminal's table and the report show the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.demo import _format
from snowshed.demo._measure import LoadSummary, RunSummary, Verdict, summarize

if TYPE_CHECKING:
    from collections.abc import Callable

    from snowshed.demo._model import Comparison, Plan

_ERROR_NAMES: dict[Verdict, str] = {
    "503": "refused (503)",
    "5xx": "failed (other 5xx)",
    "other": "other status",
    "timeout": "client gave up",
    "connection": "connection lost",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison."""

    label: str
    bare: str
    guarded: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows about one thing."""

    title: str
    rows: tuple[Row, ...]


def groups(comparison: Comparison) -> tuple[Group, ...]:
    """Return the whole comparison."""
    plan = comparison.plan
    bare, guarded = (summarize(plan, run) for run in comparison.runs)

    def row(label: str, cell: Callable[[RunSummary], str]) -> Row:
        return Row(label, cell(bare), cell(guarded))

    def light(pick: Callable[[RunSummary], LoadSummary]) -> tuple[Row, ...]:
        return tuple(
            row(label, lambda run, cell=cell: cell(pick(run)))  # type: ignore[misc]
            for label, cell in _light_cells(plan)
        )

    return (
        Group("Light requests, whole run", light(lambda run: run.light)),
        Group("Light requests, during the flood", light(lambda run: run.light_in_flood)),
        Group(
            f"Heavy requests, {plan.items} tasks each",
            (
                row("sent", lambda run: _format.count(run.heavy.sent)),
                row("answered", lambda run: _format.count(run.heavy.answered)),
                row("errors", lambda run: errors(run.heavy)),
            ),
        ),
        Group(
            "The process",
            (
                row("most live tasks", lambda run: _format.count(run.peak_tasks)),
                row("most lookups of one request", lambda run: _format.count(run.peak_lookups)),
                row("most resident memory", lambda run: _format.memory(run.peak_rss)),
            ),
        ),
    )


def _light_cells(plan: Plan) -> tuple[tuple[str, Callable[[LoadSummary], str]], ...]:
    limit = plan.light_timeout
    return (
        ("sent", lambda load: _format.count(load.sent)),
        (f"answered within {_format.duration(plan.objective)}", in_time),
        ("goodput", lambda load: _format.rate(load.goodput)),
        ("p50", lambda load: _format.duration(load.p50, limit)),
        ("p99", lambda load: _format.duration(load.p99, limit)),
        ("errors", errors),
    )


def in_time(load: LoadSummary) -> str:
    """Say how many requests were answered within the objective."""
    return f"{_format.count(load.good)} ({_format.share(load.good, load.sent)})"


def errors(load: LoadSummary) -> str:
    """Say what went wrong, and how often."""
    named = [f"{number:,} {_ERROR_NAMES[kind]}" for kind, number in load.errors.items()]
    return ", ".join(named) or "none"


def headline(comparison: Comparison) -> str:
    """Say in one sentence what came out, whatever it is."""
    plan = comparison.plan
    bare, guarded = (summarize(plan, run).light_in_flood for run in comparison.runs)
    return (
        f"During the flood, {_format.share(bare.good, bare.sent)} of the light requests were "
        f"answered within {_format.duration(plan.objective)} by the bare service, and "
        f"{_format.share(guarded.good, guarded.sent)} by the same service under snowshed."
    )


def price(comparison: Comparison) -> str:
    """Say what the heavy requests paid, in both runs."""
    bare, guarded = (summarize(comparison.plan, run).heavy for run in comparison.runs)
    return (
        f"Of {bare.sent} heavy requests the bare service answered {bare.answered}, "
        f"and {guarded.answered} of {guarded.sent} under snowshed (errors: {errors(guarded)}). "
        "A budget refuses the request that floods; it does not make it cheap. The cure is a bound "
        "in the code, TaskScope.map(fetch, items, limit=20): the same rows, twenty at a time."
    )


LIMITS = (
    "Where snowshed does not help yet: a uniform overload. When every request is light and there "
    "are simply too many of them, no single one is over its budget and nothing is refused. That "
    "needs admission control, which is not part of this version."
)
