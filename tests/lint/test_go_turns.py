"""How often a loop turns, where that is written, and whether it does something in each turn."""

from __future__ import annotations

import pytest

from lint._go_code import body
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._turns import counts_of, in_function, is_steady, skipping

COUNTS = {
    "for range xs {}": {"xs", "len(xs)"},
    "for i := range s.list {}": {"s.list", "len(s.list)"},
    "for i := 0; i < len(xs); i++ {}": {"len(xs)"},
    "for i := 0; i < n; i++ {}": {"n"},
    "n := len(xs); for i := 0; i < n; i++ {}": {"n", "len(xs)"},
    "for i := 1; i < n; i++ {}": set(),
    "for i := 0; i <= n; i++ {}": set(),
    "for range f() {}": set(),
    "for {}": set(),
}


@pytest.mark.parametrize(("code", "counts"), COUNTS.items(), ids=COUNTS)
def test_how_often_it_turns(code: str, counts: set[str]) -> None:
    (loop,) = body(code).all(n.For)
    assert counts_of(loop) == counts


@pytest.mark.parametrize(
    ("code", "steady"),
    [("n := len(xs)", True), ("n := 1; n--", False), ("xs = nil", False), ("s.list = nil", False)],
)
def test_what_changes_the_count(code: str, steady: bool) -> None:
    assert is_steady(body(code), ["n", "len(xs)", "s.list"]) is steady


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("go f()", None),
        ("if x { continue }; go f()", "continue"),
        ("if x { break }; go f()", "break"),
        ("if x { return }; go f()", None),
        ("if x { go f(); continue }; go f()", None),
        ("for range ys { break }; go f()", None),
    ],
)
def test_a_turn_without_it(code: str, line: str | None) -> None:
    function = body(f"for range xs {{ {code} }}")
    loop = next(each for each in function.all(n.For) if each.ranged and each.ranged.text == "xs")
    found = skipping(loop, function.all(n.Go))
    assert (found and found.text) == line


def test_what_is_in_a_literal_stands_where_that_does() -> None:
    function = body("go func() { func() { f() }() }()")
    inner = function.all(n.FunctionLiteral)[0].literal.all(n.FunctionLiteral)[0].literal
    (call,) = inner.all(n.Call)
    assert in_function(function, call) is function.all(n.FunctionLiteral)[0]
    assert in_function(inner, function.all(n.Go)[0]) is None
