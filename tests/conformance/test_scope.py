"""What every scope must survive: the bugs that others had."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref

import pytest

from _virtual import cancelled_at, fail, forever, passes, stubborn, virtual
from snowshed.core import open_scope


class Boom(Exception):
    """What fails, fails with this."""


@pytest.mark.parametrize("outcome", ["result", "error"])
@virtual
async def test_a_scope_that_stays_open_keeps_neither_results_nor_errors_of_ended_tasks(outcome):
    """aiotools#21 and #54, aiorpcX#46, modelcontextprotocol/python-sdk#2145."""
    alive = weakref.WeakSet()

    class Result(Exception):
        pass

    async def work():
        result = Result()
        alive.add(result)
        try:
            if outcome == "error":
                raise result
            return result
        finally:
            del result

    async def handled():
        with contextlib.suppress(Result):
            await work()

    async with open_scope("server") as scope:
        for _ in range(500):
            await (await scope.spawn(work if outcome == "result" else handled))
        await passes()
        gc.collect()
        assert len(alive) <= 8


@virtual
async def test_a_cancelled_wait_for_a_place_leaks_none():
    """hyx: a queued caller that was cancelled took a permit with it for ever."""
    async with open_scope("x", limit=2) as scope:
        for _ in range(2):
            await scope.spawn(asyncio.sleep, 1)
        for _ in range(5):
            assert (await cancelled_at(0.1, scope.spawn(forever))).cancelled()
        await asyncio.sleep(1)
        for _ in range(2):
            scope.spawn_nowait(passes)


@virtual
async def test_a_child_that_waited_for_its_place_runs_in_the_context_of_its_own_spawner():
    """aiojobs: a pending job started in the context of the job whose end let it in."""
    seen = []

    async def work():
        seen.append(asyncio.current_task().get_name())

    async def request(scope, name):
        await scope.spawn(passes)
        await scope.spawn(work, name=name)

    async with open_scope("x", limit=1) as scope:
        requests = [asyncio.create_task(request(scope, name)) for name in "ABC"]
        await asyncio.wait(requests)
    assert sorted(seen) == ["A", "B", "C"]


@virtual
async def test_cancel_with_waiting_spawns_does_not_hang():
    """pond#61 and #138: a pool that was cancelled with jobs in its queue waited for ever."""
    async with open_scope("x", limit=1) as scope:
        await scope.spawn(forever)
        waiting = [asyncio.create_task(scope.spawn(forever)) for _ in range(5)]
        await passes()
        scope.cancel("enough")
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(result).__name__ for result in results} == {"ClosedResourceError"}


@virtual
async def test_a_child_that_starts_its_sibling_at_the_limit_can_be_cancelled():
    """ants#197, pond#56: nested submits on one full pool hang; here a deadline ends the wait."""

    async def parent(scope):
        await scope.spawn(passes, timeout=3)

    with pytest.raises(TimeoutError):
        async with open_scope("x", limit=1) as scope:
            await scope.spawn(parent, scope)
    assert asyncio.get_running_loop().time() == 3


@virtual
async def test_a_scope_in_a_timeout_in_a_scope_gives_every_cancellation_back():
    """python/cpython#95289 and its kin: a cancellation too many, or one lost, when blocks nest."""
    for inner, outer in ((1, 2), (2, 1), (1, 1)):
        host = asyncio.current_task()
        try:
            async with asyncio.timeout(outer), open_scope("x") as scope:
                await scope.spawn(stubborn, 0.5)
                await scope.spawn(fail, Boom(), inner)
                await forever()
        except TimeoutError:
            assert outer <= inner
        except Boom:
            assert inner < outer
        assert host.cancelling() == 0
        await asyncio.sleep(1)
