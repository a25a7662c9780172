"""The page of the benchmark: prose by hand, tables and pictures from the results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks._page import replaced, rewrite
from benchmarks._pythons import HOUSE
from benchmarks.overload import _virtual
from benchmarks.overload._controllers import CONTROLLERS
from benchmarks.overload._plots import of_controller, over_load, over_time
from benchmarks.overload._table import COLUMNS, number, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.overload._measures import Row

DOCS = HOUSE / "docs"
PAGE = DOCS / "reference" / "overload-benchmark.md"
OVER_LOAD = DOCS / "overload-load.svg"
OVER_TIME = DOCS / "overload-brown-out.svg"
_SEPARATING = (
    ("brownout3", 2),
    ("brownout5", 2),
    ("mixshift", 2),
    ("mixshift", 5),
    ("stale", 2),
    ("stale", 10),
    ("parked", 0.5),
    ("hops", 2),
)
_TENFOLD = tuple(column for column in COLUMNS if column.key not in {"late_ms", "no_core", "limit"})
_DIGITS = {"peak_tasks": 0, "refused": 0, "p99_ms": 1, "refusal_p99_ms": 1, "rss_mb": 1}
_WORDS = {
    "goodput_ratio": "goodput",
    "onset": "onset",
    "recovery": "recovery",
    "p99_ms": "p99 of the answers, ms",
    "refusal_p99_ms": "p99 of the refusals, ms",
    "peak_tasks": "most tasks at once",
    "rss_mb": "memory, MB over idle",
    "refused": "refused",
    "least_share": "share of the kind that fares worst, of the best's",
}


def renew(results: dict[str, Any]) -> None:
    """Put the results on the page and draw the pictures."""
    rows = results["rows"]
    rewrite(PAGE, lambda page: with_results(page, results))
    OVER_LOAD.write_text(over_load(rows) + "\n", encoding="utf-8")
    OVER_TIME.write_text(over_time(rows) + "\n", encoding="utf-8")


def renew_virtual(results: dict[str, Any]) -> None:
    """Put the results under a virtual clock on the page."""
    heading, *lines = _virtual.table(results)
    table, decision = markdown(heading, lines), _virtual.decision(results)
    rewrite(PAGE, lambda page: replaced(page, "virtual", table))
    rewrite(PAGE, lambda page: replaced(page, "decision", decision))


def with_results(page: str, results: dict[str, Any]) -> str:
    """Return the page with the tables of these results."""
    rows = results["rows"]
    parts = {
        "run": _run(results),
        "load": _over_loads(rows),
        "tenfold": _tenfold(rows),
        "separating": _separating(rows),
        "kinds": _kinds(rows),
        "goals": _goals(rows),
    }
    for name, part in parts.items():
        page = replaced(page, name, part)
    return page


def _run(results: dict[str, Any]) -> str:
    machine = results["machine"]
    return (
        f"{summary(results['rows'])}. Measured at commit `{results['commit']}` with Python "
        f"{results['python']} on {machine['cores']} cores ({machine['processor']})."
    )


def _over_loads(rows: Sequence[Row]) -> str:
    mine = [row for row in rows if row["scenario"] == "uniform"]
    loads = sorted({row["load"] for row in mine})
    lines = []
    for name in _names(mine):
        found = {row["load"]: row for row in of_controller(mine, name)}
        lines.append([_says(name), *(_goodput(found.get(load)) for load in loads)])
    return markdown(["", *(f"{load:g}x" for load in loads)], lines)


def _tenfold(rows: Sequence[Row]) -> str:
    mine = [row for row in rows if (row["scenario"], row["load"]) == ("uniform", 10)]
    lines = [
        [_says(row["controller"]), *(number(row[c.key], c.digits) for c in _TENFOLD)]
        for row in mine
    ]
    return markdown(["", *(column.heading for column in _TENFOLD)], lines)


def _separating(rows: Sequence[Row]) -> str:
    found = {(row["scenario"], row["load"], row["controller"]): row for row in rows}
    names = _names([row for row in rows if (row["scenario"], row["load"]) in _SEPARATING])
    lines = [
        [_says(name), *(_goodput(found.get((*case, name))) for case in _SEPARATING)]
        for name in names
    ]
    return markdown(["", *(f"{name} {load:g}x" for name, load in _SEPARATING)], lines)


def _kinds(rows: Sequence[Row]) -> str:
    mine = [row for row in rows if row["scenario"] in {"mixshift", "stale"}]
    lines = [
        [
            f"{row['scenario']} {row['load']:g}x",
            _says(row["controller"]),
            ", ".join(f"{kind} {number(share, 2)}" for kind, share in row["classes"].items()),
            number(row.get("answers_ratio"), 2),
        ]
        for row in mine
    ]
    return markdown(
        ["", "", "share of each kind that gets a good answer", "answers, by number"], lines
    )


def _goals(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        for key, goal in row["goals"].items():
            shown = number(row[key], _DIGITS.get(key, 2))
            lines.append(
                [
                    f"{row['scenario']} {row['load']:g}x",
                    f"`{row['controller']}`",
                    _WORDS[key],
                    goal,
                    f"**{shown}**" if key in row["missed"] else shown,
                ]
            )
    return markdown(["", "", "", "goal", "measured"], lines)


def markdown(heading: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    rule = "|" + "---|" * len(heading)
    return "\n".join([_cells(heading), rule, *map(_cells, lines)])


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _names(rows: Sequence[Row]) -> list[str]:
    """Return the controllers that are there, in the order of the table."""
    there = {row["controller"] for row in rows}
    return [name for name in CONTROLLERS if name in there]


def _says(name: str) -> str:
    return CONTROLLERS[name].says


def _goodput(row: Row | None) -> str:
    if row is None:
        return ""
    shown = number(row["goodput_ratio"], 2)
    return f"**{shown}**" if "goodput_ratio" in row["missed"] else shown
