"""A table of stacks: bounded, and it forgets without its sums drifting."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.model import Frame
from snowshed.observe._sampler._aggregate import OTHERS, Cell, Key, Table


def key(name: str) -> Key:
    return Key((Frame(name, "shop.py", 1),), "lock")


def test_stacks_of_one_place_are_added_up() -> None:
    table = Table()
    table.add(key("a"), 50, 1.0)
    table.add(key("a"), 100, 2.0)
    table.add(key("b"), 50, 1.0)
    assert dict(table.rows()) == {key("a"): Cell(2, 150, 3.0), key("b"): Cell(1, 50, 1.0)}
    assert (table.weight, table.seconds, len(table)) == (200, 4.0, 2)
    assert table.period == 0.02


def test_an_empty_table_has_no_period() -> None:
    assert Table().period == 0.0
    assert list(Table().scaled()) == []


def test_places_that_differ_in_anything_are_different() -> None:
    stack = (Frame("a", "shop.py", 1),)
    keys = [
        Key(stack, "lock"),
        Key(stack, "sleep"),
        Key(stack, "lock", Frame("m", "m.py", 2)),
        Key(stack, "lock", owner="driver"),
        Key(stack, "lock", request="GET /"),
        Key(stack, "lock", kind="thread"),
    ]
    table = Table()
    for each in keys:
        table.add(each, 1, 1)
    assert len(table) == len(keys)


def test_beyond_the_bound_nothing_is_lost_but_the_place() -> None:
    table = Table(most=2)
    for name in ("a", "b", "c", "d", "a"):
        table.add(key(name), 10, 1.0)
    assert dict(table.rows()) == {
        key("a"): Cell(2, 20, 2.0),
        key("b"): Cell(1, 10, 1.0),
        OTHERS: Cell(2, 20, 2.0),
    }
    assert table.displaced == 2
    assert table.weight == 50


@given(
    stacks=st.lists(st.integers(1, 500), min_size=1, max_size=30),
    probability=st.sampled_from([0.0, 0.02, 0.5, 1.0]),
    seed=st.integers(0, 1000),
)
def test_a_fade_keeps_each_place_in_proportion_to_the_stacks_that_stay(
    stacks: list[int], probability: float, seed: int
) -> None:
    table = Table()
    for index, count in enumerate(stacks):
        table.add(key(str(index)), 7.0 * count, 0.5 * count, count)
    before = dict(table.rows())
    before = {each: Cell(cell.stacks, cell.weight, cell.seconds) for each, cell in before.items()}
    table.fade(probability, random.Random(seed).random)
    for each, cell in table.rows():
        assert 0 < cell.stacks <= before[each].stacks
        assert cell.weight == pytest.approx(7.0 * cell.stacks)
        assert cell.seconds == pytest.approx(0.5 * cell.stacks)
    assert table.weight == pytest.approx(7.0 * sum(stacks) * (1 - probability))
    if probability == 0:
        assert dict(table.rows()) == before
    if probability == 1:
        assert len(table) == 0


def test_each_stack_fades_with_the_same_probability_wherever_it_is() -> None:
    rng = random.Random(7)
    stayed = {"one": 0, "ten": 0, "hundred": 0}
    rounds = 4000
    for _ in range(rounds):
        table = Table()
        for name, count in (("one", 1), ("ten", 10), ("hundred", 100)):
            table.add(key(name), count, count, count)
        table.fade(0.02, rng.random)
        for each, cell in table.rows():
            stayed[each.stack[0].function] += cell.stacks
    assert stayed["one"] / rounds == pytest.approx(0.98, abs=0.01)
    assert stayed["ten"] / rounds / 10 == pytest.approx(0.98, abs=0.004)
    assert stayed["hundred"] / rounds / 100 == pytest.approx(0.98, abs=0.002)


def test_what_was_seen_once_is_gone_in_the_end_and_sums_do_not_drift() -> None:
    rng = random.Random(3)
    table = Table()
    for number in range(200):
        table.add(key(f"once {number}"), 1, 1)
    for _ in range(600):
        table.add(key("always"), 50, 1.0)
        table.fade(0.02, rng.random)
    assert len(table) < 5
    # What flows in is 50 in a round, and 2 % of what is there flows out.
    assert table.weight == pytest.approx(50 * 0.98 / 0.02, rel=0.01)
    assert sum(cell.weight for _, cell in table.scaled()) == pytest.approx(table.weight)
    assert sum(cell.seconds for _, cell in table.scaled()) == pytest.approx(table.seconds)
