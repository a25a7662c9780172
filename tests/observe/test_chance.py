"""Drawing and taking: each task with the same, known probability, and no more than the rate."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.observe._sampler._chance import DRAWN_AT_MOST, Tokens, draw, stretch, take


@given(
    count=st.integers(0, 200_000),
    probability=st.floats(0.0001, 1.0),
    seed=st.integers(0, 100),
)
def test_what_is_drawn_is_there_and_bounded(count: int, probability: float, seed: int) -> None:
    length = stretch(count, probability)
    drawn = list(draw(count, length, random.Random(seed)))
    assert all(0 <= index < count for index in drawn)
    assert drawn == sorted(drawn)
    assert len(drawn) <= DRAWN_AT_MOST


@pytest.mark.parametrize("count", [1, 7, 50, 119, 1000])
def test_each_is_drawn_with_the_same_probability(count: int) -> None:
    rng, rounds = random.Random(5), 20_000
    length = stretch(count, 0.1)
    drawn = Counter(index for _ in range(rounds) for index in draw(count, length, rng))
    first, last = drawn[0] * length / rounds, drawn[count - 1] * length / rounds
    assert first == pytest.approx(1, abs=0.15)
    assert last == pytest.approx(1, abs=0.15)
    assert drawn.total() * length / count / rounds == pytest.approx(1, abs=0.03)


def test_few_are_drawn_with_the_probability_and_many_with_what_the_bound_allows() -> None:
    assert stretch(10, 0.02) == 50
    assert stretch(800, 0.02) == 50
    assert stretch(100_000, 0.02) == 100_000 / DRAWN_AT_MOST


@given(st.lists(st.integers(), max_size=40), st.integers(1, 10), st.integers(0, 100))
def test_those_that_are_taken_stand_for_all_that_were_found(
    found: list[int], most: int, seed: int
) -> None:
    taken, each = take(found, most, random.Random(seed))
    assert len(taken) == min(len(found), most)
    assert not Counter(taken) - Counter(found)
    assert len(taken) * each == pytest.approx(len(found))


def test_tokens_come_at_the_rate_and_are_kept_up_to_a_bound() -> None:
    tokens = Tokens(50, 5)
    assert tokens.fill(10.0) == 0
    assert tokens.fill(10.02) == 1
    tokens.spend(1)
    assert tokens.fill(10.03) == 0
    assert tokens.fill(10.04) == 1
    assert tokens.fill(99.0) == 5


def test_a_clock_that_goes_back_brings_nothing() -> None:
    tokens = Tokens(50, 5)
    tokens.fill(10.0)
    assert tokens.fill(9.0) == 0
    assert tokens.fill(9.02) == 1


@given(st.lists(st.floats(0.001, 0.5), min_size=1, max_size=200))
def test_no_more_are_spent_than_the_rate_and_the_bound_allow(gaps: list[float]) -> None:
    tokens, now, spent = Tokens(50, 5), 0.0, 0
    tokens.fill(now)
    for gap in gaps:
        now += gap
        count = tokens.fill(now)
        tokens.spend(count)
        spent += count
    assert spent <= 50 * now + 1e-6 * len(gaps)
