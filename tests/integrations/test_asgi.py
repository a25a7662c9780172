"""What a client gets when a request exceeds what it is allowed, and that nothing else changes."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from _virtual import forever, virtual
from attach._attached import attached
from integrations._exchange import Exchange, respond
from snowshed.core import current_scope, open_scope, remaining
from snowshed.errors import BudgetExceeded
from snowshed.integrations.asgi import RequestScopeMiddleware


def limited(app, **policy):
    return RequestScopeMiddleware(app, **{"budget": 3, **policy})


async def flood(count=10):
    """Start tasks as code does that knows nothing of scopes."""
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(count)))


async def answered(scope, receive, send):
    await respond(send, 200, b"a", b"b")


# --- what is none of its business


@virtual
async def test_lifespan_passes_through_untouched():
    seen = []

    async def app(*triple):
        seen.append((triple, current_scope()))

    triple = ({"type": "lifespan"}, object(), object())
    await limited(app)(*triple)
    assert seen == [(triple, None)]


@virtual
@pytest.mark.parametrize("enforce", [True, False])
async def test_a_response_passes_message_by_message(enforce):
    exchange = await Exchange().run(limited(answered, enforce=enforce))
    assert [message.get("body") for message in exchange.sent] == [None, b"a", b"b", b""]
    assert exchange.status == 200


@virtual
@pytest.mark.parametrize("enforce", [True, False])
async def test_an_error_of_the_application_reaches_the_server_itself(enforce):
    error = LookupError("mine")

    async def app(scope, receive, send):
        raise error

    with pytest.raises(LookupError) as caught:
        await Exchange().run(limited(app, enforce=enforce))
    assert caught.value is error


@pytest.mark.parametrize("wrong", [{"budget": 0}, {"timeout": -1.0}, {"after_budget": 0}])
def test_wrong_limits_are_named_with_their_value(wrong):
    (value,) = wrong.values()
    with pytest.raises(ValueError, match=f"must be positive, not {value}"):
        RequestScopeMiddleware(answered, **wrong)


@virtual
async def test_no_budget_means_any_number():
    async def app(scope, receive, send):
        await flood(100)
        await respond(send)

    with attached(mode="enforce"):
        exchange = await Exchange().run(limited(app, budget=None))
    assert exchange.status == 200


# --- over budget: 503


async def spawns_too_many(scope, receive, send):
    for _ in range(4):
        current_scope().spawn_nowait(forever)


async def unwinds_a_group(scope, receive, send):
    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(forever())


async def gathers(scope, receive, send):
    await flood()


async def in_a_scope_of_its_own(scope, receive, send):
    async with open_scope("inner", budget=2) as inner:
        for _ in range(3):
            inner.spawn_nowait(forever)


async def wraps_the_cause(scope, receive, send):
    try:
        await flood()
    except BudgetExceeded as error:
        raise RuntimeError("cannot load the page") from error


async def answers_500_and_raises(scope, receive, send):
    try:
        await flood()
    except BudgetExceeded:
        await respond(send, 500, b"x")
        raise


async def makes_its_own_answer(scope, receive, send):
    try:
        await flood()
    except BudgetExceeded:
        await respond(send, 500, b"x")


@virtual
@pytest.mark.parametrize(
    "app",
    [
        spawns_too_many,
        unwinds_a_group,
        gathers,
        in_a_scope_of_its_own,
        wraps_the_cause,
        answers_500_and_raises,
        makes_its_own_answer,
    ],
)
async def test_a_refusal_is_answered_with_503_however_it_comes_out(app):
    with attached(mode="enforce"):
        exchange = await Exchange().run(limited(app))
        await asyncio.sleep(2)
    assert exchange.status == 503
    assert 1 <= int(exchange.headers[b"retry-after"]) <= 4
    assert exchange.problem() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The request would have needed more work at once than the service allows.",
    }


def starlette(endpoint, **options):
    return limited(Starlette(routes=[Route("/thing", endpoint)]), **options)


@virtual
async def test_starlette_makes_a_500_of_it_which_nobody_sees():
    async def endpoint(request):
        await flood()

    with attached(mode="enforce"):
        exchange = await Exchange().run(starlette(endpoint))
        await asyncio.sleep(2)
    assert exchange.status == 503
    assert b"Internal Server Error" not in exchange.body


@virtual
async def test_a_refusal_that_the_application_can_live_with_changes_no_answer():
    async def endpoint(request):
        found = await asyncio.gather(
            *(asyncio.sleep(1, 1) for _ in range(5)), return_exceptions=True
        )
        return PlainTextResponse(str([type(each).__name__ for each in found]))

    with attached(mode="enforce"):
        exchange = await Exchange().run(starlette(endpoint))
    assert exchange.status == 200
    assert exchange.body == str(["int"] * 3 + ["BudgetExceeded"] * 2).encode()


@virtual
async def test_a_refusal_in_the_midst_of_a_response_ends_it_visibly():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await flood()

    with attached(mode="enforce"):
        exchange = Exchange()
        with pytest.raises(BudgetExceeded):
            await exchange.run(limited(app))
        await asyncio.sleep(2)
    assert exchange.status == 200


@virtual
async def test_cancel_ends_the_whole_request_root_first():
    """A TaskGroup whose children are cancelled before its host ends as if they had finished."""
    log = []

    async def app(scope, receive, send):
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(forever())
                for _ in range(5):
                    asyncio.create_task(forever())
                    log.append("goes on, for the refused one is not awaited")
                await forever()
            log.append("the group ended as if nothing had happened")
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    with attached(mode="enforce", grace=0.5):
        exchange = await Exchange().run(limited(app, on_excess="cancel", grace=0.5))
        await asyncio.sleep(1)
    assert log == ["goes on, for the refused one is not awaited"] * 5 + ["cancelled"]
    assert exchange.status == 503


@virtual
async def test_an_answer_that_comes_although_the_request_was_ended_is_not_sent():
    async def app(scope, receive, send):
        try:
            await asyncio.gather(*(forever() for _ in range(9)), return_exceptions=True)
        except asyncio.CancelledError:
            await respond(send, 500)

    with attached(mode="enforce"):
        exchange = await Exchange().run(limited(app, on_excess="cancel"))
        await asyncio.sleep(2)
    assert exchange.status == 503


# --- a 500 of the application stays one


@virtual
@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("size", [1, 40_000, 100_000])
async def test_a_genuine_500_reaches_the_client_with_its_error(refused, size):
    async def app(scope, receive, send):
        if refused:
            await asyncio.gather(*(asyncio.sleep(1) for _ in range(9)), return_exceptions=True)
        await respond(send, 500, b"x" * size, b"y" * size)
        raise ValueError("a bug")

    exchange = Exchange()
    with attached(mode="enforce"), pytest.raises(ValueError, match="a bug"):
        await exchange.run(limited(app))
    assert (exchange.status, exchange.body) == (500, b"x" * size + b"y" * size)


@virtual
async def test_a_500_that_is_streamed_is_not_held_for_long():
    """What has been said in 64 KiB is no answer of a framework to a refusal."""
    sent = []

    async def app(scope, receive, send):
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)), return_exceptions=True)
        await send({"type": "http.response.start", "status": 500, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": b"x" * 1024, "more_body": True})
            sent.append(len(exchange.sent))
        await send({"type": "http.response.body", "body": b""})

    exchange = Exchange()
    with attached(mode="enforce"):
        await exchange.run(limited(app))
    assert (sent[63], sent[64]) == (0, 66)
    assert len(exchange.body) == 100 * 1024


@virtual
async def test_a_500_does_not_wait_for_background_work():
    async def endpoint(request):
        return PlainTextResponse("no", 500, background=BackgroundTask(look))

    async def look():
        seen.append(exchange.status)

    seen: list[int | None] = []
    exchange = Exchange()
    await exchange.run(starlette(endpoint))
    assert seen == [500]


# --- the deadline: 504


@virtual
async def test_a_response_that_has_not_begun_at_the_deadline_is_a_504():
    async def endpoint(request):
        await asyncio.sleep(60)

    loop = asyncio.get_running_loop()
    exchange = await Exchange().run(starlette(endpoint, timeout=2.0))
    assert loop.time() == pytest.approx(2.0)
    assert exchange.status == 504
    assert exchange.problem()["detail"] == "The response was not ready in time."
    assert b"retry-after" not in exchange.headers


@virtual
async def test_a_response_that_has_begun_may_take_its_time():
    async def numbers():
        for n in range(5):
            yield str(n)
            await asyncio.sleep(1)
            assert remaining() is None

    async def endpoint(request):
        assert remaining() == pytest.approx(2.0)
        return StreamingResponse(numbers())

    exchange = await Exchange().run(starlette(endpoint, timeout=2.0))
    assert (exchange.status, exchange.body) == (200, b"01234")


@virtual
async def test_a_timeout_of_the_application_is_its_own_affair():
    async def app(scope, receive, send):
        async with open_scope("inner", timeout=1.0):
            await forever()

    with pytest.raises(TimeoutError) as caught:
        await Exchange().run(limited(app, timeout=5.0))
    assert caught.value.scope == "inner"


@virtual
async def test_a_wait_that_meets_the_deadline_of_the_request_becomes_its_504():
    """Inside a scope of the application it surfaces as an error, of which a 500 is made."""

    async def endpoint(request):
        async with open_scope("inner"):
            await forever()

    exchange = await Exchange().run(starlette(endpoint, timeout=1.0))
    assert exchange.status == 504


# --- headers


@virtual
@pytest.mark.parametrize(
    ("header", "value", "timeout", "budget"),
    [
        (b"x-request-timeout-ms", b"500", 0.5, 3),
        (b"x-request-timeout-ms", b"60000", 2.0, 3),
        (b"grpc-timeout", b"1S", 1.0, 3),
        (b"grpc-timeout", b"1H", 2.0, 3),
        (b"snowshed-budget", b"1", 2.0, 1),
        (b"snowshed-budget", b"1000", 2.0, 3),
        (b"snowshed-budget", b"-1", 2.0, 3),
        (b"x-request-timeout-ms", b"soon", 2.0, 3),
    ],
)
async def test_a_header_can_only_tighten(header, value, timeout, budget):
    async def app(scope, receive, send):
        seen.append((remaining(), current_scope().statistics().budget))
        await respond(send)

    seen: list = []
    await Exchange(headers=[(header, value)]).run(limited(app, timeout=2.0))
    assert seen == [(pytest.approx(timeout), budget)]


# --- two phases


@virtual
async def test_what_runs_after_the_response_has_a_budget_of_its_own():
    seen = []

    async def later():
        seen.append(current_scope().statistics().budget)

    async def endpoint(request):
        seen.append(current_scope().statistics().budget)
        return PlainTextResponse("ok", background=BackgroundTask(later))

    await Exchange().run(starlette(endpoint, budget=20, after_budget=5))
    await Exchange().run(starlette(endpoint, budget=3, after_budget=5))
    assert seen == [20, 5, 3, 3]
