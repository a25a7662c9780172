"""The client against a real server on a real socket that answers what the test tells it to."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from snowshed.demo._client import Client, ProtocolError, parse_head

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CLOSE = b"<close>"
RESET = b"<reset>"
NO_LINGER = struct.pack("ii", 1, 0)


class Server:
    """Carries out one step of its script for each request; an answer may end with CLOSE or RESET.

    A step of b"" leaves the client without an answer.
    """

    def __init__(self, *script: bytes) -> None:
        self.script = list(script)
        self.connections = 0
        self.requests: list[bytes] = []
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                step = self.script.pop(0)
                writer.write(step.removesuffix(CLOSE).removesuffix(RESET))
                if step.endswith(RESET):
                    sock = writer.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                if step.endswith((CLOSE, RESET)):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone.set()
        finally:
            writer.close()


@asynccontextmanager
async def serving(*script: bytes) -> AsyncIterator[tuple[Server, Client]]:
    server = Server(*script)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listener, Client("127.0.0.1", listener.sockets[0].getsockname()[1]) as client:
        yield server, client


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await test()

    asyncio.run(bounded())


def test_connections_that_are_held_are_used_once_and_left_alone_until_the_end() -> None:
    async def test() -> None:
        async with serving(OK, OK, OK) as (server, client):
            await client.hold(2)
            assert server.connections == 2
            assert await client.get("/x") == 200
            assert server.connections == 3
            assert not server.gone.is_set()
        async with asyncio.timeout(5):
            await server.gone.wait()

    run(test)


def test_one_connection_serves_one_request_after_the_other() -> None:
    async def test() -> None:
        async with serving(OK, OK) as (server, client):
            assert [await client.get("/a"), await client.get("/b")] == [200, 200]
            assert server.connections == 1
            assert server.requests[1] == b"GET /b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    run(test)


def test_requests_at_once_take_a_connection_each() -> None:
    async def test() -> None:
        async with serving(OK, OK, OK) as (server, client):
            assert await asyncio.gather(*(client.get("/") for _ in range(3))) == [200] * 3
            assert server.connections == 3

    run(test)


def test_a_chunked_body_is_read_to_its_end() -> None:
    chunked = (
        b"HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;note=x\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"
    )

    async def test() -> None:
        async with serving(chunked, OK) as (server, client):
            assert [await client.get("/"), await client.get("/")] == [503, 200]
            assert server.connections == 1

    run(test)


def test_a_connection_that_the_server_wants_closed_is_not_used_again() -> None:
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

    async def test() -> None:
        async with serving(closing, OK) as (server, client):
            assert [await client.get("/"), await client.get("/")] == [200, 200]
            assert server.connections == 2

    run(test)


def test_a_connection_that_the_server_closed_while_it_was_idle_is_replaced() -> None:
    async def test() -> None:
        async with serving(OK + CLOSE, OK) as (server, client):
            await client.get("/")
            while not client._idle[0]._reader.at_eof():
                await asyncio.sleep(0)
            assert await client.get("/") == 200
            assert server.connections == 2

    run(test)


@pytest.mark.parametrize(
    "step",
    [
        CLOSE,
        RESET,
        b"HTTP/1.1 200 OK\r\nContent-Le" + CLOSE,
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this" + CLOSE,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab" + CLOSE,
    ],
    ids=["nothing", "reset", "half a head", "half a body", "half a chunk"],
)
def test_a_connection_lost_before_the_end_of_the_answer_is_an_error(step: bytes) -> None:
    async def test() -> None:
        async with serving(step) as (_, client):
            with pytest.raises((EOFError, OSError)):
                await client.get("/")
            assert client._idle == []

    run(test)


def test_a_server_that_nobody_runs_is_an_error() -> None:
    async def test() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, but not listening
            async with Client("127.0.0.1", taken.getsockname()[1]) as client:
                with pytest.raises(ConnectionRefusedError):
                    await client.get("/")

    run(test)


def test_a_request_given_up_closes_its_connection_and_the_server_notices() -> None:
    async def test() -> None:
        async with serving(b"") as (server, client):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.get("/")
            await server.gone.wait()
            assert client._idle == []

    run(test)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ],
)
def test_what_is_not_http_is_a_protocol_error(answer: bytes) -> None:
    async def test() -> None:
        async with serving(answer) as (_, client):
            with pytest.raises(ProtocolError):
                await client.get("/")
            assert client._idle == []

    run(test)


def test_header_names_match_in_any_case_and_values_lose_their_padding() -> None:
    head = b"HTTP/1.1 204 No Content\r\nX-Thing:  a: b \r\n\r\n"
    assert parse_head(head) == (204, {"x-thing": "a: b"})
