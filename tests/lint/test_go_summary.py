"""What a function does by way of those that it calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lint._go_code import package
from snowshed.lint._go import Function, callee, summaries
from snowshed.lint._go import _nodes as n

S = TypeVar("S")
CODE = """package p
func a() { b(); func() { ch <- 1 }() }
func b() { c(); a() }
func c() { s.mu.Lock() }
func alone() { print(1) }
func above() { a() }
func twice() { f := func() { c() }; f() }
"""


def called(function: Function, known: Callable[[Function], frozenset[str]]) -> frozenset[str]:
    """Return all methods that ``function`` calls, itself or by others."""
    found = frozenset(each.method for each in function.all(n.Call) if "." in each.path)
    for call in function.all(n.Call):
        target = callee(call)
        found |= frozenset() if target is None else known(target)
    return found


def summaries_of(
    code: str, first: S, of: Callable[[Function, Callable[[Function], S]], S]
) -> dict[str, S]:
    every = [part for each in package(code).functions for part in each.family()]
    found = summaries(every, first, of, calls=calls)
    return {each.display: summary for each, summary in found.items()}


def calls(function: Function) -> list[Function]:
    return [found for each in function.all(n.Call) if (found := callee(each)) is not None]


def test_a_summary_goes_through_calls_and_circles() -> None:
    assert summaries_of(CODE, frozenset[str](), called) == {
        "a": {"Lock"},
        "a.func1": set(),
        "b": {"Lock"},
        "c": {"Lock"},
        "alone": set(),
        "above": {"Lock"},
        "twice": {"Lock"},
        "twice.func1": {"Lock"},
    }


def test_a_function_is_looked_at_twice_at_most_if_nothing_changes() -> None:
    looked: list[str] = []

    def count(function: Function, known: Callable[[Function], int]) -> int:
        del known
        looked.append(function.display)
        return 1

    found = summaries_of(CODE, 0, count)
    assert set(looked) == set(found)
    assert len(looked) <= 2 * len(found)


def test_a_summary_that_does_not_settle_is_left() -> None:
    def growing(function: Function, known: Callable[[Function], int]) -> int:
        return 1 + max((known(each) for each in calls(function)), default=0)

    found = summaries_of("func a() { <-ch; b() }\nfunc b() { a() }", 0, growing)
    assert {name: value >= 1 for name, value in found.items()} == {"a": True, "b": True}
