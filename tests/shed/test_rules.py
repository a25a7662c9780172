"""The engine: which rules are active, as a function of readings and time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.shed._effects import Effect
from snowshed.shed._rules._engine import (
    Readings,
    RuleState,
    State,
    adopt,
    effects_of,
    evaluate,
)
from snowshed.shed._rules._event import RuleEvent
from snowshed.shed._rules._parse import parse_rules

if TYPE_CHECKING:
    from snowshed.shed._rules._model import RuleTree

RULE = """
[[rules]]
name = "errors"
when = "error_rate > 15%"
clear_when = "error_rate < 10%"
for = "5s"
clear_for = "4s"
min_dwell = "10s"
mode = "enforce"
action = { degrade = ["reviews"] }
"""
BELOW = """
  [[rules.then]]
  name = "worse"
  when = "p99 > 1s"
  for = "2s"
  min_dwell = "0s"
  action = { sample = 10, hook = "page" }
"""


def run(
    tree: RuleTree, readings: Iterable[tuple[float, Mapping[str, float | None]]]
) -> list[tuple[float, str, str]]:
    """Return (when, what, which rule) of everything that happens."""
    state: State = {}
    found = []
    for now, values in readings:
        state, events = evaluate(tree, state, Readings(values), now)
        found += [(event.at, event.event, event.rule) for event in events]
    return found


def errors(*rates: float | None, start: int = 0) -> list[tuple[float, dict[str, float | None]]]:
    return [(float(start + t), {"error_rate": rate}) for t, rate in enumerate(rates)]


def test_a_condition_has_to_hold() -> None:
    tree = parse_rules(RULE)
    assert run(tree, errors(0.2, 0.2, 0.2, 0.2, 0.2, 0.0, 0.2)) == []
    assert run(tree, errors(*[0.2] * 6)) == [(5.0, "enter", "errors")]


def test_it_leaves_at_a_threshold_of_its_own_that_has_to_hold_too() -> None:
    tree = parse_rules(RULE)
    found = run(tree, errors(*[0.2] * 6, *[0.12] * 30, 0.05, 0.05, 0.11, *[0.05] * 9))
    assert found == [(5.0, "enter", "errors"), (43.0, "leave", "errors")]


def test_it_dwells_however_calm_it_is() -> None:
    found = run(parse_rules(RULE), errors(*[0.2] * 6, *[0.0] * 30))
    assert found == [(5.0, "enter", "errors"), (15.0, "leave", "errors")]


def test_it_also_dwells_before_it_comes_back() -> None:
    found = run(parse_rules(RULE), errors(*[0.2] * 6, *[0.0] * 10, *[0.2] * 30))
    assert found[1:] == [(15.0, "leave", "errors"), (25.0, "enter", "errors")]


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_what_is_missing_neither_enters_nor_leaves(missing: float | None) -> None:
    tree = parse_rules(RULE)
    assert run(tree, errors(*[0.2] * 4, *[missing] * 50)) == []
    assert run(tree, errors(*[0.2] * 6, *[missing] * 100)) == [(5.0, "enter", "errors")]
    assert run(tree, [(float(t), {}) for t in range(100)]) == []
    interrupted = errors(0.2, 0.2, missing, missing, 0.2, 0.2)
    assert run(tree, interrupted) == [(5.0, "enter", "errors")]


def test_a_short_absence_does_not_begin_the_holding_anew_and_a_long_one_does() -> None:
    tree = parse_rules(RULE)
    assert run(tree, errors(0.2, 0.2, None, None, 0.2, 0.2)) == [(5.0, "enter", "errors")]
    after_a_gap = errors(0.2, 0.2, *[None] * 6, *[0.2] * 5)
    assert run(tree, after_a_gap) == []
    assert run(tree, [*after_a_gap, *errors(0.2, start=13)]) == [(13.0, "enter", "errors")]


def test_a_clock_that_leaps_ahead_enters_nothing_by_itself() -> None:
    tree = parse_rules(RULE)
    assert run(tree, [*errors(0.2, 0.2), *errors(*[0.2] * 5, start=7200)]) == []


def test_a_clock_that_goes_back_enters_nothing_and_locks_nothing() -> None:
    tree = parse_rules(RULE)
    entered = errors(*[0.2] * 6, start=5000)
    assert run(tree, [*errors(*[0.2] * 4, start=5000), *errors(*[0.2] * 5)]) == []
    again = [*errors(*[0.2] * 4, start=5000), *errors(*[0.2] * 6)]
    assert run(tree, again) == [(5.0, "enter", "errors")]
    found = run(tree, [*entered, *errors(*[0.0] * 40)])
    assert found == [(5005.0, "enter", "errors"), (10.0, "leave", "errors")]


def test_an_immediate_rule_needs_one_reading() -> None:
    tree = parse_rules(RULE.replace('"5s"', '"0s"'))
    assert run(tree, errors(0.2)) == [(0.0, "enter", "errors")]


def test_readings_that_come_seldom_hold_too() -> None:
    """A replay of one reading in a minute must work as well."""
    tree = parse_rules(RULE.replace('"5s"', '"120s"').replace('"4s"', '"120s"'))
    found = run(tree, [(60.0 * i, {"error_rate": 0.2 if i < 4 else 0.0}) for i in range(10)])
    assert found == [(120.0, "enter", "errors"), (360.0, "leave", "errors")]


def test_a_rule_below_is_judged_only_while_the_one_above_is_active() -> None:
    tree = parse_rules(RULE + BELOW)
    slow = {"p99": 2.0}
    readings = [(float(t), {"error_rate": 0.2 if 20 <= t < 40 else 0.0, **slow}) for t in range(60)]
    assert run(tree, readings) == [
        (25.0, "enter", "errors"),
        (27.0, "enter", "worse"),
        (44.0, "leave", "errors"),
        (44.0, "leave", "worse"),
    ]


def test_it_says_why_a_rule_below_has_left() -> None:
    tree = parse_rules(RULE + BELOW)
    below = RuleEvent(
        at=4.0,
        event="leave",
        rule="worse",
        scope="instance",
        mode="enforce",
        action="sample 10, hook page",
        hook="page",
        why="the rule above it has left",
    )
    _, events = evaluate(
        tree,
        {("errors", ""): RuleState(True, -99.0, 0.0, 3.0), ("worse", ""): RuleState(True)},
        Readings({"error_rate": 0.0, "p99": 9.0}),
        4.0,
    )
    assert events[1] == below


def test_an_event_is_one_line_that_tells_everything() -> None:
    _, events = evaluate(
        parse_rules(RULE),
        {("errors", ""): RuleState(False, None, 0.0, 4.0)},
        Readings({"error_rate": 0.2}),
        5.0,
    )
    assert str(events[0]) == (
        "rule enters: rule=errors scope=instance mode=enforce value=20.0% "
        'condition="error_rate > 15%" held=5.0s action="degrade reviews"'
    )


def test_a_dry_run_says_what_it_would_have_done() -> None:
    tree = parse_rules(RULE.replace("enforce", "dry-run"))
    state, events = evaluate(
        tree, {("errors", ""): RuleState(False, None, 0.0, 4.0)}, Readings({"error_rate": 0.2}), 5.0
    )
    assert "mode=dry-run" in str(events[0])
    assert 'would="degrade reviews"' in str(events[0])
    assert state["errors", ""].active
    assert effects_of(tree, state).service == Effect()


def test_a_route_that_a_client_made_up_cannot_forge_a_log_line() -> None:
    event = RuleEvent(0.0, "enter", "a", "route", '/x"\nrule enters: b', "enforce")
    assert "\n" not in str(event)


ROUTES = """
[[rules]]
name = "slow"
when = "p99 > 1s"
route = "/api/*"
for = "2s"
min_dwell = "0s"
mode = "enforce"
action = { timeout = "200ms" }
  [[rules.then]]
  name = "failing"
  when = "error_rate > 50%"
  for = "0s"
  action = { refuse = "sheddable" }
"""


def test_routes_are_judged_one_by_one() -> None:
    tree = parse_rules(ROUTES)
    state: State = {}
    slow, fast = {"p99": 2.0, "error_rate": 0.9}, {"p99": 0.1, "error_rate": 0.9}
    readings = Readings(routes={"/api/a": slow, "/api/b": fast, "/other": slow})
    found = []
    for t in range(4):
        state, events = evaluate(tree, state, readings, float(t))
        found += [(event.at, event.rule, event.route) for event in events]
    assert found == [(2.0, "slow", "/api/a"), (2.0, "failing", "/api/a")]
    effects = effects_of(tree, state)
    assert effects.of("/api/a").timeout == 0.2
    assert effects.of("/api/a").refuse_below is not None
    assert effects.of("/api/b") == Effect()


def test_a_route_that_is_not_read_any_more_keeps_its_state() -> None:
    tree = parse_rules(ROUTES)
    state: State = {("slow", "/api/a"): RuleState(active=True)}
    after, events = evaluate(tree, state, Readings(), 5.0)
    assert after["slow", "/api/a"].active
    assert events == []


def test_cluster_rules_read_the_cluster_and_this_instance_where_there_is_none() -> None:
    tree = parse_rules(RULE.replace('"5s"', '"0s"') + 'scope = "cluster"\n')
    own = {"error_rate": 0.9}
    assert evaluate(tree, {}, Readings(own, cluster={"error_rate": 0.0}), 0.0)[1] == []
    assert evaluate(tree, {}, Readings(own, cluster={}), 0.0)[1] == []
    assert len(evaluate(tree, {}, Readings(own), 0.0)[1]) == 1


def test_rules_for_single_requests_act_while_the_rule_above_them_does() -> None:
    text = (
        RULE
        + """
  [[rules.then]]
  name = "wide"
  when = "peak_tasks >= 20"
  action = { degrade = ["prices"] }
[[rules]]
name = "always"
when = "spawned_tasks > 100"
action = { timeout = "1s" }
"""
    )
    tree = parse_rules(text)
    calm, flood = effects_of(tree, {}), effects_of(tree, {("errors", ""): RuleState(active=True)})
    assert [rule.name for rule in calm.request_rules] == ["always"]
    assert [rule.name for rule in flood.request_rules] == ["wide", "always"]
    assert flood.for_request("/", peak=19).degraded == {"reviews"}
    assert flood.for_request("/", peak=20).degraded == {"reviews", "prices"}
    assert flood.for_request("/", spawned=101).timeout is None
    assert evaluate(tree, {}, Readings({"peak_tasks": 99}), 0.0)[1] == []


def test_rules_for_single_requests_below_one_about_routes_act_on_its_routes() -> None:
    text = (
        RULE
        + """
route = "/a*"
  [[rules.then]]
  name = "wide"
  when = "peak_tasks >= 20"
  action = { degrade = ["prices"] }
"""
    )
    state = {("errors", "/a"): RuleState(active=True), ("errors", "/ab"): RuleState()}
    effects = effects_of(parse_rules(text), state)
    assert effects.for_request("/a", peak=20).degraded == {"reviews", "prices"}
    assert effects.for_request("/ab", peak=20) == effects.for_request("/b", peak=20) == Effect()
    assert [rule.hits for rule in effects.request_rules] == [1]
    assert effects_of(parse_rules(text), {}).request_rules == ()


def test_a_new_file_keeps_the_state_of_rules_that_keep_their_name() -> None:
    old, state = (
        parse_rules(RULE + BELOW),
        {
            ("errors", ""): RuleState(True, 1.0, 2.0, 3.0),
            ("worse", ""): RuleState(True),
            ("gone", ""): RuleState(False),
        },
    )
    kept, events = adopt(old, parse_rules(RULE.replace("15%", "25%")), state, 9.0)
    assert kept == {("errors", ""): RuleState(True, 1.0, None, 3.0)}
    assert [(e.event, e.rule, e.hook, e.why) for e in events] == [
        ("leave", "worse", "page", "the rule is no longer in the file")
    ]


def test_a_rule_that_is_now_about_routes_begins_anew() -> None:
    old, new = parse_rules(RULE), parse_rules(RULE + 'route = "/a"\n')
    kept, events = adopt(old, new, {("errors", ""): RuleState(active=True)}, 9.0)
    assert kept == {}
    assert [event.event for event in events] == ["leave"]


def adopted(old: str, new: str, *routes: str) -> list[tuple[str, str, str, str]]:
    """Return what is told when ``errors`` was active on the routes while the text changed."""
    state = {("errors", route): RuleState(True, 1.0) for route in routes or ("",)}
    _, events = adopt(parse_rules(old), parse_rules(new), state, 9.0)
    return [(event.event, event.mode, event.hook, event.route) for event in events]


HOOKED = RULE.replace('["reviews"]', '["reviews"], hook = "page"')


def test_an_active_rule_that_no_longer_enforces_leaves_as_it_was() -> None:
    assert adopted(HOOKED, HOOKED.replace('"enforce"', '"dry-run"')) == [
        ("leave", "enforce", "page", ""),
        ("enter", "dry-run", "page", ""),
    ]


def test_an_active_rule_that_is_enforced_from_now_on_enters() -> None:
    assert adopted(HOOKED.replace('"enforce"', '"dry-run"'), HOOKED) == [
        ("leave", "dry-run", "page", ""),
        ("enter", "enforce", "page", ""),
    ]


def test_another_hook_takes_over_and_the_one_of_before_hears_of_it() -> None:
    assert adopted(HOOKED, HOOKED.replace("page", "call")) == [
        ("leave", "enforce", "page", ""),
        ("enter", "enforce", "call", ""),
    ]
    assert adopted(HOOKED, HOOKED.replace("15%", "25%")) == []


def test_a_rule_leaves_the_routes_that_it_is_no_longer_about() -> None:
    narrow, wide = HOOKED + 'route = "/a"\n', HOOKED + 'route = "/*"\n'
    assert adopted(wide, narrow, "/a", "/b") == [("leave", "enforce", "page", "/b")]
    assert adopted(narrow, wide, "/a") == []
    below = HOOKED + 'route = "/*"\n'
    above = HOOKED.replace('"errors"', '"top"').replace("page", "top") + 'route = "/b"\n'
    moved = above + "  " + below.replace("[[rules]]", "[[rules.then]]")
    assert adopted(wide, moved, "/a", "/b") == [("leave", "enforce", "page", "/a")]


RATES = st.none() | st.floats(0, 1) | st.just(float("nan"))
STEPS = st.tuples(st.floats(0.1, 5) | st.sampled_from([-3600.0, 7200.0, 1.0]), RATES, RATES)


@given(st.lists(STEPS, max_size=80), st.sampled_from(["0s", "3s", "20s"]))
def test_it_never_flaps_and_always_leaves_in_calm(
    steps: list[tuple[float, float | None, float | None]], hold: str
) -> None:
    """Whatever is read, and whatever the clock does."""
    tree = parse_rules(RULE.replace('"5s"', f'"{hold}"') + BELOW)
    now, state = 1000.0, {}
    changes: list[float] = []
    went_back = False
    for step, rate, p99 in steps:
        now += step
        went_back |= step < 0
        state, events = evaluate(tree, state, Readings({"error_rate": rate, "p99": p99}), now)
        changes += [event.at for event in events if event.rule == "errors"]
        if state["worse", ""].active:
            assert state["errors", ""].active
    if not went_back:
        assert all(b - a >= 9.99 for a, b in pairwise(changes))
    for _ in range(20):
        now += 1.0
        state, _ = evaluate(tree, state, Readings({"error_rate": 0.0, "p99": 0.0}), now)
    assert not any(each.active for each in state.values())
    assert effects_of(tree, state).service == Effect()


@given(st.lists(st.floats(0, 1), max_size=60))
def test_it_enters_only_after_its_condition_has_held(rates: list[float]) -> None:
    state: State = {}
    tree = parse_rules(RULE)
    for t, rate in enumerate(rates):
        before = state.get(("errors", ""), RuleState()).active
        state, events = evaluate(tree, state, Readings({"error_rate": rate}), float(t))
        if events and not before:
            assert all(each > 0.15 for each in rates[t - 5 : t + 1])
        if events and before:
            assert all(each < 0.10 for each in rates[t - 4 : t + 1])


def test_what_was_given_is_not_changed() -> None:
    tree, before = parse_rules(RULE), {("errors", ""): RuleState(False, None, 0.0, 4.0)}
    copy = dict(before)
    evaluate(tree, before, Readings({"error_rate": 0.9}), 5.0)
    assert before == copy
