"""The JSON of a Python service becomes looks, in each of its forms."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _snapshots import AT_THE_LOCK, LOCK, MAIN, SHOP, task, thread
from doctor._task_pages import changed, page, seen
from snowshed.doctor import load, look_at
from snowshed.doctor._tasks import FAILED, Facts, born, is_task, label
from snowshed.errors import FormatError
from snowshed.model import Frame, TaskState

TASKS = [
    task(1, age=5.0, awaits=(2,)),
    task(2, age=4.0, request="", name="refresh"),
    task(3, state=TaskState.SLEEP, resource=None, stack=(MAIN,), created_at=None, age=None),
    task(4, state=TaskState.UNRETRIEVED, resource=None, stack=(SHOP,)),
    thread(9),
]
WHOLE = page(TASKS)


def test_each_task_is_listed_with_what_is_known_of_it() -> None:
    (look,) = seen(page(TASKS))
    assert (look.total, look.listed, look.partial, look.taken_at) == (4, True, False, 1.8e9)
    group = look.groups[0]
    assert (group.count, group.state, group.at, group.created_by) == (2, "lock", SHOP, MAIN)
    assert group.stack == AT_THE_LOCK
    first, second = group.members
    assert (first.id, second.id) == (1, 2)
    assert dict(first.labels) == {
        "kind": "task",
        "name": "Task-1",
        "owner": "user",
        "request": "GET /cart",
        "resource": LOCK.text,
        "resource_id": "1",
        "awaits": "2",
        "born": "1799999995.000",
    }
    assert (is_task(first), born(first), label(second, "request")) == (True, 1.8e9 - 5, "")
    others = {each.state: each for each in look.groups[1:]}
    assert born(others["sleep"].members[0]) is None
    assert not is_task(others["running"].members[0])


def test_tasks_that_have_ended_are_beside_those_that_live_as_in_a_profile() -> None:
    (look,) = seen(page(TASKS))
    (group,) = look.ended
    assert (group.state, group.at, group.count) == (FAILED, SHOP, 1)
    assert FAILED not in {each.state for each in look.groups}


def test_groups_are_counted_with_where_they_stand_and_who_made_them() -> None:
    query = "group-by=state,waiting-at,created-at"
    (look,) = seen(page(TASKS, query=query))
    group = look.groups[0]
    assert (group.count, group.state, group.created_by) == (2, "lock", MAIN)
    assert group.at == SHOP
    assert (look.total, look.listed, look.partial, look.counted) == (4, False, False, True)


def test_groups_without_a_place_are_told_by_the_line_that_made_them_with_a_warning() -> None:
    loaded = load("x", page(TASKS, query="group-by=created-at"))
    assert loaded.warnings == ("its groups do not say where tasks wait: group by state,waiting-at",)
    look = look_at(loaded)
    assert look is not None
    assert (look.groups[0].at, look.groups[0].state) == (MAIN, "not told")


@pytest.mark.parametrize("query", ["limit=1", "state=lock", "group-by=state,waiting-at&limit=1"])
def test_a_part_of_the_tasks_is_no_count_to_compare(query: str) -> None:
    loaded = load("x", page(TASKS, query=query))
    look = look_at(loaded)
    assert look is not None
    assert look.partial
    assert len(loaded.warnings) == 1
    assert (
        "left out" in loaded.warnings[0]
        or "1 of 5" in loaded.warnings[0]
        or "2 of 5" in (loaded.warnings[0])
    )


def test_who_has_ended_while_one_looked_was_not_left_out() -> None:
    busy = changed(page(TASKS), total=8, vanished=2, unreadable=1)
    (look,) = seen(busy)
    assert not look.partial
    assert load("x", busy).warnings == ()


def test_what_snowshed_tasks_prints_is_read_of_several_processes() -> None:
    rows = [
        {
            "process": process,
            "id": 140,
            "kind": "task",
            "name": "Task-7",
            "state": "queue put",
            "waiting_at": "/srv/a b/app.py:12 put.<locals>.work",
            "created_at": "/srv/a b/app.py:3 put",
            "function": "/srv/a b/app.py:9 put.<locals>.work",
            "stack": ["/lib/python3.11/asyncio/queues.py:1 Queue.put", "/srv/a b/app.py:12 work"],
            "owner": "user",
            "request": "",
            "scope": "",
            "age": 3.0,
            "resource": "<asyncio.Queue 2 of 2 items>",
            "awaits": [],
            "loop": 0,
        }
        for process in ("4711", "4712")
    ]
    document = {"schema": 1, "processes": [], "total": 2, "matching": 2, "left_out": 0}
    (look,) = seen(json.dumps({**document, "tasks": rows}).encode())
    (group,) = look.groups
    assert (group.count, group.at) == (2, Frame("work", "/srv/a b/app.py", 12))
    one, other = group.members
    assert one.id != other.id, "ids of two processes may be the same number"
    assert [label(each, "process") for each in (one, other)] == ["4711", "4712"]


RING = {
    "tasks": 2,
    "behind": 1,
    "ring": [
        {
            "id": number,
            "kind": "task",
            "name": f"T{number}",
            "state": "await cycle",
            "function": {"function": "left", "file": "/srv/app.py", "line": number},
            "stack": [],
        }
        for number in (1, 2)
    ],
    "skipped": 0,
}
HELD = {
    "head": {"id": 5, "kind": "asyncio.Lock", "text": "<asyncio.Lock locked>", "waiters": 4},
    "heads": 1,
    "behind": 4,
    "suspect": {
        "id": 7,
        "name": "T7",
        "state": "socket",
        "function": {"function": "pay", "file": "/srv/app.py", "line": 20},
        "stack": [
            {"function": "read", "file": "/usr/lib/python3.11/asyncio/streams.py", "line": 1},
            {"function": "pay", "file": "/srv/app.py", "line": 24},
        ],
    },
}
GRAPH = {"tasks": 9, "waiting": 7, "cascades": [HELD], "deadlocks": [RING]}


@pytest.mark.parametrize(
    "document", [{"waits": GRAPH}, {"processes": [{"process": "4711", "waits": GRAPH}]}]
)
def test_the_graph_of_waits_alone_shows_the_tasks_that_wait_for_themselves(
    document: dict[str, object],
) -> None:
    (look,) = seen(json.dumps({"schema": 1, **document}).encode())
    assert {(group.state, group.at.line) for group in look.groups} == {
        ("await cycle", 1),
        ("await cycle", 2),
    }
    assert look.partial
    assert look.facts is not None
    assert look.facts.knots is not None
    assert look.facts.knots[0].behind == 1
    assert look.facts.locks is not None
    (lock,) = look.facts.locks
    assert (lock.behind, lock.holder_state) == (4, "socket")
    assert lock.holder == Frame("pay", "/srv/app.py", 24)


def test_the_other_pages_tell_facts() -> None:
    frame = {"function": "crunch", "file": "/srv/app.py", "line": 3}
    sites = [
        {"created_at": frame, "owner": "user", "created": 9, "live": 1, "unretrieved": 2, "peak": 1}
    ]
    ended = [{"created_at": frame, "function": "f", "reason": "failed", "detail": "KeyError at x"}]
    by = [{"frame": frame, "call": "time.sleep", "events": 3, "seconds": 1.5, "longest": 1.0}]
    document = {
        "schema": 1,
        "taken_at": 12.0,
        "sites": sites,
        "history": ended,
        "sampler": {"blocked_by": by},
        "requests": {"open": 1, "busiest": [{"name": "GET /", "live": 60}]},
    }
    (look,) = seen(json.dumps(document).encode())
    facts = look.facts
    assert facts is not None
    assert facts.taken_at == 12.0
    assert [each.unretrieved for each in facts.lines or ()] == [2]
    assert [each.detail for each in facts.ended or ()] == ["KeyError at x"]
    assert [(each.call, each.seconds) for each in facts.blocking or ()] == [("time.sleep", 1.5)]
    assert [each.live for each in facts.requests or ()] == [60]
    assert facts.knots is None


def test_facts_of_two_pages_or_processes_are_added_up() -> None:
    one, other = Facts(lines=(), taken_at=1.0), Facts(ended=(), taken_at=2.0)
    both = one.and_(other)
    assert (both.lines, both.ended, both.knots, both.taken_at) == ((), (), None, 1.0)
    assert both
    assert not Facts(taken_at=3.0)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (page(TASKS)[:-40], "JSON ends|no whole document"),
        (b'{"a": 1}', "not of snowshed"),
        (changed(page(TASKS), schema=2), "schema 2 of a later snowshed"),
        (b'{"schema": 1, "weather": "fine"}', "nothing of tasks in it, but schema, weather"),
        (b'{"schema": 1, "findings": []}', "a diagnosis, and not what one is made of"),
        (b'{"schema": 1, "tasks": [{"id": 1}]}', "not as snowshed writes it"),
        (changed(page(TASKS), stacks=[[99]]), "not as snowshed writes it: IndexError"),
        (changed(page(TASKS), stacks=[[-1]]), "not as snowshed writes it: IndexError"),
        (changed(page(TASKS), frames=3), "not as snowshed writes it"),
        (b'{"schema": 1, "groups": [{"waiting_at": "x"}]}', "not as snowshed writes it"),
        (b"{" * 100_000, "no whole document"),
    ],
)
def test_what_is_not_as_snowshed_writes_it_is_refused_in_one_line(body: bytes, said: str) -> None:
    with pytest.raises(FormatError, match=said) as error:
        load("now.json", body)
    assert str(error.value).startswith("now.json, ")
    assert "\n" not in str(error.value)


def test_gzip_is_read_too() -> None:
    assert len(seen(gzip.compress(page(TASKS)))) == 1


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3)
    ),
    max_leaves=8,
)


@given(st.data())
def test_whatever_stands_in_a_field_is_read_or_refused_in_one_line(data: st.DataObject) -> None:
    document = {**json.loads(WHOLE), "waits": GRAPH}
    holder = data.draw(st.sampled_from([document, *document["tasks"], *document["resources"]]))
    holder[data.draw(st.sampled_from([*holder]))] = data.draw(SHAPES)
    assert "\n" not in refusal_of(json.dumps(document).encode())


@given(st.integers(0, len(WHOLE)), st.binary(max_size=3))
def test_damage_anywhere_is_read_or_refused_in_one_line(at: int, damage: bytes) -> None:
    assert "\n" not in refusal_of(WHOLE[:at] + damage + WHOLE[at + len(damage) :])


def refusal_of(body: bytes) -> str:
    """Why it is refused; empty if it is a look."""
    try:
        look_at(load("now.json", body))
    except FormatError as error:
        return str(error)
    return ""
