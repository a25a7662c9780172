"""A caller's header can tighten what the service allows, and a broken one changes nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.integrations._headers import (
    baggage_of,
    grpc_timeout,
    statistics,
    task_budget,
    tightened,
    timeout_ms,
)
from snowshed.shed import Baggage, Criticality

NAMES = st.sampled_from(
    [b"x-request-timeout-ms", b"grpc-timeout", b"snowshed-budget", b"accept", b"snowshed"]
)
# What a header may be: text that could nearly be right, or any bytes.
NEARLY = st.from_regex(rb"[ +-]?[0-9]{0,12}[.e]?[0-9]{0,3}[HMSmunx]?", fullmatch=True)
VALUES = st.one_of(NEARLY, st.binary(max_size=20))
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=5)
TIMEOUTS = st.one_of(st.none(), st.floats(min_value=1e-3, max_value=1e6))
BUDGETS = st.one_of(st.none(), st.integers(min_value=1, max_value=10**6))


@given(HEADERS, TIMEOUTS, BUDGETS)
def test_no_headers_whatever_they_hold_can_loosen_a_limit(headers, timeout, budget):
    tight_timeout, tight_budget = tightened(headers, timeout=timeout, budget=budget)
    assert tight_timeout is None or 0 < tight_timeout <= (timeout or math.inf)
    assert tight_budget is None or 0 < tight_budget <= (budget or math.inf)
    assert tight_timeout is not None or timeout is None
    assert tight_budget is not None or budget is None
    assert isinstance(tight_budget, (int, type(None)))


@given(st.permutations([b"900", b"300", b"600"]))
def test_of_several_the_tightest_counts_in_any_order(values):
    headers = [(b"x-request-timeout-ms", value) for value in values]
    assert tightened(headers, timeout=1.0, budget=None) == (0.3, None)


def test_what_a_service_does_not_limit_its_caller_may():
    headers = [(b"grpc-timeout", b"250m"), (b"snowshed-budget", b" 7 ")]
    assert tightened(headers, timeout=None, budget=None) == (0.25, 7)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1H", 3600),
        ("2M", 120),
        ("3S", 3),
        ("4m", 4e-3),
        ("5u", 5e-6),
        ("6n", 6e-9),
        ("3600S", 3600),
        ("3601S", None),  # longer than anybody waits
        ("99999999H", None),
        ("123456789S", None),  # gRPC allows eight digits
        ("0S", None),
        ("3", None),
        ("3s", None),
        ("-3S", None),
        ("3.5S", None),
        ("", None),
    ],
)
def test_grpc_timeout(value, seconds):
    assert grpc_timeout(value) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("1500", 1.5), (" 20 ", 0.02), ("0", None), ("1.5", None), ("-1", None), ("1e3", None)],
)
def test_timeout_ms(value, seconds):
    assert timeout_ms(value) == seconds


@pytest.mark.parametrize(
    ("value", "tasks"), [("5", 5), ("0", None), ("-5", None), ("many", None), ("1" * 10, None)]
)
def test_task_budget(value, tasks):
    assert task_budget(value) == tasks


@pytest.mark.parametrize(
    "header",
    [
        (b"x-request-timeout-ms", b"-5"),
        (b"x-request-timeout-ms", b"9" * 30),
        (b"x-request-timeout-ms", "\u0665\u0660".encode()),
        (b"x-request-timeout-ms", b"\xb2"),
        (b"grpc-timeout", b"1 fortnight"),
        (b"snowshed-budget", b"0"),
        (b"snowshed-budget", b"\xff\xfe"),
        (b"x-criticality", b"very"),
        (b"x-criticality", b"\xff" * 5000),
        (b"x-request-id", b""),
        (b"x-request-id", b"a b"),
        (b"x-request-id", b"a\r\nset-cookie: b"),
        (b"x-request-id", "\u00e9".encode()),
        (b"x-request-id", b"x" * 129),
    ],
)
def test_what_cannot_be_read_is_ignored_and_counted(header):
    before = statistics().ignored
    assert tightened([header], timeout=None, budget=None) == (None, None)
    assert baggage_of([header], trusted=True) == Baggage()
    assert statistics().ignored == before + 1


def test_what_can_be_read_is_not_counted():
    before = statistics().ignored
    readable = [
        (b"x-request-timeout-ms", b"100"),
        (b"snowshed-budget", b"5"),
        (b"accept", b"\xff"),
        (b"x-criticality", b"sheddable"),
        (b"x-request-id", b"r-1"),
    ]
    tightened(readable, timeout=None, budget=None)
    assert baggage_of(readable) == Baggage(Criticality.SHEDDABLE, "r-1")
    assert statistics().ignored == before


def test_a_stranger_can_lower_the_class_of_its_request_and_a_peer_can_raise_it():
    def asked(name, *, trusted):
        return baggage_of([(b"x-criticality", name)], trusted=trusted).criticality

    assert asked(b"critical-plus", trusted=False) is Criticality.CRITICAL
    assert asked(b"critical-plus", trusted=True) is Criticality.CRITICAL_PLUS
    assert asked(b"sheddable-plus", trusted=False) is Criticality.SHEDDABLE_PLUS
