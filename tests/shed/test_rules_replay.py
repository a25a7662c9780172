"""Rules on readings that were recorded, whatever the recording looks like."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.shed._rules._parse import parse_rules
from snowshed.shed._rules._replay import Replay

TREE = parse_rules(
    """
[[rules]]
name = "errors"
when = "error_rate > 15%"
window = "30s"
for = "5s"
min_dwell = "0s"
scope = "cluster"
action = { sample = 2 }
[[rules]]
name = "breaker"
when = 'breaker("db") is open'
for = "0s"
min_dwell = "0s"
action = { sample = 2 }
[[rules]]
name = "pool"
when = "pool_exhausted(db)"
for = "0s"
min_dwell = "0s"
action = { sample = 2 }
[[rules]]
name = "queue"
when = "gauge(queue) > 5"
for = "0s"
min_dwell = "0s"
action = { sample = 2 }
[[rules]]
name = "slow"
when = "p99 > 1s"
route = "/api/*"
for = "0s"
min_dwell = "0s"
action = { sample = 2 }
"""
)


def replayed(*readings: object) -> tuple[list[tuple[float, str, str]], Replay]:
    replay = Replay(TREE)
    lines = [each if isinstance(each, str) else json.dumps(each) for each in readings]
    return [(e.at, e.event, e.rule) for e in replay.run(lines)], replay


def test_a_recording_enters_and_leaves() -> None:
    rates = [0.3 if 10 <= t < 20 else 0.0 for t in range(40)]
    found, replay = replayed(*({"t": t, "error_rate": rate} for t, rate in enumerate(rates)))
    assert found == [(15.0, "enter", "errors"), (25.0, "leave", "errors")]
    assert (replay.readings, replay.broken, replay.warnings) == (40, 0, [])


@pytest.mark.parametrize(
    ("reading", "rule"),
    [
        ({"breaker": {"db": "open"}}, "breaker"),
        ({"breaker": {"db": "forced_open"}}, "breaker"),
        ({'breaker("db")': "open"}, "breaker"),
        ({"pool_exhausted": {"db": True}}, "pool"),
        ({"pool_exhausted(db)": 1}, "pool"),
        ({"gauge": {"queue": 6, "other": 1}}, "queue"),
        ({"gauge('queue')": 6.5}, "queue"),
        ({"routes": {"/api/a": {"p99": 2}, "/b": {"p99": 2}}}, "slow"),
    ],
)
def test_each_kind_of_metric_is_read_as_rules_write_it(
    reading: dict[str, object], rule: str
) -> None:
    found, replay = replayed({"t": 0, **reading})
    assert found == [(0.0, "enter", rule)]
    assert replay.warnings == []


def test_the_cluster_has_readings_of_its_own() -> None:
    both = {"error_rate": 0.9, "cluster": {"error_rate": 0.0}}
    assert replayed(*({"t": t, **both} for t in range(10)))[0] == []


def test_null_is_missing() -> None:
    readings = [{"t": t, "error_rate": 0.3 if t < 6 else None} for t in range(100)]
    assert replayed(*readings)[0] == [(5.0, "enter", "errors")]


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ("{", "metrics.jsonl:2: skipped: no JSON: Expecting property name"),
        ("[1]", "metrics.jsonl:2: skipped: a reading is an object"),
        (
            '{"error_rate": 1}',
            "metrics.jsonl:2: skipped: 't' must be a finite number of seconds, not None",
        ),
        ('{"t": true}', "'t' must be a finite number of seconds, not True"),
        ('{"t": 1, "error_rate": "high"}', "'error_rate' must be a number, not 'high'"),
        ('{"t": 1, "breaker": {"db": "opne"}}', "'opne' is no state of a breaker; known are"),
        ('{"t": 1, "routes": 3}', "'routes' must be an object of readings, not 3"),
        ('{"t": 1, "cluster": [3]}', "'cluster' must be an object of readings, not [3]"),
        ('{"t": NaN}', "'t' must be a finite number of seconds, not nan"),
        ('{"t": -Infinity}', "'t' must be a finite number of seconds, not -inf"),
        (f'{{"t": 1{"0" * 400}}}', "int too large to convert to float"),
        (f'{{"t": 1, "error_rate": 1{"0" * 400}}}', "int too large to convert to float"),
        ("[" * 100_000, "metrics.jsonl:2: skipped: "),
    ],
)
def test_a_broken_line_is_skipped_named_and_counted(line: str, warning: str) -> None:
    ok = [{"t": t, "error_rate": 0.3} for t in range(6)]
    found, replay = replayed(ok[0], line, *ok[1:])
    assert found == [(5.0, "enter", "errors")]
    assert (replay.readings, replay.broken) == (6, 1)
    (told,) = replay.warnings
    assert warning in told


def test_a_name_that_no_rule_can_say_is_told_once() -> None:
    _, replay = replayed({"t": 0, "eror_rate": 1}, {"t": 1, "eror_rate": 1})
    assert replay.warnings == [
        "metrics.jsonl:1: unknown metric 'eror_rate' is left out (did you mean 'error_rate'?)"
    ]


def test_warnings_do_not_grow_without_bound_and_broken_lines_are_counted_on() -> None:
    _, replay = replayed(*["{"] * 500, *({"t": 0, f"x{i}": 0} for i in range(500)))
    assert len(replay.warnings) == 20
    assert replay.broken == 500


def test_rules_for_single_requests_say_that_they_are_not_tried() -> None:
    text = '[[rules]]\nname = "wide"\nwhen = "peak_tasks > 1"\naction = { degrade = "x" }'
    assert Replay(parse_rules(text)).warnings == [
        "rule 'wide' judges single requests, and a recording has none"
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["t", "error_rate", "routes", "cluster", "breaker", "db", "x"]), inner
        )
    ),
    max_leaves=10,
)


@given(st.lists(JSON.map(json.dumps) | st.text(max_size=20), max_size=10))
def test_any_recording_is_read_to_its_end(lines: list[str]) -> None:
    replay = Replay(TREE)
    list(replay.run(lines))
    assert replay.readings + replay.broken == sum(bool(line.strip()) for line in lines)
