"""The runs of a comparison differ in what they are compared for and in nothing else."""

from __future__ import annotations

import pytest

from snowshed.demo._schedule import flood_plan, idle_plan, overload_plan
from snowshed.demo._service import guard
from snowshed.demo._ways import flood_ways, idle_ways, overload_ways


def test_the_flood_is_met_bare_and_with_a_budget() -> None:
    bare, guarded = flood_ways(flood_plan(10.0))
    assert (bare.before, bare.after) == ((), ())
    assert (guarded.before, guarded.after) == (guard("--budget", "50"), ())


def test_the_uniform_flood_is_met_bare_with_a_fixed_limit_and_with_an_objective() -> None:
    plan = overload_plan(9.0)
    bare, limited, guarded = overload_ways(plan)
    assert (bare.before, bare.after) == ((), ())
    assert (limited.before, limited.after) == ((), ("--limit-concurrency", str(plan.concurrency)))
    assert (guarded.before, guarded.after) == (guard("--objective", "0.5"), ())


def test_snowshed_is_told_no_number_but_the_objective() -> None:
    [_, _, guarded] = overload_ways(overload_plan(9.0))
    told = [word for word in guarded.before if word[0].isdecimal()]
    assert [float(word) for word in told] == [overload_plan(9.0).objective]


@pytest.mark.parametrize("ways", [flood_ways, overload_ways, idle_ways])
def test_each_way_has_a_name_of_its_own(ways: object) -> None:
    assert callable(ways)
    named = [way.name for way in ways(idle_plan(1.0))]
    assert len(set(named)) == len(named)
