"""Tasks that were made past the task factory are found where the interpreter lets us look."""

from __future__ import annotations

import asyncio
import sys

import pytest

from _virtual import passes, virtual
from attach._attached import attached
from snowshed.attach._sweep import REST, Sweep
from snowshed.core import open_scope
from snowshed.integrations._request import Policy, RequestScope

CAN_LOOK = sys.version_info >= (3, 12)
needs_contexts = pytest.mark.skipif(not CAN_LOOK, reason="tasks tell their context from 3.12 on")


def bypass(seconds=1.0):
    """Make a task as aiohttp's server and redis' sentinel do."""
    return asyncio.Task(asyncio.sleep(seconds))


class Clock:
    def __init__(self, *times):
        self.times = list(times)

    def __call__(self):
        return self.times.pop(0)


@needs_contexts
@virtual
async def test_it_finds_what_runs_in_the_context_of_a_budget_and_is_not_known():
    outside = bypass()
    async with open_scope("x") as scope:
        child = await scope.spawn(asyncio.sleep, 1)
        known, stranger = bypass(), bypass()
        ended = bypass(0)
        await passes()
        found = Sweep(Clock(0, 0)).bypassers(scope._budget, [known, child])
        assert found == [stranger]
        await asyncio.wait([known, stranger, ended, outside])


@needs_contexts
@virtual
async def test_it_rests_a_hundred_times_as_long_as_it_took():
    async with open_scope("x") as scope:
        task = bypass()
        budget = scope._budget
        clock = Clock(10.0, 10.5, 10.5 + REST * 0.5 - 0.1, 10.5 + REST * 0.5, 100.0)
        sweep = Sweep(clock)
        assert sweep.bypassers(budget, []) == [task]
        assert sweep.bypassers(budget, []) == []  # too early: it does not look at all
        assert sweep.bypassers(budget, []) == [task]
        await task


@pytest.mark.skipif(CAN_LOOK, reason="there it looks")
@virtual
async def test_before_3_12_it_does_not_look():
    async with open_scope("x") as scope:
        task = bypass()
        assert Sweep(Clock(0, 0)).bypassers(scope._budget, []) == []
        await task


@virtual
async def test_a_request_in_detail_is_swept_at_its_end():
    async def handle():
        policy = Policy(budget=3, enforce=False)
        async with RequestScope("GET /x", policy, timeout=None, budget=3):
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(5)))
            kept.append(bypass())

    kept = []
    with attached() as runtime:
        await asyncio.create_task(handle())
        await asyncio.wait(kept)
    statistics = runtime.statistics()
    assert statistics.bypassed == (1 if CAN_LOOK else 0)
    assert (statistics.spawned, statistics.outlived, statistics.failures) == (5, 0, 0)
