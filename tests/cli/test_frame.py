"""The picture that ``snowshed top`` shows."""

from __future__ import annotations

from typing import Any

import pytest

from snowshed.cli._frame import KEYS, Look, View, of_services, picture
from snowshed.cli._groups import Group

BY = ("state", "waiting-at")
GROUPS = (
    Group(("lock", "/srv/shop/app.py:41 checkout"), 4810, 12.0, 1),
    Group(("sleep", "/srv/shop/app.py:7 main"), 3, 600.0, 1),
)
LOOK = Look(("4711",), 0, 4813, GROUPS)
LIMITER = {"limit": 120.0, "inflight": 98.5, "offered": 12000, "admitted": 11660, "level": "light"}


def test_the_first_picture_has_no_changes() -> None:
    assert picture(LOOK, View(BY, "count")) == [
        "4,813 tasks and threads in process 4711, by count",
        "",
        "change  count  state  waiting at               oldest",
        "        4,810  lock   shop/app.py:41 checkout    12 s",
        "            3  sleep  shop/app.py:7 main       10 min",
    ]


def test_the_next_one_tells_what_has_changed() -> None:
    before = {GROUPS[0].key: 4199, GROUPS[1].key: 3}
    lines = picture(LOOK, View(BY, "oldest", before=before, total_before=4202), "foot")
    assert lines[0] == "4,813 tasks and threads (+611) in process 4711, by oldest"
    assert [line[:15].split() for line in lines[3:5]] == [["3"], ["+611", "4,810"]]
    assert lines[-1] == "foot"


@pytest.mark.parametrize("height", [7, 10, 24])
@pytest.mark.parametrize("width", [20, 80])
def test_it_fits_a_terminal(width: int, height: int) -> None:
    many = tuple(Group((str(each), "a" * 50), each, None, 1) for each in range(200))
    look = Look(("1", "2"), 1, 99, many, ({"limiter": LIMITER},))
    lines = picture(look, View(BY, "count", width, height), KEYS)
    assert len(lines) == height
    assert all(len(line) <= width for line in lines)
    assert lines[-2].startswith("and 1")


def test_a_terminal_of_a_few_lines_gets_the_first_of_them() -> None:
    assert len(picture(LOOK, View(BY, "count", 80, 2), KEYS)) == 2


def test_several_processes_and_those_without_an_answer_are_counted() -> None:
    (head, *_) = picture(Look(("1", "2"), 1, 7, ()), View(BY, "count"))
    assert head == "7 tasks and threads in 2 processes (1 without an answer), by count"


def test_limiters_of_several_processes_are_added_up() -> None:
    calm = {**LIMITER, "level": "normal"}
    assert [*of_services([{"limiter": calm}, {"limiter": LIMITER}])] == [
        "limiter: 197 of 240 units in flight, 24,000 offered, 680 refused, light answers"
    ]


def sampler(*late: float, **blocked: Any) -> dict[str, Any]:
    calm = {"blocked": 0, "blocked_by": []}
    return {"sampler": {"lag": [{"worst": each} for each in late], **calm, **blocked}}


def by(file: str, longest: float) -> dict[str, Any]:
    return {"frame": {"file": file, "line": 7, "function": "main"}, "longest": longest}


def test_the_latest_loop_of_all_processes_is_shown() -> None:
    assert [*of_services([sampler(0.003), sampler(0.25, 0.1)])] == [
        "loop lag: 250 ms at worst in the last seconds"
    ]
    assert [*of_services([sampler()])] == []


def test_the_line_that_has_blocked_a_loop_for_longest_is_named() -> None:
    calm = sampler(0.01, blocked=1, blocked_by=[by("/srv/shop/a.py", 0.2), by("", 9.0)])
    stuck = sampler(0.01, blocked=2, blocked_by=[by("/srv/shop/b.py", 2.5)])
    line = "loop lag: 10 ms at worst in the last seconds; blocked {} since the start"
    assert [*of_services([calm, stuck])] == [
        line.format("3 times") + ", longest at shop/b.py:7 main for 2.5 s"
    ]
    unseen = sampler(0.01, blocked=1, blocked_by=[by("", 9.0)])
    assert [*of_services([unseen])] == [line.format("once")]


def test_what_would_steer_a_terminal_is_made_visible() -> None:
    rules = {"rules": [{"name": "\x1b[31m", "active": True}]}
    assert picture(Look(("1",), 0, 0, (), ({"rules": rules},)), View(BY, "count"))[1] == (
        "rules: \\x1b[31m"
    )


def test_rules_that_act_are_named_wherever_they_stand_in_the_tree() -> None:
    child = {"name": "slow", "active": True}
    rules = {"rules": [{"name": "errors", "active": False, "then": [child]}]}
    assert [*of_services([{"rules": rules}])] == ["rules: slow"]
    child["active"] = False
    assert [*of_services([{"rules": rules}])] == ["rules: none acts"]


@pytest.mark.parametrize(
    "service",
    [
        {},
        {"limiter": None, "rules": None, "sampler": None},
        {"limiter": {"limit": 1}, "rules": {"rules": 7}, "sampler": {"lag": []}},
        {"limiter": {**LIMITER, "limit": None}},
    ],
)
def test_what_is_not_known_is_left_out(service: dict[str, Any]) -> None:
    assert [*of_services([service])] == []
