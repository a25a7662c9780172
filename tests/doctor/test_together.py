"""What several workers of one service do becomes one look of the service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from _snapshots import AT_THE_LOCK, MAIN, SHOP, task, thread
from doctor._task_pages import page, seen
from snowshed.doctor import Look, diagnose
from snowshed.doctor._case import Case
from snowshed.doctor._tasks import awaited, label
from snowshed.doctor._together import together
from snowshed.model import TaskState

if TYPE_CHECKING:
    import pytest


def worker(*numbers: int, **changed: object) -> list[Look]:
    body = page([*(task(n, awaits=(n,), **changed) for n in numbers), thread(90)])
    return seen(body, body)


def test_counts_are_added_up_and_tasks_say_of_which_process_they_are() -> None:
    looks = together("4700", [("4711", worker(1, 2)), ("4712", worker(1, 2, 3))])
    assert [(look.total, look.listed) for look in looks] == [(7, True), (7, True)]
    group = looks[0].groups[0]
    assert (group.count, group.at, group.stack) == (5, SHOP, AT_THE_LOCK)
    assert len({each.id for each in group.members}) == 5
    assert [label(each, "process") for each in group.members] == ["4711"] * 2 + ["4712"] * 3
    assert all(awaited(each) == (each.id,) for each in group.members)
    assert looks[0].source == "4700 (2 processes)"


def test_tasks_of_the_same_id_in_two_processes_are_two() -> None:
    one, other = worker(1), worker(1)
    case = Case(together("4700", [("4711", one), ("4712", other)]))
    (group,) = (group for group in case.groups if group.state == "lock")
    assert case.stayed(group) == 2
    assert case.find(group.members[0].id) is group.members[0]
    assert case.lists_all


def test_one_process_is_what_it_is() -> None:
    looks = together("4711", [("4711", worker(1))])
    assert [look.total for look in looks] == [2, 2]


def test_profiles_and_lists_are_of_their_own_moments() -> None:
    looks = together("0", [(name, [_unlisted(worker(1)[0]), *worker(1)]) for name in "12"])
    assert [look.listed for look in looks] == [False, True, True]


def test_without_a_list_of_each_process_there_is_none() -> None:
    listed = worker(1)
    looks = together("0", [("1", [_unlisted(listed[0]), *listed]), ("2", [_unlisted(listed[0])])])
    assert [look.listed for look in looks] == [False]


def _unlisted(look: Look) -> Look:
    return replace(look, listed=False)


def test_a_group_keeps_no_more_members_than_one_process_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("snowshed.doctor._together.MEMBERS_AT_MOST", 3)
    (look, _) = together("0", [("1", worker(1, 2)), ("2", worker(1, 2))])
    assert (look.groups[0].count, len(look.groups[0].members)) == (4, 3)


def test_a_fault_that_all_workers_have_is_one() -> None:
    stuck = [worker(*range(n * 10, n * 10 + 6), state=TaskState.QUEUE_PUT) for n in range(8)]
    looks = together("0", [(str(n), looks) for n, looks in enumerate(stuck)])
    (finding,) = diagnose(looks).findings
    assert (finding.count, finding.at, finding.created_by) == (48, SHOP, MAIN)
