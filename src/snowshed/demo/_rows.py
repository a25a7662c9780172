"""The comparison in words: the terminal's table and the report show the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.demo import _format
from snowshed.demo._measure import LoadSummary, RunSummary, Verdict, summarize

if TYPE_CHECKING:
    from snowshed.demo._model import Comparison, Findings, Plan

_ERROR_NAMES: dict[Verdict, str] = {
    "503": "refused (503)",
    "5xx": "failed (other 5xx)",
    "other": "other status",
    "timeout": "client gave up",
    "connection": "connection lost",
}


Cell = Callable[[RunSummary], str]


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


def groups(findings: Findings) -> tuple[Group, ...]:
    """Return all rows."""
    flood, overload = findings.flood, findings.overload
    return (
        _light_group("Light requests, whole run", flood, lambda run: run.light),
        _light_group("Light requests, during the flood", flood, lambda run: run.light_in_flood),
        _group(f"Heavy requests, {flood.plan.items} tasks each", flood, _HEAVY),
        _group("The process", flood, _PROCESS),
        _light_group(_overload_title(overload.plan), overload, lambda run: run.light),
    )


def _overload_title(plan: Plan) -> str:
    return f"Uniform overload, {plan.light_rate:g} light/s"


def _group(title: str, comparison: Comparison, cells: Iterable[tuple[str, Cell]]) -> Group:
    bare, guarded = (summarize(comparison.plan, run) for run in comparison.runs)
    return Group(title, tuple(Row(label, cell(bare), cell(guarded)) for label, cell in cells))


def _light_group(
    title: str, comparison: Comparison, pick: Callable[[RunSummary], LoadSummary]
) -> Group:
    def of(cell: Callable[[LoadSummary], str]) -> Cell:
        return lambda run: cell(pick(run))

    return _group(
        title, comparison, [(label, of(cell)) for label, cell in _light_cells(comparison.plan)]
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
        f"Heavy requests answered: {bare.answered} of {bare.sent} by the bare service (errors: "
        f"{errors(bare)}), {guarded.answered} of {guarded.sent} under snowshed (errors: "
        f"{errors(guarded)}). "
        "A budget refuses the request that floods; it does not make it cheap. The cure is a bound "
        "in the code, TaskScope.map(fetch, items, limit=20): the same rows, twenty at a time."
    )


def limits(overload: Comparison) -> str:
    """Say where snowshed does not help yet, with what was measured there."""
    plan = overload.plan
    bare, guarded = (summarize(plan, run).light for run in overload.runs)
    return (
        "Where snowshed does not help yet: a uniform overload. When every request is light and "
        "there are simply too many of them, no single one is over its budget and nothing is "
        f"refused. Of {plan.light_rate:g} light requests per second and nothing else, the bare "
        f"service answered {_format.share(bare.good, bare.sent)} within "
        f"{_format.duration(plan.objective)}, and {_format.share(guarded.good, guarded.sent)} "
        "under snowshed. That needs admission control, which is not part of this version."
    )


_HEAVY: tuple[tuple[str, Cell], ...] = (
    ("sent", lambda run: _format.count(run.heavy.sent)),
    ("answered", lambda run: _format.count(run.heavy.answered)),
    ("errors", lambda run: errors(run.heavy)),
)
_PROCESS: tuple[tuple[str, Cell], ...] = (
    ("most live tasks", lambda run: _format.count(run.peak_tasks)),
    ("most lookups of one request", lambda run: _format.count(run.peak_lookups)),
    ("tasks of one request, logged", lambda run: _format.count(run.logged_peak)),
    ("most resident memory", lambda run: _format.memory(run.peak_rss)),
)
