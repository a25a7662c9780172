"""A client that has gone takes its request with it, and loses none of its messages to us."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from _virtual import forever, virtual
from integrations._exchange import Exchange, respond
from snowshed.core import current_scope
from snowshed.integrations.asgi import RequestScopeMiddleware


class Log(list):
    """What happened, with the time of each."""

    def note(self, what):
        self.append((what, round(asyncio.get_running_loop().time(), 3)))


async def gone_after(seconds, exchange, app):
    """The client of ``exchange`` leaves; return what the application was worth until then."""
    asyncio.get_running_loop().call_later(seconds, exchange.gone.set)
    return await exchange.run(RequestScopeMiddleware(app))


# --- gone in each phase


@virtual
async def test_gone_while_the_request_is_handled():
    log = Log()

    async def app(scope, receive, send):
        try:
            await forever()
        finally:
            log.note(current_scope().reason)

    exchange = await gone_after(5, Exchange(), app)
    assert log == [("the client has gone", 5.0)]
    assert exchange.sent == []


@virtual
async def test_gone_with_children_of_the_scope_they_go_too():
    log = Log()

    async def child():
        try:
            await forever()
        finally:
            log.note("child")

    async def app(scope, receive, send):
        current_scope().spawn_nowait(child)
        await forever()

    await gone_after(5, Exchange(), app)
    assert log == [("child", 5.0)]


@virtual
async def test_gone_while_the_response_is_under_way():
    log = Log()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            await forever()
        finally:
            log.note("ended")

    await gone_after(5, Exchange(), app)
    assert log == [("ended", 5.0)]


@virtual
async def test_gone_when_it_has_its_response_it_has_not_given_up():
    log = Log()

    async def app(scope, receive, send):
        await asyncio.sleep(1)
        await respond(send)
        await asyncio.sleep(5)
        log.note("background work is done")

    await Exchange().run(RequestScopeMiddleware(app))
    assert log == [("background work is done", 6.0)]


@virtual
async def test_gone_before_anybody_looks_is_noticed_when_somebody_does():
    log = Log()

    async def app(scope, receive, send):
        try:
            await forever()
        finally:
            log.note("ended")

    await gone_after(0.01, Exchange(), app)
    assert log == [("ended", 0.1)]


@virtual
async def test_a_short_request_never_pays_for_a_watch():
    receiving = []

    async def app(scope, receive, send):
        await asyncio.sleep(0.05)
        receiving.append(exchange.receiving)
        await respond(send)

    exchange = Exchange()
    await exchange.run(RequestScopeMiddleware(app))
    await asyncio.sleep(1)
    assert (receiving, exchange.receiving) == ([0], 0)


# --- no message is stolen


@virtual
async def test_a_slow_reader_gets_the_whole_body_and_is_then_watched():
    log = Log()
    parts = [bytes([n]) * 3 for n in range(5)]

    async def app(scope, receive, send):
        body, more = b"", True
        while more:
            await asyncio.sleep(1)
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        assert body == b"".join(parts)
        log.note("read")
        try:
            await forever()
        finally:
            log.note("ended")

    exchange = Exchange(*parts, method="POST")
    await gone_after(20, exchange, app)
    assert log == [("read", 5.0), ("ended", 20.0)]


@virtual
async def test_a_body_that_nobody_reads_stays_with_the_server():
    """HTTP/2 need not announce a body: what comes in is one message, not all of them."""

    async def app(scope, receive, send):
        await asyncio.sleep(5)
        assert len(exchange._messages) == 8
        read = [await receive()]
        await asyncio.sleep(5)
        assert len(exchange._messages) == 8
        read += [await receive() for _ in range(8)]
        assert b"".join(message["body"] for message in read) == bytes(range(9))
        await forever()

    exchange = Exchange(*(bytes([n]) for n in range(9)), http_version="2")
    asyncio.get_running_loop().call_later(30, exchange.gone.set)
    await exchange.run(RequestScopeMiddleware(app))
    assert asyncio.get_running_loop().time() == pytest.approx(30)


@virtual
async def test_the_empty_body_that_a_watch_has_read_is_handed_on():
    async def app(scope, receive, send):
        await asyncio.sleep(1)
        assert exchange.receiving == 1
        message = await receive()
        assert message == {"type": "http.request", "body": b"", "more_body": False}
        await respond(send)

    exchange = Exchange()
    await exchange.run(RequestScopeMiddleware(app))
    assert exchange.status == 200


@virtual
async def test_whoever_asks_while_the_watch_waits_gets_what_it_waits_for():
    log = Log()

    async def app(scope, receive, send):
        await receive()
        await asyncio.sleep(1)
        assert exchange.receiving == 1
        log.note((await receive())["type"])
        log.note((await receive())["type"])

    exchange = Exchange()
    await gone_after(5, exchange, app)
    assert log == [("http.disconnect", 5.0)] * 2


@virtual
async def test_two_may_wait_at_once():
    async def app(scope, receive, send):
        await receive()
        await asyncio.sleep(1)
        both = await asyncio.gather(receive(), receive())
        assert [each["type"] for each in both] == ["http.disconnect"] * 2

    await gone_after(5, Exchange(), app)


@virtual
async def test_a_server_that_fails_to_receive_has_not_lost_its_client():
    async def receive():
        raise OSError("no more")

    async def app(scope, receive, send):
        await asyncio.sleep(5)
        with pytest.raises(OSError, match="no more"):
            await receive()
        await respond(send)

    exchange = Exchange()
    exchange.receive = receive
    await exchange.run(RequestScopeMiddleware(app))
    assert exchange.status == 200


# --- who listens is left alone


@virtual
async def test_whoever_polls_is_disconnected_deals_with_it():
    log = Log()

    async def endpoint(request):
        while not await request.is_disconnected():
            await asyncio.sleep(1)
        await asyncio.sleep(3)
        log.note("saved and gone")
        return PlainTextResponse("")

    app = Starlette(routes=[Route("/thing", endpoint)])
    await gone_after(5.5, Exchange(), app)
    assert log == [("saved and gone", 9.0)]


@virtual
@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
async def test_a_stream_ends_when_its_client_has_gone(spec_version):
    """Before 2.4 Starlette listens by itself; later it waits for ``send`` to fail."""
    log = Log()

    async def ticks():
        try:
            while True:
                yield b"tick"
                await asyncio.sleep(1)
        finally:
            log.note("ended")

    async def endpoint(request):
        return StreamingResponse(ticks())

    exchange = Exchange()
    exchange.scope["asgi"]["spec_version"] = spec_version
    await gone_after(5.5, exchange, Starlette(routes=[Route("/thing", endpoint)]))
    assert log == [("ended", 5.5)]
    assert len(exchange.body) == 6 * len(b"tick")


@virtual
async def test_an_upload_is_read_by_starlette_and_its_handler_is_cancelled_with_its_client():
    log = Log()

    async def endpoint(request):
        log.note(len(await request.body()))
        try:
            await forever()
        finally:
            log.note("ended")

    app = Starlette(routes=[Route("/thing", endpoint, methods=["POST"])])
    await gone_after(5, Exchange(b"x" * 100, b"y" * 100, method="POST"), app)
    assert log == [(200, 0.0), ("ended", 5.0)]


@virtual
async def test_background_work_can_ask_whether_the_client_is_still_there():
    seen = []

    async def later(request):
        await asyncio.sleep(1)
        seen.append(await request.is_disconnected())

    async def endpoint(request):
        return PlainTextResponse("ok", background=BackgroundTask(later, request))

    app = Starlette(routes=[Route("/thing", endpoint)])
    exchange = await Exchange().run(RequestScopeMiddleware(app))
    assert exchange.status == 200
    assert len(seen) == 1


@virtual
async def test_a_listener_that_stays_behind_is_not_left_waiting_for_a_watch():
    kept = []

    async def app(scope, receive, send):
        await receive()
        await asyncio.sleep(1)
        kept.append(asyncio.create_task(receive()))
        await asyncio.sleep(1)
        await respond(send)

    await Exchange().run(RequestScopeMiddleware(app))
    assert (await kept[0])["type"] == "http.disconnect"
