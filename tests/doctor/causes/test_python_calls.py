"""Tasks that call somebody over the network are told apart by the calls around the wait."""

from __future__ import annotations

import pytest

from _snapshots import task, thread
from doctor._task_pages import case, page, seen
from snowshed.doctor import diagnose
from snowshed.doctor._case import Case
from snowshed.doctor.causes._python_calls import calls
from snowshed.model import Frame, Severity, TaskSnapshot, TaskState

LIB = "/srv/lib/python3.12"
ASYNCIO = Frame("StreamReader.readline", f"{LIB}/asyncio/streams.py", 563)
SHOP = Frame("ask_carrier", "/srv/shop/app.py", 41)


def library(path: str, function: str = "f") -> Frame:
    return Frame(function, f"{LIB}/site-packages/{path}", 7)


AIOHTTP = (
    library("aiohttp/streams.py"),
    library("aiohttp/client_reqrep.py", "ClientResponse.start"),
)
HTTPX = (
    library("anyio/_backends/_asyncio.py"),
    library("httpcore/_async/http11.py", "AsyncHTTP11Connection._receive_response_headers"),
)
GRPC = (library("grpc/aio/_call.py", "UnaryUnaryCall._invoke"),)
STREAM = (library("httpcore/_async/http11.py", "AsyncHTTP11Connection._receive_response_body"),)


def waits(
    number: int, *inner: Frame, state: TaskState = TaskState.SOCKET, age: float = 3.0
) -> TaskSnapshot:
    return task(number, state=state, stack=(*inner, SHOP), resource=None, age=age)


def grown(*inner: Frame, state: TaskState = TaskState.SOCKET) -> Case:
    few, many = ([waits(n, *inner, state=state) for n in range(size)] for size in (5, 40))
    return Case(seen(page(few), page(many)))


@pytest.mark.parametrize(
    ("inner", "state", "over_http"),
    [
        ((ASYNCIO,), TaskState.SOCKET, False),
        ((ASYNCIO, library("redis/asyncio/connection.py")), TaskState.SOCKET, False),
        (AIOHTTP, TaskState.FUTURE, True),
        (HTTPX, TaskState.EVENT, True),
        (GRPC, TaskState.FUTURE, True),
    ],
)
def test_more_and_more_calls_are_told(
    inner: tuple[Frame, ...], state: TaskState, over_http: bool
) -> None:
    (call,) = calls(grown(*inner, state=state))
    assert call.over_http is over_http
    assert call.group.at == SHOP


@pytest.mark.parametrize(
    ("inner", "state"),
    [
        ((Frame("Event.wait", f"{LIB}/asyncio/locks.py", 1),), TaskState.EVENT),
        ((ASYNCIO, Frame("wait_for", f"{LIB}/asyncio/tasks.py", 1)), TaskState.SOCKET),
        ((ASYNCIO, library("uvicorn/protocols/http/flow_control.py")), TaskState.SOCKET),
        ((ASYNCIO, library("aiohttp/web_request.py")), TaskState.SOCKET),
        ((library("aiohttp/client_ws.py", "receive"),), TaskState.FUTURE),
        ((ASYNCIO, library("redis/asyncio/client.py", "PubSub.listen")), TaskState.SOCKET),
        ((ASYNCIO,), TaskState.SLEEP),
        (STREAM, TaskState.EVENT),
    ],
)
def test_what_rests_or_has_a_timeout_is_not(inner: tuple[Frame, ...], state: TaskState) -> None:
    assert [*calls(grown(*inner, state=state))] == []


def test_who_serves_waits_for_its_clients() -> None:
    made = Frame("StreamReaderProtocol.connection_made", f"{LIB}/asyncio/streams.py", 250)
    few, many = (
        page([task(n, state=TaskState.SOCKET, stack=(ASYNCIO, SHOP), created_at=made)
              for n in range(size)])
        for size in (5, 40)
    )  # fmt: skip
    assert [*calls(Case(seen(few, many)))] == []


@pytest.mark.parametrize("request_", ["", "WS /chat"])
def test_who_serves_no_request_may_read_for_as_long_as_it_likes(request_: str) -> None:
    reads = {"state": TaskState.SOCKET, "stack": (ASYNCIO, SHOP), "request": request_}
    few, many = (page([task(n, **reads) for n in range(size)]) for size in (5, 40))
    assert [*calls(Case(seen(few, many)))] == []


def test_in_one_look_only_many_that_are_old_are_told() -> None:
    assert [*calls(case([waits(n, ASYNCIO) for n in range(40)]))] == []
    (call,) = calls(case([waits(n, ASYNCIO, age=90.0) for n in range(12)]))
    assert "12 of them were made more than a minute ago" in call.evidence


def test_what_a_library_does_for_itself_and_what_threads_do_is_not_told() -> None:
    own = [task(n, state=TaskState.SOCKET, stack=(ASYNCIO,), age=90.0) for n in range(12)]
    threads = [thread(n, state=TaskState.SOCKET, stack=(ASYNCIO, SHOP)) for n in range(12)]
    assert [*calls(case([*own, *threads]))] == []


def test_the_causes_give_the_advice_of_python() -> None:
    few, many = (page([waits(n, *AIOHTTP, state=TaskState.FUTURE) for n in r])
                 for r in (range(5), range(40)))  # fmt: skip
    (finding,) = diagnose(seen(few, many)).findings
    assert (finding.detail, finding.severity) == ("transport-no-timeout", Severity.MEDIUM)
    assert "ClientTimeout" in finding.advice
