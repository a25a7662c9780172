"""The comparisons as tables: the terminal and the report show the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.demo import _format
from snowshed.demo._measure import LoadSummary, RunSummary, Verdict, rate_in_flood, summarize

if TYPE_CHECKING:
    from snowshed.demo._model import Comparison, Findings, Plan

_ERROR_NAMES: dict[Verdict, str] = {
    "503": "refused (503)",
    "5xx": "failed (other 5xx)",
    "other": "other status",
    "timeout": "client gave up",
    "connection": "connection lost",
}
_NOT_RUN = "not run"

Cell = Callable[[RunSummary], str]
LoadCell = Callable[[LoadSummary], str]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a comparison, a cell for each run."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows about one thing."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One comparison."""

    title: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...]


def tables(findings: Findings) -> tuple[Table, Table]:
    """Return all rows: of the flood, and of the uniform one."""
    return flood_table(findings.flood), overload_table(findings.overload, findings.idle)


def flood_table(flood: Comparison) -> Table:
    """Return what the two runs of the flood have shown."""
    light = _light_cells(flood.plan)
    return Table(
        "A few requests that fan out: the same load, twice",
        names(flood),
        (
            _load_group("Light requests, whole run", flood, lambda run: run.light, light),
            _load_group(
                "Light requests, during the flood", flood, lambda run: run.light_in_flood, light
            ),
            _group(f"Heavy requests, {flood.plan.items} tasks each", flood, _HEAVY),
            _group("The process", flood, (*_PROCESS, *_LOOKUPS)),
        ),
    )


def overload_table(overload: Comparison, idle: Comparison) -> Table:
    """Return what the runs of the uniform flood and those with idle connections have shown."""
    plan = overload.plan
    return Table(
        "Too many ordinary requests: the same load, three times",
        names(overload),
        (
            _load_group(
                f"The flood, {rate_in_flood(plan):g} requests/s",
                overload,
                lambda run: run.light_in_flood,
                _crowd_cells(plan),
            ),
            _load_group(
                "Its second half", overload, lambda run: run.light_settled, _settled_cells(plan)
            ),
            _load_group(
                f"After it, {plan.light_rate:g} requests/s",
                overload,
                lambda run: run.light_after,
                (_in_time_cell(plan),),
            ),
            _group("The process", overload, _PROCESS),
            _aligned(_idle_group(idle), names(idle), names(overload)),
        ),
    )


def names(comparison: Comparison) -> tuple[str, ...]:
    """Return how the runs are called."""
    return tuple(run.name for run in comparison.runs)


def _idle_group(idle: Comparison) -> Group:
    plan = idle.plan
    return _load_group(
        f"{plan.idle} idle connections, {plan.light_rate:g} requests/s",
        idle,
        lambda run: run.light,
        (_in_time_cell(plan), ("errors", errors)),
    )


def _aligned(group: Group, has: tuple[str, ...], wanted: tuple[str, ...]) -> Group:
    """Put the cells of a group under the columns of a table that has more of them."""

    def cells(row: Row) -> tuple[str, ...]:
        by_name = dict(zip(has, row.cells, strict=True))
        return tuple(by_name.get(name, _NOT_RUN) for name in wanted)

    return Group(group.title, tuple(Row(row.label, cells(row)) for row in group.rows))


def _group(title: str, comparison: Comparison, cells: Iterable[tuple[str, Cell]]) -> Group:
    runs = [summarize(comparison.plan, run) for run in comparison.runs]
    return Group(title, tuple(Row(label, tuple(map(cell, runs))) for label, cell in cells))


def _load_group(
    title: str,
    comparison: Comparison,
    pick: Callable[[RunSummary], LoadSummary],
    cells: Iterable[tuple[str, LoadCell]],
) -> Group:
    def of(cell: LoadCell) -> Cell:
        return lambda run: cell(pick(run))

    return _group(title, comparison, [(label, of(cell)) for label, cell in cells])


def _light_cells(plan: Plan) -> tuple[tuple[str, LoadCell], ...]:
    return (
        _SENT,
        _in_time_cell(plan),
        ("goodput", _goodput),
        ("p50", lambda load: _format.duration(load.p50, plan.light_timeout)),
        _p99_cell(plan),
        ("errors", errors),
    )


def _crowd_cells(plan: Plan) -> tuple[tuple[str, LoadCell], ...]:
    return (
        _SENT,
        *_settled_cells(plan),
        ("refused (503)", lambda load: _format.count(load.errors.get("503", 0))),
        ("p99 of refusals", lambda load: _format.duration(load.refused_p99)),
        ("other errors", lambda load: errors(load, without="503")),
    )


def _settled_cells(plan: Plan) -> tuple[tuple[str, LoadCell], ...]:
    return _in_time_cell(plan), ("answers in time", _goodput), _p99_cell(plan)


def _in_time_cell(plan: Plan) -> tuple[str, LoadCell]:
    return f"answered within {_format.duration(plan.objective)}", in_time


def _p99_cell(plan: Plan) -> tuple[str, LoadCell]:
    return "p99", lambda load: _format.duration(load.p99, plan.light_timeout)


def _goodput(load: LoadSummary) -> str:
    return _format.rate(load.goodput)


def in_time(load: LoadSummary) -> str:
    """Say how many requests were answered within the objective."""
    return f"{_format.count(load.good)} ({_format.share(load.good, load.sent)})"


def errors(load: LoadSummary, without: Verdict | None = None) -> str:
    """Say what went wrong, and how often; one kind may be left out."""
    named = [
        f"{number:,} {_ERROR_NAMES[kind]}"
        for kind, number in load.errors.items()
        if kind != without
    ]
    return ", ".join(named) or "none"


_SENT: tuple[str, LoadCell] = ("sent", lambda load: _format.count(load.sent))
_HEAVY: tuple[tuple[str, Cell], ...] = (
    ("sent", lambda run: _format.count(run.heavy.sent)),
    ("answered", lambda run: _format.count(run.heavy.answered)),
    ("errors", lambda run: errors(run.heavy)),
)
_PROCESS: tuple[tuple[str, Cell], ...] = (
    ("most live tasks", lambda run: _format.count(run.peak_tasks)),
    ("most resident memory", lambda run: _format.memory(run.peak_rss)),
)
_LOOKUPS: tuple[tuple[str, Cell], ...] = (
    ("most lookups of one request", lambda run: _format.count(run.peak_lookups)),
    ("tasks of one request, logged", lambda run: _format.count(run.logged_peak)),
)
