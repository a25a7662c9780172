"""Admission at the door of an ASGI service: refused before anything begins, light and said so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from integrations._exchange import Exchange, Socket, respond
from snowshed import BudgetExceeded, current_scope, open_scope
from snowshed.core import _hooks
from snowshed.integrations.asgi import RequestScopeMiddleware
from snowshed.shed import AdaptiveLimiter, FixedLimit, RoutePolicy
from snowshed.shed._admission import Admission
from snowshed.shed._light import LIGHT_MARK
from snowshed.shed._pressure import service_pressure
from snowshed.shed._routes import RouteTable


@pytest.fixture
def lit():
    """What `snowshed run` does so that `TaskScope.choose` leaves its mark."""

    def mark():
        LIGHT_MARK.get().count += 1

    _hooks.on_light(mark)
    remove = service_pressure.add("test", lambda: "normal")
    yield
    remove()
    _hooks.on_light(None)


def made(limit: float = 50, *, enforce: bool = True, **routes: RoutePolicy) -> Admission:
    named = {f"/{name}": policy for name, policy in routes.items()}
    limiter = AdaptiveLimiter("api", limit=FixedLimit(limit))
    return Admission(limiter, routes=RouteTable(named), enforce=enforce)


def full(limit: float = 50, **more: Any) -> Admission:
    admission = made(limit, **more)
    admission.limiter.admit(limit)
    return admission


async def answers(scope, receive, send):
    await respond(send, 200, b"done")


async def fans_out(scope, receive, send):
    await asyncio.gather(*(asyncio.sleep(0.001) for _ in range(8)))
    await respond(send)


@pytest.mark.asyncio
async def test_what_is_too_much_is_refused_before_the_application_sees_it():
    async def never(scope, receive, send):
        raise AssertionError

    exchange = await Exchange().run(RequestScopeMiddleware(never, admission=full()))
    problem = exchange.problem()
    assert problem["status"] == 503
    assert "was not begun" in problem["detail"]
    assert 1 <= int(exchange.headers[b"retry-after"]) <= 4


@pytest.mark.asyncio
async def test_a_health_check_is_answered_all_the_same():
    exchange = Exchange()
    exchange.scope["path"] = "/healthz"
    await exchange.run(RequestScopeMiddleware(answers, admission=full()))
    assert exchange.status == 200


@pytest.mark.asyncio
@pytest.mark.parametrize("ending", ["well", "with an error", "by its client", "by its deadline"])
async def test_however_a_request_ends_it_gives_back_what_it_was_granted(ending):
    admission = made()
    seen = []

    async def app(scope, receive, send):
        seen.append(admission.limiter.statistics().inflight)
        if ending == "with an error":
            raise LookupError
        if ending != "well":
            await asyncio.sleep(5)
        await respond(send)

    middleware = RequestScopeMiddleware(app, admission=admission, timeout=0.2)
    exchange = Exchange()
    if ending == "by its client":
        asyncio.get_running_loop().call_later(0.15, exchange.gone.set)
    try:
        await exchange.run(middleware)
    except LookupError:
        assert ending == "with an error"
    assert seen == [1]
    assert admission.limiter.statistics().inflight == 0
    assert admission.meter.statistics().inflight == 0


@pytest.mark.asyncio
async def test_a_light_answer_is_given_and_said(lit):
    async def app(scope, receive, send):
        await respond(send, 200, current_scope().choose(b"full", b"light"))

    admission = made()
    middleware = RequestScopeMiddleware(app, admission=admission)
    exchange = await Exchange().run(middleware)
    assert exchange.body == b"full"
    assert b"snowshed-level" not in exchange.headers
    admission.limiter.admit(40)
    exchange = await Exchange().run(middleware)
    assert exchange.body == b"light"
    assert exchange.headers[b"snowshed-level"] == b"light"


@pytest.mark.asyncio
async def test_a_declared_cost_bounds_the_tasks_of_the_request():
    middleware = RequestScopeMiddleware(answers, admission=made(thing=RoutePolicy(cost=3)))
    budgets = []

    async def app(scope, receive, send):
        budgets.append(current_scope().statistics().budget)
        await respond(send)

    middleware.app = app
    await Exchange().run(middleware)
    assert budgets == [3]


@pytest.mark.asyncio
async def test_a_stream_is_no_late_answer_but_in_flight():
    admission = made()
    begun = asyncio.Event()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(Exchange().run(RequestScopeMiddleware(app, admission=admission)))
    await begun.wait()
    assert admission.limiter.statistics().inflight == 1
    assert len(admission.limiter._times._recent) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert admission.limiter.statistics().open == 0


@pytest.mark.asyncio
async def test_the_framework_tells_which_requests_are_alike():
    admission = made()

    async def app(scope, receive, send):
        scope["route"] = type("Route", (), {"path": "/user/{name}"})
        await fans_out(scope, receive, send)

    for name in ("ann", "bob"):
        exchange = Exchange()
        exchange.scope["path"] = f"/user/{name}"
        await exchange.run(RequestScopeMiddleware(app, admission=admission))
    names = {route.name for route in admission.routes.statistics().routes if route.learned}
    assert names == {"GET /user/{name}"}


@pytest.mark.asyncio
async def test_a_dry_run_changes_nothing_and_counts():
    admission = full(enforce=False)
    middleware = RequestScopeMiddleware(answers, enforce=False, admission=admission)
    exchange = await Exchange().run(middleware)
    assert exchange.status == 200
    assert admission.refused == {"limit": 1}
    assert admission.limiter.statistics().inflight == 50


class TestADryRunChangesNothing:
    def middleware(self, app):
        return RequestScopeMiddleware(app, enforce=False, admission=full(enforce=False))

    @pytest.mark.asyncio
    async def test_for_a_client_that_leaves(self):
        done = []

        async def app(scope, receive, send):
            await asyncio.sleep(0.3)
            done.append(True)
            await respond(send)

        exchange = Exchange()
        asyncio.get_running_loop().call_later(0.15, exchange.gone.set)
        await exchange.run(self.middleware(app))
        assert done

    @pytest.mark.asyncio
    async def test_for_an_error_of_a_scope_of_the_applications_own(self):
        async def app(scope, receive, send):
            async with open_scope("mine", budget=1) as mine:
                for _ in range(2):
                    await mine.spawn(asyncio.sleep, 1)

        with pytest.raises(BudgetExceeded):
            await Exchange().run(self.middleware(app))

    @pytest.mark.asyncio
    async def test_for_a_web_socket_that_takes_its_time(self):
        async def app(scope, receive, send):
            await asyncio.sleep(0.3)
            assert (await receive())["type"] == "websocket.connect"
            await send({"type": "websocket.accept"})

        socket = await Socket().run(self.middleware(app))
        assert [message["type"] for message in socket.sent] == ["websocket.accept"]


class TestWhoseFault:
    def failures(self, admission):
        return admission.meter._series("", 0.0) and sum(
            series.running.failed for series in admission.meter._routes.values()
        )

    @pytest.mark.asyncio
    async def test_a_client_that_leaves_while_it_sends_is_not_ours(self):
        async def app(scope, receive, send):
            while (await receive())["type"] != "http.disconnect":
                pass
            await respond(send, 500)

        admission = made()
        exchange = Exchange(b"half of a body", method="POST")
        exchange.gone.set()
        await exchange.run(RequestScopeMiddleware(app, admission=admission))
        assert exchange.status == 500
        assert self.failures(admission) == 0

    @pytest.mark.asyncio
    async def test_nor_is_a_web_socket_that_the_application_turns_away(self):
        async def app(scope, receive, send):
            await receive()
            await send({"type": "websocket.close", "code": 4401})

        admission = made()
        await Socket().run(RequestScopeMiddleware(app, admission=admission))
        assert self.failures(admission) == 0


class TestWebSocket:
    @pytest.mark.asyncio
    async def test_one_too_many_is_closed_before_it_is_accepted(self):
        socket = await Socket().run(RequestScopeMiddleware(answers, admission=full()))
        assert [message["type"] for message in socket.sent] == ["websocket.close"]
        assert socket.sent[0]["code"] == 1013

    @pytest.mark.asyncio
    async def test_it_is_in_flight_until_it_ends(self):
        admission = made()
        seen = []

        async def app(scope, receive, send):
            await receive()
            await send({"type": "websocket.accept"})
            seen.append(admission.limiter.statistics().inflight)
            await send({"type": "websocket.close"})

        await Socket().run(RequestScopeMiddleware(app, admission=admission))
        assert seen == [1]
        assert admission.limiter.statistics().inflight == 0
