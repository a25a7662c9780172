from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snowshed.observe._snapshot._cycles import cycles, cycles_in_steps

GRAPHS = st.dictionaries(
    st.integers(0, 8), st.lists(st.integers(0, 8), max_size=4).map(tuple), max_size=9
)


def naive(edges: dict[int, tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Groups by definition: each reaches each, in one step or more."""

    def reached_from(start: int) -> set[int]:
        reached: set[int] = set()
        todo = list(edges.get(start, ()))
        while todo:
            task = todo.pop()
            if task not in reached:
                reached.add(task)
                todo.extend(edges.get(task, ()))
        return reached

    reach = {task: reached_from(task) for task in edges}
    groups = {
        tuple(sorted(other for other in reach[task] if task in reach.get(other, ())))
        for task in edges
        if task in reach[task]
    }
    return sorted(groups)


@given(GRAPHS)
def test_what_is_found_is_what_the_definition_says(edges: dict[int, tuple[int, ...]]) -> None:
    assert cycles(edges) == naive(edges)


def test_two_that_await_each_other_are_a_group() -> None:
    assert cycles({1: [2], 2: [1], 3: [1], 4: []}) == [(1, 2)]


def test_a_task_that_awaits_itself_is_a_group_of_one() -> None:
    assert cycles({7: {7}}) == [(7,)]


def test_what_waits_for_a_group_is_no_part_of_it() -> None:
    assert cycles({1: (2,), 2: (3,), 3: (2,), 5: (1,)}) == [(2, 3)]


def test_a_task_that_is_no_key_waits_for_nothing() -> None:
    assert cycles({1: (2,), 3: (99, 4)}) == []


def test_a_chain_longer_than_the_stack_is_walked() -> None:
    length = 100_000
    chain = {task: (task + 1,) for task in range(length)}
    assert cycles(chain) == []
    ring = {task: ((task + 1) % length,) for task in range(length)}
    assert cycles(ring) == [tuple(range(length))]


def test_a_long_search_can_be_interrupted_often() -> None:
    length = 10_000
    chain = {task: (task + 1,) for task in range(length)}
    apart = {task: (task,) for task in range(length)}
    for edges in (chain, apart):
        assert sum(not group for group in cycles_in_steps(edges)) >= length // 128
