"""Counts are exact, and a request that is over holds nothing and is held by nothing."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref

import pytest

from _virtual import passes, virtual
from attach._attached import attached
from integrations._exchange import Exchange, respond
from snowshed.core import current_scope
from snowshed.core._budget import CURRENT
from snowshed.integrations.asgi import RequestScopeMiddleware

MODES = pytest.mark.parametrize("mode", ["observe", "enforce"])


async def serve(app, mode, exchange=None, **policy):
    """Serve one request, with snowshed around ``app``."""
    policy = {"enforce": mode == "enforce", **policy}
    return await (exchange or Exchange()).run(RequestScopeMiddleware(app, **policy))


@MODES
@virtual
async def test_fan_outs_one_after_the_other_are_no_flood(mode):
    """Counted by callbacks, which lag by one pass of the loop, they would be up to 79 at once."""

    async def app(scope, receive, send):
        for _ in range(5):
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(40)))
        peaks.append(current_scope().statistics().peak)
        await respond(send)

    peaks: list[int] = []
    with attached(mode=mode) as runtime:
        exchange = await serve(app, mode)
    statistics = runtime.statistics()
    assert exchange.status == 200
    assert peaks == [40]
    assert (statistics.over_budget, statistics.spawned) == (0, 200)


@MODES
@virtual
async def test_a_request_of_one_task_after_the_other_is_never_over_budget(mode):
    async def app(scope, receive, send):
        for _ in range(500):
            await asyncio.create_task(asyncio.sleep(0))
        await respond(send)

    with attached(mode=mode) as runtime:
        exchange = await serve(app, mode, budget=2)
    assert exchange.status == 200
    assert runtime.statistics().over_budget == 0


class Info(dict):
    """An ASGI scope that can be watched."""


@MODES
@pytest.mark.parametrize("pin", ["a task", "a timer", "a context", "a cancelled timer"])
@virtual
async def test_what_pins_the_context_of_a_request_pins_nothing_of_it(mode, pin):
    """A pooled connection's task does for ever, and a cancelled timer until it was to fire."""
    kept = []

    async def app(scope, receive, send):
        loop = asyncio.get_running_loop()
        for _ in range(20):  # enough for an account
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(20)))
        if pin == "a task":
            kept.append(asyncio.create_task(asyncio.sleep(100)))
        if pin == "a timer":
            kept.append(loop.call_later(100, passes))
        if pin == "a context":
            kept.append(contextvars.copy_context())
        if pin == "a cancelled timer":
            async with asyncio.timeout(60):
                await asyncio.sleep(0)
        current_scope()
        gone.append(weakref.ref(current_scope()))
        gone.append(weakref.ref(scope))
        await respond(send)

    gone: list[weakref.ref] = []
    exchange = Exchange()
    exchange.scope = Info(exchange.scope)
    with attached(mode=mode, grace=0.0):
        await serve(app, mode, exchange, grace=0.0)
        del exchange
        await passes()
        gc.collect()
        assert [each() for each in gone] == [None, None]
        if pin == "a context":
            budget = kept[0][CURRENT]
            assert (budget.closed, list(budget.live)) == (True, [])
        for each in kept:
            if pin in {"a task", "a timer"}:
                each.cancel()
        await passes()


@MODES
@virtual
async def test_a_forgotten_task_is_not_lost_while_its_request_is_open(mode):
    """The loop holds tasks weakly (python/cpython#91887); a live request holds its own."""
    log = []

    async def forgotten():
        future = asyncio.get_running_loop().create_future()
        wakers.append(weakref.ref(future))
        try:
            await future
            log.append("done")
        except GeneratorExit:
            log.append("lost")
            raise

    async def app(scope, receive, send):
        asyncio.create_task(forgotten())
        await passes()
        gc.collect()
        wakers[0]().set_result(None)
        await passes()
        await respond(send)

    wakers: list[weakref.ref] = []
    with attached(mode=mode):
        await serve(app, mode)
    assert log == ["done"]


@pytest.mark.allow_task_leaks(reason="nobody reads the error, which is the point")
@MODES
@virtual
async def test_an_error_that_nobody_retrieves_is_told_when_the_request_is_over(mode):
    """Held for longer, it would be told much later, or never."""

    async def fails():
        raise LookupError("nobody looks")

    async def app(scope, receive, send):
        asyncio.create_task(fails())
        await passes()
        await respond(send)

    told = []
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: told.append(context["message"]))
    with attached(mode=mode):
        await serve(app, mode)
        gc.collect()
        assert told == ["Task exception was never retrieved"]
    loop.set_exception_handler(handler)


@MODES
@virtual
async def test_results_of_ended_tasks_are_not_kept(mode):
    """A long request that starts one task after the other must not hold what each returned."""

    class Result:
        pass

    async def work():
        result = Result()
        results.append(weakref.ref(result))
        return result

    async def app(scope, receive, send):
        for _ in range(1000):
            await asyncio.create_task(work())
        gc.collect()
        alive.append(sum(each() is not None for each in results))
        await respond(send)

    results: list[weakref.ref] = []
    alive: list[int] = []
    with attached(mode=mode):
        await serve(app, mode)
    assert alive[0] <= 65


@MODES
@virtual
async def test_requests_that_have_ended_leave_no_trace_in_the_runtime(mode):
    async def app(scope, receive, send):
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(20)))
        await respond(send)

    with attached(mode=mode) as runtime:
        for _ in range(10):
            await serve(app, mode)
        assert (len(runtime._open), len(runtime._tally.open)) == (0, 0)
        statistics = runtime.statistics()
    assert (statistics.requests, statistics.open_requests, statistics.spawned) == (10, 0, 200)
