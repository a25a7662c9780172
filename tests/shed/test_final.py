"""That an error is final is known to who gets it, whichever library has made it of an answer."""

from __future__ import annotations

import aiohttp
import grpc
import grpc.aio
import httpx
import httpx2
import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from snowshed.shed import RetryBudget, Target
from snowshed.shed._final import FINAL_MARK, FinalMark, is_final, mark_final, note_final


def test_an_error_that_cannot_be_marked_is_left_alone():
    class Frozen(Exception):
        def __setattr__(self, name, value):
            raise AttributeError(name)

    error = Frozen()
    mark_final(error)
    assert not is_final(error)


def http_error(library, value):
    request = library.Request("GET", "http://stock/")
    response = library.Response(503, headers={"Snowshed-Retry": value}, request=request)
    with pytest.raises(library.HTTPStatusError) as caught:
        response.raise_for_status()
    return caught.value


def aiohttp_error(value):
    headers = CIMultiDictProxy(CIMultiDict({"Snowshed-Retry": value}))
    info = aiohttp.RequestInfo(URL("http://stock/"), "GET", CIMultiDictProxy(CIMultiDict()))
    return aiohttp.ClientResponseError(info, (), status=503, headers=headers)


def grpc_error(value):
    trailing = grpc.aio.Metadata(("other", "x"), ("grpc-retry-pushback-ms", value))
    return grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), trailing)


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (http_error(httpx, "never"), True),
        (http_error(httpx2, "never"), True),
        (aiohttp_error("never"), True),
        (grpc_error("-1"), True),
        (http_error(httpx2, "later"), False),
        (aiohttp_error("later"), False),
        (grpc_error("1000"), False),
        (httpx2.ConnectError("refused"), False),
        (aiohttp.ClientResponseError(None, ()), False),  # type: ignore[arg-type]
        (OSError(), False),
    ],
)
def test_what_a_service_said_is_known_by_what_the_client_library_raises(error, final):
    assert is_final(error) is final


def test_an_error_of_a_shape_that_nobody_knows_says_nothing():
    class Odd(Exception):
        @property
        def response(self):
            raise RuntimeError("not read")

    assert not is_final(Odd())


def marked(act):
    """Return whether the request in whose context something is done is marked by it."""
    mark = FinalMark()
    token = FINAL_MARK.set(mark)
    try:
        act()
    finally:
        FINAL_MARK.reset(token)
    return mark.final


def test_what_marks_an_error_marks_the_request_around_it():
    assert marked(lambda: mark_final(OSError()))
    assert marked(lambda: note_final(grpc_error("-1")))
    assert not marked(lambda: note_final(OSError()))


@pytest.mark.asyncio
@pytest.mark.parametrize("attempts", [1, 3])
async def test_a_target_that_hears_it_from_below_asks_once_and_marks_its_own_request(attempts):
    stock = Target("stock", retries=RetryBudget("stock"))
    mark, asked = FinalMark(), 0

    async def ask():
        nonlocal asked
        asked += 1
        raise grpc_error("-1")

    token = FINAL_MARK.set(mark)
    try:
        with pytest.raises(grpc.aio.AioRpcError):
            await stock.run(ask, attempts=attempts)
    finally:
        FINAL_MARK.reset(token)
    assert asked == 1
    assert mark.final
