"""A learned cost is the mean at first, and follows a change within the route later."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.shed._cost import LearnedCost


def learned(*samples: int) -> LearnedCost:
    cost = LearnedCost()
    for tasks in samples:
        cost.learn(tasks)
    return cost


def test_a_route_not_yet_learned_costs_one():
    assert LearnedCost().cost == 1.0


def test_the_first_request_says_all_and_the_next_take_the_mean():
    assert learned(40).cost == 40
    assert learned(40, 20).cost == 30
    assert learned(40, 20, 3).cost == pytest.approx(21)


def test_the_task_that_answers_counts_even_if_nobody_counted_it():
    assert learned(0, 0).cost == 1


def test_a_mix_shift_within_the_route_is_followed_within_some_fifty_requests():
    cost = learned(*[2] * 10_000)
    for _ in range(50):
        cost.learn(32)
    assert 0.6 * 32 < cost.cost < 0.7 * 32
    for _ in range(100):
        cost.learn(32)
    assert cost.cost > 0.94 * 32


def test_one_monster_does_not_become_the_price_of_the_route():
    cost = learned(*[3] * 1000, 200)
    assert cost.cost == pytest.approx(3 + 0.02 * 197)


def test_the_sum_of_costs_is_what_a_mixed_route_uses():
    draw = random.Random(7)
    cost, errors = LearnedCost(), []
    for _ in range(4000):
        errors.append(cost.cost - (tasks := draw.choice([2, 2, 2, 32])))
        cost.learn(tasks)
    assert abs(sum(errors)) / 4000 < 0.5


@given(st.lists(st.integers(-5, 10_000), min_size=1))
def test_it_is_never_below_one_and_never_beyond_what_was_seen(samples):
    cost = learned(*samples).cost
    assert 1 <= cost <= max(1, *samples, 1) * (1 + 1e-9)


def test_it_begins_with_what_another_has_learned_unless_it_has_learned_itself():
    known = learned(10, 20)
    fresh, other = LearnedCost(), learned(5)
    fresh.start_from(known)
    other.start_from(known)
    assert (fresh.cost, fresh.learned) == (15, 2)
    assert other.cost == 5
    fresh.learn(15)
    assert known.learned == 2


def test_repr_says_what_it_rests_on():
    assert repr(learned(10, 20)) == "<LearnedCost 15.00 tasks, of 2 requests>"
