"""Observing changes nothing of a service, and tells what enforcement would have done."""

from __future__ import annotations

import asyncio

import pytest

from _virtual import fail, forever, virtual
from attach._attached import attached
from integrations._exchange import Exchange, Socket, respond
from snowshed.core import current_scope, open_scope, remaining
from snowshed.errors import BudgetExceeded
from snowshed.integrations.asgi import RequestScopeMiddleware


def observed(app, **policy):
    return RequestScopeMiddleware(app, **{"budget": 3, "enforce": False, **policy})


# --- nothing changes


async def floods(scope, receive, send):
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(100)))
    await respond(send, 200, b"ok")


async def is_slow(scope, receive, send):
    await asyncio.sleep(100)
    await respond(send, 200, b"ok")


async def answers_500(scope, receive, send):
    await respond(send, 500, b"x")
    raise LookupError("a bug")


async def fails(scope, receive, send):
    raise LookupError("a bug")


async def fails_in_a_group(scope, receive, send):
    async with asyncio.TaskGroup() as group:
        group.create_task(fail(LookupError("a bug")))


async def cancels_itself(scope, receive, send):
    asyncio.current_task().cancel("by itself")
    await forever()


async def reads_the_headers(scope, receive, send):
    await respond(send, 200, str((await receive(), remaining())).encode())


APPS = [
    floods,
    is_slow,
    answers_500,
    fails,
    fails_in_a_group,
    cancels_itself,
    reads_the_headers,
]


async def outcome(app):
    """What a server sees of it: messages, error, time, and how often it was asked for messages."""
    began = asyncio.get_running_loop().time()
    exchange = Exchange(
        b"body", headers=[(b"x-request-timeout-ms", b"5"), (b"snowshed-budget", b"1")]
    )
    try:
        await exchange.run(app)
        error = ""
    except BaseException as raised:
        error = repr(raised)
    taken = asyncio.get_running_loop().time() - began
    return exchange.sent, error, taken, len(exchange._messages)


@virtual
@pytest.mark.parametrize("app", APPS)
async def test_a_server_sees_no_difference(app):
    bare = await outcome(app)
    with attached(budget=3):
        assert await outcome(observed(app, timeout=1.0)) == bare


@virtual
async def test_a_client_that_has_gone_is_the_applications_affair():
    async def app(scope, receive, send):
        await asyncio.sleep(10)
        await respond(send)

    exchange = Exchange()
    exchange.gone.set()
    with attached():
        await exchange.run(observed(app))
    assert (exchange.status, exchange.receiving) == (200, 0)


@virtual
async def test_the_receive_of_the_server_is_handed_on_itself():
    async def app(scope, receive, send):
        assert receive == exchange.receive
        await respond(send)

    exchange = Exchange()
    await exchange.run(observed(app))


@virtual
async def test_a_websocket_is_observed_too():
    async def app(scope, receive, send):
        await send({"type": "websocket.accept"})
        await floods(scope, receive, send)

    with attached(budget=3) as runtime:
        await Socket().run(observed(app))
    assert runtime.statistics().over_budget == 1


# --- what it tells


@virtual
@pytest.mark.parametrize(("enforce", "refused", "would"), [(True, 97, 0), (False, 0, 97)])
async def test_it_counts_the_tasks_that_enforcement_refuses(enforce, refused, would):
    async def app(scope, receive, send):
        await asyncio.gather(*(forever() for _ in range(100)), return_exceptions=True)

    exchange = Exchange()
    with attached(mode="enforce" if enforce else "observe", budget=3) as runtime:
        handled = asyncio.create_task(exchange.run(observed(app, enforce=enforce)))
        await asyncio.sleep(1)
        handled.cancel()
        await asyncio.wait([handled])
        await asyncio.sleep(2)
    seen = runtime.statistics()
    assert (seen.refused, seen.would_refuse, seen.over_budget) == (refused, would, 1)


@virtual
async def test_requests_are_counted_from_their_beginning_to_their_end():
    async def app(scope, receive, send):
        await asyncio.gather(forever(), asyncio.sleep(0))

    with attached() as runtime:
        handled = asyncio.create_task(observed(app)(Exchange().scope, None, None))
        await asyncio.sleep(1)
        during = runtime.statistics()
        handled.cancel()
        await asyncio.wait([handled])
        after = runtime.statistics()
    assert (during.requests, during.open_requests, during.live) == (0, 1, 1)
    assert (after.requests, after.open_requests, after.live, after.spawned) == (1, 0, 0, 2)


@virtual
async def test_after_the_response_less_is_allowed():
    async def app(scope, receive, send):
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(8)))
        await respond(send)
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(8)))

    with attached(budget=10, after_budget=5) as runtime:
        await Exchange().run(observed(app, budget=10, after_budget=5))
    assert runtime.statistics().would_refuse == 3


# --- a scope when somebody looks for one


@virtual
async def test_whoever_looks_finds_a_scope_with_all_that_was_counted():
    async def app(scope, receive, send):
        early = [asyncio.create_task(asyncio.sleep(1)) for _ in range(2)]
        found = current_scope()
        assert (found.name, found.statistics().live) == ("GET /thing", 2)
        await found.spawn(asyncio.sleep, 1)
        assert found.statistics().live == 3
        assert current_scope() is found
        await asyncio.wait(early)
        await respond(send)

    with attached() as runtime:
        await Exchange().run(observed(app))
    assert (runtime.statistics().requests, runtime.statistics().spawned) == (1, 3)


@virtual
async def test_a_scope_of_the_application_keeps_its_own_limits():
    async def app(scope, receive, send):
        async with open_scope("inner", budget=1) as inner:
            await inner.spawn(asyncio.sleep, 1)
            with pytest.raises(BudgetExceeded, match="'inner'"):
                await inner.spawn(asyncio.sleep, 1)
        await respond(send)

    with attached():
        exchange = await Exchange().run(observed(app))
    assert exchange.status == 200


@virtual
async def test_a_request_that_cancels_itself_ends_without_an_error():
    async def app(scope, receive, send):
        current_scope().cancel("enough")
        await forever()

    with attached() as runtime:
        await Exchange().run(observed(app))
    assert runtime.statistics().requests == 1


@virtual
async def test_two_middlewares_are_two_scopes_of_one_request():
    async def app(scope, receive, send):
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(5)))
        assert current_scope().statistics().budget == 3
        await respond(send)

    with attached(budget=9):
        exchange = await Exchange().run(observed(observed(app, budget=3), budget=9))
    assert exchange.status == 200


@virtual
async def test_who_looks_when_it_is_over_finds_none():
    kept = []

    async def stays():
        await asyncio.sleep(5)
        kept.append(current_scope())

    async def app(scope, receive, send):
        kept.append(asyncio.create_task(stays()))
        await respond(send)

    with attached():
        await Exchange().run(observed(app))
        await kept[0]
    assert kept[1] is None


@virtual
async def test_an_error_that_cannot_be_shown_is_raised_all_the_same():
    class Mute(Exception):
        def __repr__(self):
            raise RuntimeError("no words")

    async def app(scope, receive, send):
        current_scope()
        raise Mute

    with pytest.raises(Mute):
        await Exchange().run(observed(app))
