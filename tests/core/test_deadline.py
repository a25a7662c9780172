"""The tightest deadline counts, and it stays the property of the scope that set it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.core._deadline import Deadline, resolve

OUTER = Deadline(at=10.0, hard=12.0, scope="outer", timeout=5.0)


def resolved(inherited=None, now=6.0, timeout=None, deadline=None, reserve=0.0):
    return resolve(
        inherited, scope="x", now=now, timeout=timeout, deadline=deadline, reserve=reserve
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, None),
        ({"timeout": 3.0}, Deadline(9.0, 9.0, "x", 3.0)),
        ({"deadline": 8.0}, Deadline(8.0, 8.0, "x", 2.0)),
        ({"timeout": 3.0, "deadline": 8.0}, Deadline(8.0, 8.0, "x", 2.0)),
        ({"timeout": 3.0, "reserve": 1.0}, Deadline(8.0, 9.0, "x", 2.0)),
        ({"timeout": 3.0, "reserve": 5.0}, Deadline(4.0, 9.0, "x", 0.0)),
        ({"deadline": 1.0}, Deadline(1.0, 1.0, "x", 0.0)),
        ({"timeout": float("inf")}, None),
        ({"inherited": OUTER}, OUTER),
        ({"inherited": OUTER, "timeout": 4.0}, OUTER),
        ({"inherited": OUTER, "timeout": 3.0}, Deadline(9.0, 9.0, "x", 3.0)),
        ({"inherited": OUTER, "timeout": 5.0, "reserve": 2.0}, Deadline(9.0, 11.0, "x", 3.0)),
    ],
)
def test_resolve(arguments, expected):
    assert resolved(**arguments) == expected


@given(
    st.floats(0, 100),
    st.none() | st.floats(0, 100),
    st.none() | st.floats(0, 200),
    st.floats(0, 50),
)
def test_a_child_never_has_more_time_than_its_parent(now, timeout, deadline, reserve):
    found = resolved(OUTER, now, timeout, deadline, reserve)
    assert found is not None
    assert found.at <= OUTER.at
    assert found.at <= found.hard


def test_remaining_is_never_negative():
    assert OUTER.remaining(7.5) == 2.5
    assert OUTER.remaining(11.0) == 0.0


def test_clean_up_has_the_reserve_and_then_no_deadline():
    assert OUTER.for_cleanup(10.5) == Deadline(at=12.0, hard=12.0, scope="outer", timeout=1.5)
    assert OUTER.for_cleanup(12.0) is None
