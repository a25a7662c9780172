"""The time of one task, as far as the latencies of whole requests show it."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _limits import anything
from snowshed.shed._feasibility import MOST, TaskTimes


def times_of(latencies, tasks=1, now=10.0):
    times = TaskTimes()
    for latency in latencies:
        times.note(now, latency, tasks)
    times.refresh(now)
    return times


def simulated(*fan_outs, requests=900, seed=1):
    """Times of requests whose tasks take 20 ms on average, exponentially distributed."""
    random = Random(seed)
    times = TaskTimes()
    for number in range(requests):
        tasks = fan_outs[number % len(fan_outs)]
        times.note(10.0, max(random.expovariate(50) for _ in range(tasks)), tasks)
    times.refresh(10.0)
    return times


def true_median(tasks):
    """Of the largest of so many: F ** tasks = 1 / 2."""
    return -math.log(1 - 0.5 ** (1 / tasks)) / 50


def test_without_fifty_requests_everything_is_possible():
    assert times_of([9.0] * 49).median(1) == 0.0
    assert times_of([9.0] * 50).median(1) == 9.0


def test_of_requests_of_one_task_it_is_their_median():
    """By hand: 1/99 + 1/98 + ... reaches log 2 at about half of them."""
    assert times_of([number / 1000 for number in range(1, 100)]).median(1) == 0.050


# Of requests of eight only the slowest task of each is seen: that says little of a single one.
@pytest.mark.parametrize(
    ("seen", "tasks"),
    [((1,), 1), ((1,), 8), ((1,), 32), ((8,), 8), ((8,), 32), ((1, 8, 32), 1), ((1, 8, 32), 8)],
)
def test_what_requests_of_some_size_show_holds_for_other_sizes(seen, tasks):
    assert simulated(*seen).median(tasks) == pytest.approx(true_median(tasks), rel=0.2)


def test_the_more_tasks_the_longer_it_takes():
    times = simulated(5)
    medians = [times.median(tasks) for tasks in (1, 2, 4, 8, 16, 64, 1000)]
    assert medians == sorted(medians)
    assert medians[0] < medians[-1]


def test_it_forgets_after_a_second():
    times = times_of([9.0] * 60, now=10.0)
    times.refresh(11.0)
    assert times.median(1) == 9.0
    times.refresh(11.1)
    assert times.median(1) == 0.0


def test_what_comes_in_counts_from_the_next_look_on():
    times = times_of([0.01] * 60)
    assert times.median(1) == 0.01
    for _ in range(600):
        times.note(10.1, 9.0, 1)
    assert times.median(1) == 0.01, "one sort for each look, not for each request"
    times.refresh(10.1)
    assert times.median(1) == 9.0


def test_a_clock_that_is_set_back_leaves_nothing_of_the_future():
    times = times_of([9.0] * 60, now=1e6)
    times.refresh(10.0)
    assert times.median(1) == 0.0


def test_it_remembers_a_bounded_number():
    times = times_of([0.01] * (MOST + 500))
    assert repr(times) == f"<TaskTimes of {MOST} requests>"
    for tasks in range(3000):
        times.median(tasks + 0.5)
    assert len(times._known) <= 1000


@given(
    notes=st.lists(st.tuples(anything, anything, anything), max_size=30),
    tasks=anything,
    now=anything,
)
def test_nothing_that_it_is_told_breaks_it(notes, tasks, now):
    times = times_of([0.01, 0.02] * 30)
    for note in notes:
        times.note(*note)
    assert times.median(tasks) >= 0.0
    times.refresh(now)
    assert 0.0 <= times.median(tasks) < math.inf
