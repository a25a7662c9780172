"""Numbers and lengths that the source tells."""

from __future__ import annotations

import pytest

from lint._go_code import body
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._numbers import length_of, number


def last(code: str) -> n.Expression:
    """Return what stands last in ``code``: ``_ = x``."""
    statement = body(code).body.statements[-1]
    assert isinstance(statement, n.Assign)
    return statement.right[0]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("_ = 3", 3),
        ("_ = uint32(3)", 3),
        ("const k = 3; _ = k", 3),
        ("k := 3; k = 4; _ = k", None),
        ("k := 3; k++; _ = k", None),
        ("_ = k", None),
        ("_ = k * 2", None),
    ],
)
def test_a_number_is_one_that_is_written(code: str, found: int | None) -> None:
    assert number(last(code)) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("_ = []string{a, b, `c`}", 3),
        ("_ = [...]int{1, 2}", 2),
        ("_ = [...]int{9: 1}", None),
        ("_ = map[string]int{`a`: 1}", None),
        ("x := []int{1, 2}; _ = x", 2),
        ("x := []int{1, 2}; x = append(x, 3); _ = x", None),
        ("var x [4]int; _ = x", 4),
        ("var x *[4]int; _ = x", 4),
        ("_ = x[:5]", 5),
        ("_ = x[2:5]", 3),
        ("_ = x[2:5:9]", 3),
        ("_ = x[2:]", None),
        ("_ = x[:k]", None),
        ("_ = x", None),
        ("_ = f()", None),
    ],
)
def test_a_length_is_one_that_is_written(code: str, found: int | None) -> None:
    assert length_of(last(code)) == found
