"""One picture of a running service, as lines of text: what ``snowshed top`` repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from snowshed._printable import printable
from snowshed.cli._ask import where
from snowshed.cli._groups import Group, columns, row, shown, sort
from snowshed.cli._table import Column, lines
from snowshed.observe._waits import duration

__all__ = ["Look", "View", "of_services", "picture"]

KEYS = "c count  o oldest  g growth  s state  w waiting at  b created at  q quit"


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one moment.

    Attributes:
        processes: names of those that have answered.
        silent: how many have not.
        total: tasks and threads.
        groups: of tasks.
        services: of each process that has one, by name of the source: its statistics.
    """

    processes: tuple[str, ...]
    silent: int
    total: int
    groups: tuple[Group, ...]
    services: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """How it is shown.

    Attributes:
        by: what the groups are alike in.
        order: what they are sorted by, see `sort`.
        width: of a line at most; None: no matter.
        height: lines at most; None: all.
        before: counts of the look before.
        total_before: tasks and threads at the look before; None: there was none.
    """

    by: Sequence[str]
    order: str
    width: int | None = None
    height: int | None = None
    before: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    total_before: int | None = None


def picture(look: Look, view: View, foot: str = "") -> list[str]:
    """Return the lines of a picture; ``foot`` is the last one of them."""
    head = [printable(line) for line in (_summary(look, view), *of_services(look.services))]
    groups = sort(look.groups, view.order, view.by, view.before)
    space = len(groups)
    if view.height is not None:
        # A blank line, the titles, and what is left out.
        space = max(1, min(space, view.height - len(head) - 3 - bool(foot)))
    several = len(look.processes)
    titles = [Column("change", right=True), *columns(view.by, several)]
    cells = [[_change(group, view), *row(group, several)] for group in groups[:space]]
    table = [*lines(titles, cells, view.width)] if groups else []
    rest = groups[space:]
    more = [f"and {len(rest):,} more groups with {sum(g.count for g in rest):,}"] if rest else []
    found = [*head, "", *table, *more, *([foot] if foot else [])]
    return [line[: view.width] for line in found[: view.height]]


def _summary(look: Look, view: View) -> str:
    silent = f" ({look.silent} without an answer)" if look.silent else ""
    grown = "" if view.total_before is None else f" ({look.total - view.total_before:+,})"
    return (
        f"{look.total:,} tasks and threads{grown} {where(look.processes)}{silent}, by {view.order}"
    )


def _change(group: Group, view: View) -> str:
    if view.total_before is None:
        return ""
    change = group.count - view.before.get(group.key, 0)
    return f"{change:+,}" if change else ""


def of_services(services: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line about the loops, one about the limiters, and one about the rules that act.

    Of several processes, numbers are added up, the loop that is shown is the latest one, and a rule
    acts if it does in one of them.
    """
    samplers = [each["sampler"] for each in services if _is_sampler(each.get("sampler"))]
    late = [loop["worst"] for each in samplers for loop in each["lag"]]
    if late:
        yield f"loop lag: {duration(max(late))} at worst in the last seconds{_blocked(samplers)}"
    limiters = [each["limiter"] for each in services if _is_limiter(each.get("limiter"))]
    if limiters:
        limit, inflight, offered, admitted = (
            sum(each[name] for each in limiters)
            for name in ("limit", "inflight", "offered", "admitted")
        )
        light = any(each.get("level") == "light" for each in limiters)
        yield (
            f"limiter: {inflight:g} of {limit:g} units in flight, {offered:,} offered, "
            f"{offered - admitted:,} refused{', light answers' if light else ''}"
        )
    acting: dict[str, int] = {}
    count = 0
    for each in services:
        for rule in _rules_in(each.get("rules")):
            count += 1
            if rule.get("active"):
                acting[rule["name"]] = acting.get(rule["name"], 0) + 1
    if count:
        names = ", ".join(acting) or "none acts"
        yield f"rules: {names}"


def _blocked(samplers: Sequence[Mapping[str, Any]]) -> str:
    times = sum(each["blocked"] for each in samplers)
    if not times:
        return ""
    # One whose line could not be seen has no file.
    known = [by for each in samplers for by in each["blocked_by"] if by["frame"]["file"]]
    often = f"; blocked {'once' if times == 1 else f'{times:,} times'} since the start"
    if not known:
        return often
    worst = max(known, key=lambda by: float(by["longest"]))
    place = shown("{file}:{line} {function}".format(**worst["frame"]))
    return f"{often}, longest at {place} for {duration(worst['longest'])}"


def _is_sampler(found: object) -> bool:
    return isinstance(found, Mapping) and {"lag", "blocked", "blocked_by"} <= found.keys()


def _is_limiter(found: object) -> bool:
    needed = ("limit", "inflight", "offered", "admitted")
    return isinstance(found, Mapping) and all(
        isinstance(found.get(name), (int, float)) for name in needed
    )


def _rules_in(report: object) -> Iterator[Mapping[str, Any]]:
    line = [report.get("rules")] if isinstance(report, Mapping) else []
    for rules in line:
        for rule in rules if isinstance(rules, list) else ():
            if isinstance(rule, Mapping) and "name" in rule:
                yield rule
                line.append(rule.get("then"))
