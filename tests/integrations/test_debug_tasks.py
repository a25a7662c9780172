"""The pages about tasks show each, or groups, and refuse a parameter that they do not know."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _snapshots import ACQUIRE, AT_THE_LOCK, LOCK, MAIN, SHOP, snapshot, task, thread
from snowshed.integrations._debug import Observed, Pages, _rows
from snowshed.integrations._debug._tasks import TaskPages
from snowshed.model import Frame, Resource, TaskSnapshot, TaskState
from snowshed.observe._registry._history import EndedTask
from snowshed.observe._registry._site import SiteStatistics
from snowshed.observe._serve._exchange import Request, Response

SITE = SiteStatistics(MAIN, "user", created=9, live=3, peak=5, done=6, unretrieved=1)
ENDED = EndedTask("Task-3", "checkout", MAIN, "user", "failed", "ValueError at app.py:3 f", 1.5)
FOUND = [
    task(1, age=0.2),
    task(2, age=70.0, request="GET /feed"),
    task(3, age=None, state=TaskState.SLEEP, resource=None, stack=(SHOP,)),
    thread(9),
]


def pages(**sources: object) -> Pages:
    given = {
        "snapshot": lambda: snapshot(FOUND),
        "sites": lambda: [SITE] * 3,
        "history": lambda: [ENDED] * 4,
    }
    return Pages(observed=Observed(**{**given, **sources}))  # type: ignore[arg-type]


def ask(path: str, query: str = "", **sources: object) -> Response:
    return pages(**sources).answer(Request(path, query=query, peer="127.0.0.1"))


def content(path: str, query: str = "", **sources: object) -> dict:
    response = ask(path, query, **sources)
    assert (response.status, response.content_type) == (200, "application/json")
    found: dict = json.loads(response.body)
    assert found.pop("schema") == 1
    assert found.pop("taken_at") > 1_700_000_000
    return found


def test_each_task_is_a_row_the_oldest_first() -> None:
    found = content("/tasks")
    assert [row["id"] for row in found["tasks"]] == [2, 1, 3, 9]
    assert (found["total"], found["matching"], found["left_out"]) == (4, 4, 0)
    frames = found["frames"]
    row = found["tasks"][0]
    assert frames[row["function"]] == ["checkout", "/srv/shop/app.py", 41]
    assert [frames[number] for number in found["stacks"][row["stack"]]] == [
        ["Lock.acquire", "/usr/lib/python3/asyncio/locks.py", 113],
        ["checkout", "/srv/shop/app.py", 41],
    ]
    assert frames[row["created_at"]] == ["main", "/srv/shop/app.py", 7]
    assert found["resources"][row["resource"]] == {
        "id": 1,
        "kind": "asyncio.Lock",
        "text": "<asyncio.Lock [locked, waiters:2]>",
        "waiters": 2,
    }
    assert (row["state"], row["age"], row["request"]) == ("lock", 70.0, "GET /feed")


def test_what_tasks_share_is_there_once() -> None:
    found = content("/tasks", snapshot=lambda: snapshot(map(task, range(1000))))
    assert len(found["frames"]) == 3
    assert (len(found["stacks"]), len(found["resources"])) == (1, 1)


def test_a_hundred_thousand_tasks_take_less_than_300_bytes_each() -> None:
    asked = [
        task(
            140_000_000_000_000 + number,
            name=f"Task-{number}",
            age=number / 7,
            request=f"GET /orders/{number}/items",
            scope=f"GET /orders/{number}/items",
            awaits=(140_000_000_000_000 + number + 1,),
            resource=Resource(number, "asyncio.Event", f"<asyncio.Event at {number}>", 1)
            if number % 10 == 0
            else None,
        )
        for number in range(2000)
    ]
    body = ask("/tasks", snapshot=lambda: snapshot(asked)).body
    assert len(body) < 300 * len(asked)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("older-than=60", [2]),
        ("older-than=0.1", [2, 1]),
        ("older-than=0", [2, 1, 3, 9]),
        ("state=lock", [2, 1]),
        ("state=lock&state=running", [2, 1, 9]),
        ("state=sleep&older-than=0.1", []),
        ("state=done,%20never%20retrieved", []),
        ("owner=infrastructure", [9]),
        ("limit=1", [2]),
        ("limit=0", []),
    ],
)
def test_tasks_are_chosen(query: str, ids: list[int]) -> None:
    found = content("/tasks", query)
    assert [row["id"] for row in found["tasks"]] == ids
    assert found["total"] == 4
    assert found["matching"] == len(ids) + found["left_out"]
    assert found["left_out"] == (0 if "limit" not in query else 4 - len(ids))


def test_tasks_are_grouped_the_largest_group_first() -> None:
    found = content("/snowshed/tasks", "group-by=state")
    assert (found["group_by"], found["left_out"]) == (["state"], 0)
    assert found["groups"] == [
        {"count": 2, "oldest": 70.0, "state": "lock"},
        {"count": 1, "oldest": None, "state": "sleep"},
        {"count": 1, "oldest": None, "state": "running"},
    ]


class Glanced(list[Any]):
    """What was seen at a glance."""

    about = snapshot((), total=7, vanished=2, untold=4)


@pytest.mark.parametrize(
    ("query", "looks"),
    [
        ("group-by=created-at", "glance"),
        ("group-by=owner,request,scope,kind,loop&older-than=1&owner=user", "glance"),
        ("group-by=created-at,state", "snapshot"),
        ("group-by=created-at&state=lock", "snapshot"),
        ("", "snapshot"),
    ],
)
def test_a_look_is_no_closer_than_the_question(query: str, looks: str) -> None:
    taken: list[str] = []

    def close() -> Any:
        taken.append("snapshot")
        return snapshot(FOUND)

    def quick() -> Any:
        taken.append("glance")
        return Glanced(FOUND)

    content("/tasks", query, snapshot=close, glance=quick)
    assert taken == [looks]


def test_what_is_seen_at_a_glance_is_counted_with_what_is_said_of_the_whole() -> None:
    found = content("/tasks", "group-by=created-at", glance=lambda: Glanced(FOUND))
    assert (found["total"], found["vanished"], found["untold"]) == (7, 2, 4)
    assert (found["matching"], sum(group["count"] for group in found["groups"])) == (4, 4)


def test_groups_say_where_in_one_line() -> None:
    by = "created-at,waiting-at,function,scope,request,owner,kind,loop,resource"
    found = content("/tasks", f"group-by={by}&limit=1&older-than=60")
    assert found["groups"] == [
        {
            "count": 1,
            "oldest": 70.0,
            "created_at": "/srv/shop/app.py:7 main",
            "waiting_at": "/srv/shop/app.py:41 checkout",
            "function": "/srv/shop/app.py:41 checkout",
            "scope": "",
            "request": "GET /feed",
            "owner": "user",
            "kind": "task",
            "loop": 1,
            "resource": "asyncio.Lock",
        }
    ]
    unknown = content("/tasks", "group-by=created-at&state=running")
    assert unknown["groups"] == [{"count": 1, "oldest": None, "created_at": ""}]


def test_groups_that_are_left_out_are_counted() -> None:
    found = content("/tasks", "group-by=state&limit=1")
    assert (len(found["groups"]), found["left_out"]) == (1, 2)
    many = [task(number, request=f"GET /{number}") for number in range(1001)]
    found = content("/tasks", "group-by=request", snapshot=lambda: snapshot(many))
    assert (len(found["groups"]), found["left_out"]) == (1000, 1)


@pytest.mark.parametrize(
    ("path", "query", "complaint"),
    [
        (
            "/tasks",
            "group=state",
            "unknown parameter 'group'; there are: group-by, limit, older-than",
        ),
        (
            "/tasks",
            "group-by=colour",
            "cannot group by 'colour'; there are: created-at, waiting-at",
        ),
        ("/tasks", "older-than=-1", "older-than is a number of seconds, not '-1'"),
        ("/tasks", "older-than=nan", "older-than is a number of seconds, not 'nan'"),
        ("/tasks", "limit=-1", "limit is a whole number of at most 9 digits, not '-1'"),
        (
            "/tasks",
            "state=Lock",
            "unknown state 'Lock'; there are: 'created', 'ready', 'running', 'lock'",
        ),
        (
            "/tasks",
            "owner=me",
            "unknown owner 'me'; there are: user, infrastructure, driver, helper",
        ),
        ("/sites", "state=lock", "unknown parameter 'state'; there are: limit"),
        ("/history", "limit=x", "limit is a whole number of at most 9 digits, not 'x'"),
        ("/waits", "format=html", "format is json or text, not 'html'"),
    ],
)
def test_what_the_page_does_not_know_is_a_400(path: str, query: str, complaint: str) -> None:
    response = ask(path, query)
    assert (response.status, response.content_type) == (400, "application/problem+json")
    assert json.loads(response.body)["detail"].startswith(complaint)


def test_sites_and_ended_tasks_are_shown_up_to_a_limit() -> None:
    found = content("/sites", "limit=2")
    assert (len(found["sites"]), found["left_out"]) == (2, 1)
    assert found["sites"][0] == {
        "created_at": {"function": "main", "file": "/srv/shop/app.py", "line": 7},
        "owner": "user",
        "created": 9,
        "live": 3,
        "peak": 5,
        "done": 6,
        "unretrieved": 1,
    }
    found = content("/history")
    assert (len(found["history"]), found["left_out"]) == (4, 0)
    assert (found["history"][0]["reason"], found["history"][0]["lived"]) == ("failed", 1.5)


def test_waits_are_found_in_a_look() -> None:
    found = content("/waits")["waits"]
    assert (found["tasks"], found["waiting"]) == (3, 2)
    assert found["cascades"][0]["behind"] == 2
    text = ask("/waits", "format=text")
    assert text.content_type == "text/plain; charset=utf-8"
    assert text.body.startswith(b"3 tasks: 2 waiting for a task or for something shared\n")


def test_who_holds_a_lock_is_part_of_the_waits() -> None:
    held = snapshot([task(1), task(2)], holders={1: (2,)})
    assert content("/waits", snapshot=lambda: held)["waits"]["deadlocks"]


def test_what_a_look_could_not_see_is_counted() -> None:
    seen = snapshot(FOUND, total=7, duration=0.5, vanished=2, unreadable=1, guessed=3, untold=4)
    found = content("/tasks", "limit=0", snapshot=lambda: seen)
    told = {
        name: found[name]
        for name in ("total", "duration", "vanished", "unreadable", "guessed", "untold")
    }
    assert told == {
        "total": 8,
        "duration": 0.5,
        "vanished": 2,
        "unreadable": 1,
        "guessed": 3,
        "untold": 4,
    }


def test_a_page_without_its_source_is_not_there() -> None:
    response = ask("/tasks", snapshot=None)
    assert response.status == 404
    assert json.loads(response.body)["detail"].endswith("all, sites, history")
    index = json.loads(ask("/", snapshot=None).body)
    assert (index["tasks"], index["pprof"]) == (["sites", "history"], ["cmdline", "symbol"])


def test_all_does_not_hold_the_tasks() -> None:
    assert set(json.loads(ask("/all").body)) == {"schema", "pressure", "features", "targets"}


def test_a_mount_is_taken_off_and_nothing_else_answers() -> None:
    served = Pages(observed=Observed(snapshot=lambda: snapshot(FOUND)), mount="/debug")
    found = {
        path: served.answer(Request(path, peer="127.0.0.1")).status
        for path in (
            "/debug/snowshed/tasks",
            "/debug/snowshed",
            "/debug/pprof/",
            "/debug/pprof/heap",
        )
    }
    assert [*found.values()] == [200, 200, 200, 404]
    for path in ("/", "/tasks", "/debug", "/debug/", "/debug/tasks", "/debugger/snowshed/"):
        response = served.answer(Request(path, peer="127.0.0.1"))
        assert response.status == 404
        assert json.loads(response.body)["detail"] == (
            "nothing here; there are: /debug/pprof/, /debug/snowshed/"
        )


def test_what_looks_at_each_task_is_not_for_the_loop() -> None:
    asked = pages()
    long = ["/tasks", "/snowshed/tasks", "/waits", "/all", "/pprof/", "/pprof/x"]
    assert all(asked.is_long(Request(path)) for path in long)
    assert not any(asked.is_long(Request(path)) for path in ("/", "/runtime", "/snowshed/"))


def test_what_a_runtime_may_have_many_of_is_shown_by_a_thread() -> None:
    class Runtime:
        def statistics(self) -> object:
            return None

        def debug_sources(self) -> dict[str, Callable[[], object]]:
            return {"scopes": lambda: {"open": 3}}

    asked = Pages(Runtime())
    assert asked.is_long(Request("/snowshed/scopes"))
    assert not asked.is_long(Request("/runtime"))
    shown = asked.answer(Request("/scopes", peer="127.0.0.1"))
    assert json.loads(shown.body) == {"schema": 1, "scopes": {"open": 3}}


FRAMES = st.sampled_from([MAIN, SHOP, ACQUIRE, replace(MAIN, line=8), Frame("f", "", 0)])
TASKS = st.lists(
    st.builds(
        TaskSnapshot,
        id=st.integers(0, 2**63 - 1),
        kind=st.sampled_from(["task", "thread"]),
        name=st.text(st.characters(exclude_categories=["Cs"])),
        state=st.sampled_from(TaskState),
        function=FRAMES,
        stack=st.lists(FRAMES, max_size=3).map(tuple),
        created_at=st.none() | FRAMES,
        owner=st.sampled_from(["user", "driver"]),
        request=st.sampled_from(["", "GET /x"]),
        scope=st.sampled_from(["", "cart"]),
        age=st.none() | st.integers(0, 10**6).map(lambda ms: ms / 1000),
        resource=st.sampled_from([None, LOCK, Resource(2, "asyncio.Event", "", 1)]),
        awaits=st.lists(st.integers(0, 9), max_size=2).map(tuple),
        loop=st.integers(0, 3),
    )
)


@given(TASKS)
def test_rows_read_as_what_they_were(tasks: list[TaskSnapshot]) -> None:
    assert _rows.read(_rows.encode(tasks, {"schema": 1})) == tasks


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"frames":[],"stacks":[],"resources":[],"tasks":[{"id":1,"name":"","state":"lock","function":0}]}',
        b'{"frames":[],"stacks":[[1]],"resources":[],"tasks":[]}',
    ],
)
def test_rows_of_somebody_else_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        _rows.read(body)


def test_a_thousand_are_in_the_order_of_their_ages() -> None:
    ages = [None, *((number * 7919) % 1201 / 4 for number in range(1200))]
    found = [task(number, age=age) for number, age in enumerate(ages)]
    rows = content("/tasks", snapshot=lambda: snapshot(found))["tasks"]
    assert [row.get("age") for row in rows] == [*sorted(ages[1:], reverse=True), None]


def test_stacks_that_are_equal_share_an_entry_although_they_are_two() -> None:
    tasks = [task(1), task(2, stack=tuple(replace(frame) for frame in AT_THE_LOCK))]
    assert len(json.loads(_rows.encode(tasks, {"schema": 1}))["stacks"]) == 1


def test_the_clock_is_that_of_the_wall() -> None:
    answer = TaskPages(Observed(sites=list), clock=lambda: 1.23456).answer("sites", Request("/"))
    assert json.loads(answer.body)["taken_at"] == 1.235
