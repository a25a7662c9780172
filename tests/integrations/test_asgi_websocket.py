"""What a WebSocket client gets when its connection exceeds what it is allowed."""

from __future__ import annotations

import asyncio

import pytest

from _virtual import forever, virtual
from attach._attached import attached
from integrations._exchange import Socket
from snowshed.errors import BudgetExceeded
from snowshed.integrations.asgi import RequestScopeMiddleware


def limited(app, **policy):
    return RequestScopeMiddleware(app, **{"budget": 3, **policy})


async def flood(count=10):
    """Start tasks as code does that knows nothing of scopes."""
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(count)))


@virtual
async def test_a_websocket_outlives_the_deadline_once_accepted():
    async def app(scope, receive, send):
        await send({"type": "websocket.accept"})
        await asyncio.sleep(60)
        await send({"type": "websocket.send", "text": "still here"})

    socket = await Socket().run(limited(app, timeout=1.0))
    assert socket.sent[-1] == {"type": "websocket.send", "text": "still here"}


@virtual
@pytest.mark.parametrize("accept", [True, False])
async def test_a_refused_websocket_is_told_to_try_again_later(accept):
    async def app(scope, receive, send):
        if accept:
            await send({"type": "websocket.accept"})
        await flood()

    with attached(mode="enforce"):
        socket = await Socket().run(limited(app))
        await asyncio.sleep(2)
    assert socket.sent[-1]["code"] == 1013
    assert "more work at once" in socket.sent[-1]["reason"]


@virtual
async def test_a_websocket_that_is_not_accepted_in_time_is_closed_and_told_why():
    async def app(scope, receive, send):
        await forever()

    socket = await Socket().run(limited(app, timeout=1.0))
    assert socket.sent == [
        {"type": "websocket.close", "code": 1013, "reason": "The response was not ready in time."}
    ]


@virtual
@pytest.mark.parametrize("who", ["server", "client"])
async def test_a_websocket_that_is_closed_already_is_not_closed_again(who):
    async def app(scope, receive, send):
        await receive()
        if who == "server":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await receive()
        await flood()

    socket = Socket({"type": "websocket.disconnect", "code": 1001})
    with attached(mode="enforce"):
        with pytest.raises(BudgetExceeded):
            await socket.run(limited(app))
        await asyncio.sleep(2)
    assert [each["code"] for each in socket.sent] == ([1000] if who == "server" else [])
