"""What a function does by way of those that it calls."""

from __future__ import annotations

from collections.abc import Callable

from lint._go_code import package
from snowshed.lint._go import Function, callee, reaching, summaries
from snowshed.lint._go import _nodes as n

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


def test_who_may_call_what_matters_is_looked_at_too() -> None:
    names = {each.display for each in reaching(package(CODE))}
    assert names == {"a", "a.func1", "b", "c", "above", "twice", "twice.func1"}


def test_a_summary_goes_through_calls_and_circles() -> None:
    found = summaries(package(CODE), "called", frozenset[str](), called)
    assert {each.display: set(summary) for each, summary in found.items()} == {
        "a": {"Lock"},
        "a.func1": set(),
        "b": {"Lock"},
        "c": {"Lock"},
        "above": {"Lock"},
        "twice": {"Lock"},
        "twice.func1": {"Lock"},
    }


def test_summaries_are_worked_out_once() -> None:
    found = package(CODE)
    looked: list[str] = []

    def count(function: Function, known: Callable[[Function], int]) -> int:
        del known
        looked.append(function.display)
        return 1

    assert summaries(found, "count", 0, count) is summaries(found, "count", 0, count)
    assert len(looked) <= 2 * len(reaching(found))


def test_a_summary_that_does_not_settle_is_left() -> None:
    def growing(function: Function, known: Callable[[Function], int]) -> int:
        return 1 + max((known(c) for c in map(callee, function.all(n.Call)) if c), default=0)

    found = summaries(package("func a() { <-ch; b() }\nfunc b() { a() }"), "growing", 0, growing)
    assert {each.display: value >= 1 for each, value in found.items()} == {"a": True, "b": True}
