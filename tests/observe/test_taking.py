"""One look at the tasks: who is taken, for how many each stands, and that sums are true."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from snowshed.model import Frame
from snowshed.observe._sampler._taking import (
    LONGEST_GAP,
    TAKEN_AT_A_LOOK,
    Taking,
    facts_of,
    route_of,
)
from snowshed.observe._settings import Settings

if TYPE_CHECKING:
    from snowshed.observe._snapshot._provenance import Origin

LOOKS = 5000
MADE = Frame("main", "shop.py", 3)


class Fake:
    """Stands for a task."""

    def __init__(self, owner: str | None = "user", *, done: bool = False) -> None:
        self.owner = owner
        self._done = done

    def done(self) -> bool:
        return self._done

    def get_loop(self) -> Any:
        raise RuntimeError


class Hostile(Fake):
    def done(self) -> bool:
        raise SystemError


def owner_of(task: Any) -> str | None:
    return task.owner


def taking_of(tasks: list[Fake], seed: int = 1, **settings: float) -> Taking:
    refs: list[Callable[[], Any]] = [lambda task=task: task for task in tasks]
    return Taking(Settings(**settings), lambda: refs, owner_of, random.Random(seed))


def looks(taking: Taking, count: int, period: float = 0.02) -> list:
    found = [taking.look(period * number) for number in range(count)]
    return [each for each in found if each is not None]


def test_one_task_that_is_always_taken_stands_for_itself() -> None:
    task = Fake()
    [*_, taken] = looks(taking_of([task], probability=1.0), 5)
    assert taken.tasks == [task]
    assert taken.weight == 1
    assert taken.seconds == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("population", "settings"),
    [
        (3, {}),
        (100, {}),
        (500, {"rate": 10.0}),
        (5000, {}),
        (40, {"probability": 1.0, "rate": 1000.0}),
    ],
)
def test_the_sums_of_weights_and_times_are_true_on_average(
    population: int, settings: dict[str, float]
) -> None:
    tasks = [Fake("user" if number % 4 else "driver") for number in range(population)]
    users = sum(task.owner == "user" for task in tasks)
    taking = taking_of(tasks, **settings)
    found = looks(taking, LOOKS)
    weights = sum(each.weight * len(each.tasks) for each in found)
    seconds = sum(each.seconds * len(each.tasks) for each in found)
    assert taking.candidates / taking.looks == pytest.approx(users, rel=0.1)
    assert weights / taking.looks == pytest.approx(users, rel=0.1)
    # A task that was there all the time has been there for all the time.
    assert seconds / (LOOKS * 0.02) == pytest.approx(users, rel=0.1)


def test_every_part_of_the_tasks_has_its_true_share_whatever_else_is_there() -> None:
    tasks = [Fake("user") for _ in range(300)]
    rare = set(tasks[:30])
    taking = taking_of(tasks + [Fake("helper") for _ in range(300)])
    found = looks(taking, 2 * LOOKS)
    share = sum(each.weight for each in found for task in each.tasks if task in rare)
    assert share / taking.looks == pytest.approx(30, rel=0.1)


@pytest.mark.parametrize("population", [1, 1000, 50_000])
def test_no_more_are_taken_than_the_rate_allows(population: int) -> None:
    taking = taking_of([Fake()] * population, probability=1.0, rate=50.0)
    found = looks(taking, 1000)
    assert taking.taken == sum(len(each.tasks) for each in found)
    assert taking.taken <= 50 * 20 + 5
    assert max(len(each.tasks) for each in found) <= TAKEN_AT_A_LOOK


@pytest.mark.parametrize("rate", [10.0, 50.0, 1000.0])
def test_what_was_saved_up_is_enough_for_eight_at_one_look(rate: float) -> None:
    found = looks(taking_of([Fake()] * 1000, probability=1.0, rate=rate), 5, period=1.0)
    assert {len(each.tasks) for each in found} == {TAKEN_AT_A_LOOK}


def test_tasks_are_taken_with_the_probability_where_the_rate_allows() -> None:
    taking = taking_of([Fake()] * 20)
    looks(taking, 10_000)
    assert taking.taken / taking.looks == pytest.approx(20 * 0.02, rel=0.1)


@pytest.mark.parametrize("population", [0, 10, 1000, 100_000])
def test_what_a_look_draws_is_bounded(population: int) -> None:
    taking = taking_of([Fake("driver")] * population)
    looks(taking, 200)
    assert taking.drawn <= 16 * taking.looks
    assert taking.taken == 0


def test_a_look_without_a_token_does_not_take_place_and_the_next_stands_for_its_time() -> None:
    taking = taking_of([Fake()], probability=1.0, rate=10.0)
    found = looks(taking, 1000)
    assert len(found) == pytest.approx(200, abs=3)
    assert found[-1].seconds == pytest.approx(0.1)


def test_a_gap_in_which_nobody_looked_is_not_a_time_that_is_known() -> None:
    taking = taking_of([Fake()], probability=1.0)
    looks(taking, 5)
    taken = taking.look(5000.0)
    assert taken is not None
    assert taken.seconds == LONGEST_GAP


def test_looks_that_are_far_apart_for_want_of_tokens_stand_for_all_of_the_time() -> None:
    taking = taking_of([Fake()], probability=1.0, rate=0.1)
    found = looks(taking, 10_000)
    assert len(found) == pytest.approx(19, abs=1)
    assert found[-1].seconds == pytest.approx(10.0, abs=0.05)


@pytest.mark.parametrize("task", [Fake(done=True), Fake("helper"), Hostile()])
def test_what_has_ended_or_is_not_the_users_or_raises_is_not_taken(task: Fake) -> None:
    taking = taking_of([task], probability=1.0)
    assert all(not each.tasks for each in looks(taking, 50))
    assert taking.unreadable == (taking.drawn if isinstance(task, Hostile) else 0)
    assert taking.drawn > 40


def test_a_task_of_which_nobody_knows_quickly_is_taken() -> None:
    task = Fake(None)
    [*_, taken] = looks(taking_of([task], probability=1.0), 5)
    assert taken.tasks == [task]


def test_facts_are_what_is_known_and_else_that_it_is_the_users() -> None:
    class Known:
        def of(self, task: Any) -> Origin | None:
            return (MADE, task.owner, "GET /items/8123?q=1", "", None) if task.owner else None

    assert facts_of(Fake("helper"), Known()) == ("helper", MADE, "GET /items/{}")
    assert facts_of(Fake(""), Known()) == facts_of(Fake(), None) == ("user", None, "")


@pytest.mark.parametrize(
    ("request_", "route"),
    [
        ("", ""),
        ("GET /", "GET /"),
        ("GET /feed", "GET /feed"),
        ("GET /v1/items/8123", "GET /v1/items/{}"),
        ("GET /v1", "GET /v1"),
        ("GET /v1x9/a", "GET /{}/a"),
        ("POST /u/0f8a-77/cart?token=s3cret", "POST /u/{}/cart"),
        ("grpc.Shop/Buy", "grpc.Shop/Buy"),
    ],
)
def test_a_route_has_no_names_of_things(request_: str, route: str) -> None:
    assert route_of(request_) == route
