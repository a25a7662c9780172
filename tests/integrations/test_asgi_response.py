"""What passes of a response: its phases, a 500 that is held back, the header of a light answer."""

from __future__ import annotations

import pytest

from integrations._exchange import Exchange, respond
from snowshed.integrations._asgi_response import HELD_AT_MOST, Response
from snowshed.integrations._request import Policy, RequestScope


class Admitted:
    def __init__(self, *, light: bool = False) -> None:
        self.gave_light = light
        self.begun = 0

    def answered(self) -> None:
        self.begun += 1


def made(admitted: Admitted | None = None) -> tuple[Response, RequestScope, Exchange]:
    exchange = Exchange()
    request = RequestScope("GET /", Policy(), timeout=None, budget=5)
    return Response(request, exchange.send, admitted), request, exchange  # type: ignore[arg-type]


@pytest.mark.asyncio
async def test_the_request_knows_how_far_its_response_is() -> None:
    response, request, _ = made()
    async with request:
        assert request.phase == "handling"
        await response.send({"type": "http.response.start", "status": 200, "headers": []})
        assert request.phase == "responding"
        await response.send({"type": "http.response.body", "body": b""})
        assert request.phase == "after"


@pytest.mark.asyncio
async def test_the_admission_hears_of_the_first_byte_once() -> None:
    admitted = Admitted()
    response, request, _ = made(admitted)
    async with request:
        await respond(response.send, 200, b"a", b"b")
    assert admitted.begun == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("light", [False, True])
async def test_a_light_answer_says_so(light: bool) -> None:
    response, request, exchange = made(Admitted(light=light))
    async with request:
        await respond(response.send)
    assert (exchange.headers.get(b"snowshed-level") == b"light") is light


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "failed"), [(200, False), (404, False), (499, False), (500, True), (503, True)]
)
async def test_the_service_has_failed_if_it_could_not_answer(status: int, failed: bool) -> None:
    response, request, _ = made()
    assert response.failed
    async with request:
        await respond(response.send, status)
    assert response.failed is failed


@pytest.mark.asyncio
async def test_a_500_after_a_refusal_is_held_back_until_it_is_known_why() -> None:
    response, request, exchange = made()
    async with request:
        request._budget.refused = 1
        await respond(response.send, 500, b"oops")
        assert exchange.sent == []
        await response.release()
    assert exchange.status == 500
    assert exchange.body == b"oops"


@pytest.mark.asyncio
async def test_but_no_more_of_it_than_fits() -> None:
    response, request, exchange = made()
    async with request:
        request._budget.refused = 1
        await respond(response.send, 500, b"x" * (HELD_AT_MOST + 1))
    assert exchange.status == 500
