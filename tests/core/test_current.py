"""Opening a scope with checked arguments, and finding the one that the running code belongs to."""

from __future__ import annotations

import asyncio
import math

import pytest

from _virtual import passes, virtual
from snowshed.core import current_scope, open_scope, remaining


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"budget": 0}, ValueError, "'x': budget must be positive, not 0"),
        ({"budget": -1}, ValueError, "'x': budget must be positive, not -1"),
        ({"budget": 2.5}, TypeError, "'x': budget must be a whole number, not 2.5"),
        ({"budget": "50"}, TypeError, "'x': budget must be a whole number, not '50'"),
        ({"limit": 0}, ValueError, "'x': limit must be positive, not 0"),
        ({"limit": 1.0}, TypeError, "'x': limit must be a whole number, not 1.0"),
        ({"timeout": 0}, ValueError, "'x': timeout must be positive, not 0"),
        ({"timeout": -3.5}, ValueError, "'x': timeout must be positive, not -3.5"),
        ({"timeout": math.nan}, ValueError, "'x': timeout must be positive, not nan"),
        ({"timeout": "3"}, TypeError, "'x': timeout must be a number, not '3'"),
        ({"deadline": math.nan}, ValueError, "'x': deadline must be a time, not nan"),
        ({"deadline": "now"}, TypeError, "'x': deadline must be a number, not 'now'"),
        ({"light_below": 1.5}, ValueError, "'x': light_below must be between 0 and 1, not 1.5"),
        ({"light_below": math.nan}, ValueError, "must be between 0 and 1, not nan"),
        ({"reserve": -1}, ValueError, "'x': reserve must be 0 or more seconds, not -1"),
        ({"reserve": math.inf}, ValueError, "'x': reserve must be 0 or more seconds, not inf"),
    ],
)
def test_wrong_arguments_are_refused_with_their_value(arguments, error, message):
    with pytest.raises(error) as caught:
        open_scope("x", **arguments)
    assert message in str(caught.value)


def test_unbounded_is_said_by_none():
    scope = open_scope("x", budget=None, limit=None, timeout=None, deadline=None)
    assert scope.statistics().budget is None
    assert open_scope("x").statistics().budget == 50


@virtual
async def test_an_endless_timeout_is_no_deadline():
    async with open_scope("x", timeout=math.inf, deadline=math.inf):
        assert remaining() is None


@virtual
async def test_the_current_scope_is_the_innermost():
    assert current_scope() is None
    async with open_scope("outer") as outer:
        async with open_scope("inner") as inner:
            assert current_scope() is inner
        assert current_scope() is outer
    assert current_scope() is None


@virtual
async def test_remaining_is_the_current_scopes():
    assert remaining() is None
    async with open_scope("outer", timeout=9):
        await asyncio.sleep(1)
        assert remaining() == 8
        async with open_scope("inner", timeout=2):
            assert remaining() == 2


@virtual
async def test_a_task_that_outlived_its_scope_runs_in_none():
    seen = []

    async def stray():
        seen.append(current_scope())
        await asyncio.sleep(5)
        seen.append(current_scope())
        async with open_scope("new", budget=1) as scope:
            await scope.spawn(passes)
            seen.append(scope._budget.parent)

    async with open_scope("x", timeout=3) as scope:
        task = asyncio.create_task(stray())
        await passes()
    await task
    assert seen == [scope, None, None]
