"""What requests read of the rules' decisions, and the sample that every hop draws alike."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.shed._criticality import Criticality
from snowshed.shed._effects import (
    NO_EFFECT,
    REQUEST_EFFECT,
    Effect,
    Effects,
    RequestRule,
    current_effects,
    degraded,
    sampled_out,
    set_effects,
)


@pytest.fixture(autouse=True)
def nothing_in_force() -> Iterator[None]:
    set_effects(None)
    yield
    set_effects(None)


EFFECTS = st.builds(
    Effect,
    degraded=st.frozensets(st.sampled_from("abc")),
    sample=st.integers(1, 20),
    timeout=st.none() | st.floats(0.01, 10),
    refuse_below=st.none() | st.sampled_from(Criticality),
)


@given(EFFECTS, EFFECTS, EFFECTS)
def test_merging_knows_no_order_and_nothing_is_its_zero(a: Effect, b: Effect, c: Effect) -> None:
    assert a.merged(b) == b.merged(a)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))
    assert a.merged(NO_EFFECT) == a == a.merged(a)


def test_of_two_numbers_the_stricter_one_holds() -> None:
    one = Effect(frozenset({"a"}), 10, 2.0, Criticality.SHEDDABLE_PLUS)
    other = Effect(frozenset({"b"}), 2, 0.5, Criticality.CRITICAL)
    assert one.merged(other) == Effect(frozenset("ab"), 10, 0.5, Criticality.CRITICAL)


def test_a_route_has_its_own_effect_and_that_of_the_service() -> None:
    effects = Effects(Effect(sample=2), routes={"/search": Effect(timeout=0.2)})
    assert effects.of("/search") == Effect(sample=2, timeout=0.2)
    assert effects.of("/other") == Effect(sample=2)


def test_a_request_with_too_many_tasks_meets_the_rules_for_it() -> None:
    light = Effect(frozenset({"reviews"}))
    rules = [
        RequestRule("wide", metric="peak_tasks", above=30, effect=light, enforced=True),
        RequestRule("long", metric="spawned_tasks", above=30, effect=light, enforced=True),
    ]
    effects = Effects(Effect(sample=2), request_rules=rules)
    assert effects.for_request("/", peak=30) == Effect(sample=2)
    assert effects.for_request("/", peak=31) == Effect(frozenset({"reviews"}), sample=2)
    assert effects.for_request("/", spawned=31) == Effect(frozenset({"reviews"}), sample=2)
    assert [rule.hits for rule in rules] == [1, 1]


def test_a_dry_run_rule_for_requests_only_counts() -> None:
    rule = RequestRule(
        "wide", metric="peak_tasks", above=1, effect=Effect(timeout=1), enforced=False
    )
    assert Effects(request_rules=[rule]).for_request("/", peak=2) is NO_EFFECT
    assert rule.hits == 1
    assert repr(rule) == "<RequestRule 'wide' (dry-run): peak_tasks > 1, 1 hits>"


def test_code_outside_of_requests_obeys_the_rules_of_the_service() -> None:
    assert not degraded("reviews")
    set_effects(Effects(Effect(frozenset({"reviews"}))))
    assert degraded("reviews")
    assert not degraded("prices")
    set_effects(None)
    assert current_effects().of("/") == NO_EFFECT


def test_code_inside_a_request_obeys_those_of_the_request() -> None:
    set_effects(Effects(routes={"/search": Effect(frozenset({"reviews"}))}))
    token = REQUEST_EFFECT.set(lambda: current_effects().of("/search"))
    try:
        assert degraded("reviews")
    finally:
        REQUEST_EFFECT.reset(token)
    assert not degraded("reviews")


@pytest.mark.parametrize("n", [1, 0, -5])
def test_a_sample_of_one_leaves_nothing_out(n: int) -> None:
    assert not sampled_out("anything", n)


def test_a_sample_keeps_one_in_n() -> None:
    kept = sum(not sampled_out(f"request-{i}", 10) for i in range(20_000))
    assert 1850 <= kept <= 2150


@given(st.text())
def test_what_a_strict_sample_keeps_a_looser_one_keeps_too(request_id: str) -> None:
    assert sampled_out(request_id, 10) <= sampled_out(request_id, 100)


def test_every_process_draws_the_same_sample() -> None:
    """Python's own hash differs in each process; and the numbers must survive an upgrade."""
    kept = [i for i in range(60) if not sampled_out(f"request-{i}", 10)]
    code = (
        "from snowshed.shed._effects import sampled_out;"
        "print([i for i in range(60) if not sampled_out(f'request-{i}', 10)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(kept)
    assert kept == KEPT


KEPT = [1, 36, 37, 48, 54]


def test_an_id_that_is_no_text_draws_too() -> None:
    assert isinstance(sampled_out("\udcff", 10), bool)
