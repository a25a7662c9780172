"""Groups of several processes as one list, against counting the tasks one by one."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.cli._groups import SORTS, Group, columns, merge, row, shown, sort

BY = ["state", "created-at"]
tasks = st.lists(
    st.tuples(
        st.sampled_from(["lock", "sleep"]),
        st.sampled_from(["", "a.py:1 f"]),
        st.none() | st.floats(0, 9),
    ),
    max_size=20,
)


def document(found: list[tuple[str, str, float | None]]) -> dict[str, object]:
    """What one process says of its tasks."""
    groups = []
    for key, count in Counter((state, line) for state, line, _ in found).items():
        ages = [age for state, line, age in found if (state, line) == key and age is not None]
        oldest = max(ages, default=None)
        groups.append({"count": count, "oldest": oldest, "state": key[0], "created_at": key[1]})
    return {"groups": groups}


@given(st.lists(tasks, max_size=4))
def test_merged_groups_are_those_of_all_tasks_together(
    processes: list[list[tuple[str, str, float | None]]],
) -> None:
    merged = merge(map(document, processes), BY)
    everything = [task for process in processes for task in process]
    counts = Counter((state, line) for state, line, _ in everything)
    assert {group.key: group.count for group in merged} == counts
    assert [group.count for group in merged] == sorted(counts.values(), reverse=True)
    for group in merged:
        ages = [age for *key, age in everything if tuple(key) == group.key and age is not None]
        assert group.oldest == max(ages, default=None)
        assert group.processes == sum(
            any((state, line) == group.key for state, line, _ in process) for process in processes
        )


GROUPS = [
    Group(("sleep", "b"), 10, None, 1),
    Group(("lock", "a"), 7, 3.0, 1),
    Group(("lock", "c"), 9, 60.0, 2),
]


@pytest.mark.parametrize(
    ("order", "counts"),
    [
        ("count", [10, 9, 7]),
        ("oldest", [9, 7, 10]),
        ("growth", [7, 9, 10]),
        ("state", [9, 7, 10]),
        ("created-at", [7, 10, 9]),
    ],
)
def test_groups_are_sorted_by_a_number_or_by_what_they_are_alike_in(
    order: str, counts: list[int]
) -> None:
    before = {("sleep", "b"): 30, ("lock", "c"): 8}
    assert [group.count for group in sort(GROUPS, order, BY, before)] == counts


def test_every_sort_works_without_a_look_before() -> None:
    assert all(len(sort(GROUPS, order)) == 3 for order in SORTS)


def test_a_column_for_the_processes_is_there_only_if_there_are_several() -> None:
    titles = [column.title for column in columns(BY, 1)]
    assert titles == ["count", "state", "created at", "oldest"]
    assert [column.title for column in columns(BY, 2)][:2] == ["count", "in"]
    assert row(GROUPS[0], 1) == ["10", "sleep", "b", "-"]
    assert row(GROUPS[2], 2) == ["9", "2", "lock", "c", "60 s"]


def test_of_a_place_only_the_end_of_its_path_is_shown() -> None:
    assert shown("/srv/shop/app.py:41 checkout") == "shop/app.py:41 checkout"
    assert shown("C:/x y/app.py:4 <lambda>") == "x y/app.py:4 <lambda>"
    assert (shown("lock"), shown("")) == ("lock", "-")


def test_a_group_for_a_program_names_what_it_is_alike_in() -> None:
    facts = {"count": 7, "oldest": 3.0, "processes": 1, "state": "lock", "created_at": "a"}
    assert GROUPS[1].as_dict(BY) == facts
