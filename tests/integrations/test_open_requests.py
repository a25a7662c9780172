"""Open requests are shown busiest first, and looking at them changes nothing."""

from __future__ import annotations

import asyncio

import pytest

from snowshed.attach import Runtime, Settings
from snowshed.integrations._observed import LightRequest
from snowshed.integrations._open_requests import OpenRequest, open_requests
from snowshed.integrations._request import watch_requests
from snowshed.integrations.asgi import RequestScopeMiddleware
from snowshed.testing import run_virtual


@pytest.fixture
def runtime():
    runtime = Runtime(Settings())
    watch_requests(runtime._watch, runtime._tally)
    yield runtime
    watch_requests(None)


async def ask(app, path: str) -> None:
    async def receive():
        await asyncio.get_running_loop().create_future()  # the client stays

    async def send(message):
        pass

    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    await app(scope, receive, send)


@pytest.mark.parametrize("enforce", [False, True])
def test_the_busiest_come_first_with_their_live_tasks(runtime, enforce):
    stop = asyncio.Event()

    async def app(scope, receive, send):
        import snowshed

        for _ in range(int(scope["path"][1:])):
            await snowshed.current_scope().spawn(stop.wait)
        await stop.wait()

    async def main():
        served = RequestScopeMiddleware(app, enforce=enforce)
        requests = [asyncio.create_task(ask(served, f"/{number}")) for number in (1, 3, 0)]
        await asyncio.sleep(1)
        during = open_requests(runtime._open_budgets())
        stop.set()
        await asyncio.gather(*requests)
        return during, open_requests(runtime._open_budgets())

    during, after = run_virtual(main())
    assert during.open == 3
    assert during.busiest == tuple(OpenRequest(f"GET /{number}", number) for number in (3, 1, 0))
    assert (after.open, after.busiest) == (0, ())


def test_looking_leaves_an_observed_request_as_light_as_it_was(runtime):
    stop = asyncio.Event()

    async def app(scope, receive, send):
        await stop.wait()

    async def main():
        served = RequestScopeMiddleware(app, enforce=False)
        requests = [asyncio.create_task(ask(served, f"/{number}")) for number in range(200)]
        await asyncio.sleep(1)
        budgets = runtime._open_budgets()
        found = open_requests(budgets)
        kinds = {type(budget) for budget in budgets}
        stop.set()
        await asyncio.gather(*requests)
        return found, kinds, open_requests(budgets)

    found, kinds, ended = run_virtual(main())
    assert (found.open, len(found.busiest)) == (200, 50)
    assert kinds == {LightRequest}
    assert ended.busiest[0].name == "an ended request"
