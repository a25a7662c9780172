"""Tasks are counted by stack and labels, and the difference of two counts is the growth."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _snapshots import ACQUIRE, AT_THE_LOCK, LOCK, SHOP, task, thread
from snowshed.model import Frame, Profile, Resource, Sample, TaskState, ValueType
from snowshed.observe._go_profile import _go_profile
from snowshed.observe._go_profile._go_profile import GOROUTINE, delta, goroutine_profile


def labels_of(profile: Profile) -> list[dict[str, str | int]]:
    return [dict(sample.labels) for sample in profile.samples]


def test_tasks_at_one_place_are_one_sample() -> None:
    profile = goroutine_profile([task(1), thread(), task(2)], time_nanos=7)
    assert profile.sample_types == (GOROUTINE,)
    assert (profile.period_type, profile.period, profile.time_nanos) == (GOROUTINE, 1, 7)
    assert [sample.values for sample in profile.samples] == [(2,), (1,)]
    assert profile.samples[0].stack == AT_THE_LOCK
    assert labels_of(profile) == [
        {
            "state": "lock",
            "wait": "lock",
            "resource": "asyncio.Lock",
            "created_by": "main:7",
            "age_bucket": "1s-10s",
            "kind": "task",
            "owner": "user",
            "loop": "1",
        },
        {"state": "running", "kind": "thread", "owner": "infrastructure"},
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"stack": (ACQUIRE,)},
        {"state": TaskState.SEMAPHORE},
        {"resource": Resource(2, "snowshed.WeightedSemaphore", "", 1)},
        {"resource": None},
        {"created_at": SHOP},
        {"age": 0.5},
        {"kind": "thread"},
        {"owner": "driver"},
        {"loop": 2},
    ],
)
def test_tasks_that_differ_in_a_label_are_apart(changed: dict[str, object]) -> None:
    assert len(goroutine_profile([task(1), task(2, **changed)]).samples) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "other"},
        {"request": "GET /other"},
        {"resource": replace(LOCK, id=2, text="<asyncio.Lock [unlocked]>")},
        {"age": 5.5},
        {"stack": tuple(replace(frame) for frame in AT_THE_LOCK)},
    ],
)
def test_what_has_many_values_is_no_label(changed: dict[str, object]) -> None:
    assert [
        sample.values for sample in goroutine_profile([task(1), task(2, **changed)]).samples
    ] == [(2,)]


def test_tasks_that_have_ended_are_left_out() -> None:
    ended = [task(1, state=TaskState.DONE), task(2, state=TaskState.UNRETRIEVED)]
    assert goroutine_profile([*ended, task(3)]).samples[0].values == (1,)
    assert goroutine_profile(ended).samples == ()


@pytest.mark.parametrize(
    ("age", "bucket"),
    [
        (None, ""),
        (0.0, "<1s"),
        (1.0, "1s-10s"),
        (10.0, "10s-1m"),
        (60.0, "1m-10m"),
        (600.0, "10m-1h"),
        (3600.0, ">1h"),
        (1e9, ">1h"),
    ],
)
def test_ages_are_told_in_seven_words(age: float | None, bucket: str) -> None:
    assert _go_profile.age_bucket(age) == bucket


def test_every_state_that_is_a_wait_has_a_word() -> None:
    none = {state for state in TaskState if not _go_profile.wait_of(state)}
    assert none == {
        TaskState.CREATED,
        TaskState.READY,
        TaskState.RUNNING,
        TaskState.DONE,
        TaskState.UNRETRIEVED,
    }


TASKS = st.lists(
    st.builds(
        task,
        st.integers(1, 99),
        state=st.sampled_from(TaskState),
        age=st.none() | st.floats(0, 1e6),
        stack=st.sampled_from([AT_THE_LOCK, (), (SHOP,), (replace(SHOP),)]),
        resource=st.sampled_from([LOCK, None]),
    )
)


@given(TASKS)
def test_every_living_task_is_counted_once(tasks: list) -> None:
    living = [each for each in tasks if each.state not in _go_profile.ENDED]
    profile = goroutine_profile(iter(tasks))
    assert sum(sample.values[0] for sample in profile.samples) == len(living)
    places = [(sample.stack, sample.labels) for sample in profile.samples]
    assert len(set(places)) == len(places)


def counts(profile: Profile) -> Counter:
    return Counter({(s.stack, s.labels): s.values[0] for s in profile.samples if s.values[0]})


@given(TASKS, TASKS)
def test_what_was_before_and_the_difference_are_what_is_after(before: list, after: list) -> None:
    first = goroutine_profile(before, with_ages=False, time_nanos=5)
    second = goroutine_profile(after, with_ages=False, time_nanos=9)
    grown = delta(first, second)
    assert grown.duration_nanos == 4
    assert all(sample.values != (0,) for sample in grown.samples)
    total = counts(first)
    total.update(counts(grown))
    assert {place: count for place, count in total.items() if count} == counts(second)


def test_a_task_that_only_grows_older_is_no_growth() -> None:
    looks = [goroutine_profile([task(1, age=age)], with_ages=False) for age in (0.5, 11.5)]
    assert delta(*looks).samples == ()


def test_a_difference_keeps_all_values_of_a_sample() -> None:
    types = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))
    stack = (Frame("f", "f.py", 1),)
    before = Profile(types, (Sample(stack, (2, 70)),), types[0], 1)
    after = Profile(types, (Sample(stack, (5, 90)),), types[0], 1)
    grown = delta(before, after)
    assert grown.samples == (Sample(stack, (3, 20)),)
    assert (grown.sample_types, grown.period_type, grown.period) == (types, types[0], 1)
