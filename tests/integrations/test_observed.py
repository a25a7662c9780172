"""A watched request is light until somebody looks, and what is found then is the same."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

from _virtual import virtual
from integrations._exchange import Exchange
from snowshed.attach import _installed
from snowshed.attach._runtime import Runtime
from snowshed.attach._settings import Settings
from snowshed.core import current_scope, open_scope
from snowshed.core._budget import ALWAYS, CURRENT, FIRST_MARK
from snowshed.integrations._observed import LightRequest, ObservedRequest
from snowshed.integrations._request import RequestScope, watch_requests
from snowshed.integrations.asgi import RequestScopeMiddleware


def attached(**settings):
    """Return a runtime that watches requests and counts the tasks of the running loop."""
    runtime = Runtime(Settings(**settings))
    watch_requests(runtime._watch, runtime._tally)
    _installed.install(asyncio.get_running_loop(), runtime._decision, runtime.registry.table)
    return runtime


@pytest.fixture(autouse=True)
def nobody_watches_afterwards():
    yield
    watch_requests(None)


async def handle(body, **options):
    """Let ``body`` handle a request that is observed, and answer it."""

    async def app(scope, receive, send):
        await body()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    exchange = Exchange()
    await RequestScopeMiddleware(app, enforce=False, **options)(
        exchange.scope, exchange.receive, exchange.send
    )
    return exchange


async def end():
    """Be a task that ends when it is awaited."""


@virtual
async def test_a_request_with_few_tasks_stays_light_and_is_counted_all_the_same():
    runtime = attached()

    async def body():
        await asyncio.gather(*(end() for _ in range(FIRST_MARK - 1)))
        assert type(CURRENT.get()) is LightRequest
        assert runtime.statistics().open_requests == 1

    await handle(body)
    statistics = runtime.statistics()
    assert (statistics.requests, statistics.open_requests) == (1, 0)
    assert statistics.spawned == FIRST_MARK - 1


@virtual
async def test_live_tasks_of_a_light_request_are_in_the_totals():
    runtime = attached()

    async def body():
        tasks = [asyncio.create_task(asyncio.sleep(1)) for _ in range(3)]
        assert runtime.statistics().live == 3
        await asyncio.gather(*tasks)
        assert runtime.statistics().live == 0

    await handle(body)


@pytest.mark.parametrize("tasks", [FIRST_MARK, FIRST_MARK + 1, 30])
def test_at_its_first_mark_it_becomes_whole_and_loses_no_task(tasks):
    @virtual
    async def check():
        runtime = attached()

        async def body():
            await asyncio.gather(*(asyncio.sleep(1) for _ in range(tasks)))
            budget = CURRENT.get()
            assert type(budget) is (ObservedRequest if tasks > FIRST_MARK else LightRequest)
            assert (budget.spawned, budget.peak) == (tasks, tasks)

        await handle(body)
        assert (runtime.statistics().requests, runtime.statistics().spawned) == (1, tasks)

    check()


@virtual
async def test_a_budget_below_the_first_mark_is_noticed_at_that_budget():
    runtime = attached(budget=3)

    async def body():
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(5)))

    await handle(body, budget=3)
    assert (runtime.statistics().would_refuse, runtime.statistics().over_budget) == (2, 1)


@virtual
async def test_sites_are_recorded_from_where_the_settings_say():
    runtime = attached(sites_from=2)
    accounts = []

    async def body():
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(4)))
        accounts.append(CURRENT.get().watcher)

    await handle(body)
    assert accounts[0].detailed
    assert runtime.statistics().requests == 1


@virtual
async def test_the_scope_is_opened_for_whoever_looks_for_it_and_only_once():
    runtime = attached()

    async def body():
        scope = current_scope()
        assert isinstance(scope, RequestScope)
        assert scope is current_scope()
        assert scope.name == "GET /thing"
        await scope.spawn(asyncio.sleep, 1)
        assert scope.statistics().live == 1

    exchange = await handle(body)
    assert exchange.sent[-1]["body"] == b""
    assert (runtime.statistics().requests, runtime.statistics().spawned) == (1, 1)


@virtual
async def test_a_scope_inside_counts_in_the_request():
    attached()

    async def body():
        request = CURRENT.get()
        async with open_scope("inside") as scope:
            await scope.spawn(asyncio.sleep, 1)
            assert request.live_count() == 1

    await handle(body)


@virtual
async def test_a_failure_in_the_scope_that_was_opened_ends_the_request():
    runtime = attached()

    async def fail():
        raise KeyError("child")

    async def body():
        await current_scope().spawn(fail)
        await asyncio.sleep(10)

    with pytest.raises(KeyError, match="child"):
        await handle(body)
    assert runtime.statistics().open_requests == 0


@virtual
async def test_cancelling_the_scope_that_was_opened_ends_the_request_quietly():
    attached()

    async def body():
        current_scope().cancel("enough")
        await asyncio.sleep(10)

    exchange = await handle(body)
    assert exchange.sent == []


@virtual
async def test_an_error_and_a_cancellation_pass_through_a_light_request():
    runtime = attached()

    async def fail():
        raise ValueError("body")

    with pytest.raises(ValueError, match="body"):
        await handle(fail)
    task = asyncio.create_task(handle(lambda: asyncio.sleep(10)))
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (runtime.statistics().requests, runtime.statistics().open_requests) == (2, 0)


@virtual
async def test_a_task_that_outlives_a_light_request_is_an_outliver():
    runtime = attached()
    tasks = []

    async def body():
        tasks.append(asyncio.create_task(asyncio.sleep(5)))

    await handle(body)
    assert runtime.statistics().outlived == 1
    await tasks[0]


@virtual
async def test_after_the_response_the_smaller_budget_holds():
    runtime = attached()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(6)))

    exchange = Exchange()
    middleware = RequestScopeMiddleware(app, enforce=False, after_budget=4)
    await middleware(exchange.scope, exchange.receive, exchange.send)
    assert runtime.statistics().would_refuse == 2


@virtual
async def test_an_ended_request_admits_nothing_and_holds_nothing():
    attached()
    seen = []

    async def body():
        seen.append(CURRENT.get())

    exchange = await handle(body)
    (request,) = seen
    assert (request.mark, request.live, request.info) == (ALWAYS, [], None)
    assert request.closed
    assert request.scope is None
    assert request.watcher is None
    assert exchange.sent


@virtual
async def test_nothing_is_left_of_a_light_request_without_the_collector():
    attached()
    left = []

    async def body():
        left.append(weakref.ref(CURRENT.get()))

    gc.disable()
    try:
        await handle(body)
        assert left[0]() is None
    finally:
        gc.enable()


@virtual
async def test_threads_that_look_at_once_find_one_scope():
    attached()

    async def body():
        found = []
        together = threading.Barrier(4)

        def look():
            together.wait()
            found.append(current_scope())

        await asyncio.gather(*(asyncio.to_thread(look) for _ in range(4)))
        assert len(set(map(id, found))) == 1

    await handle(body)


@virtual
async def test_without_a_tally_each_request_has_its_account_from_the_start():
    runtime = Runtime(Settings())
    watch_requests(runtime._watch)

    async def body():
        assert type(CURRENT.get()) is ObservedRequest
        assert CURRENT.get().watcher is not None

    await handle(body)
    assert runtime.statistics().requests == 1
