"""Connections that are waited for without an end, and those that something ends."""

from __future__ import annotations

import pytest

from lint._wanted import python

BAD = """
import asyncio
import anyio
import trio
from asyncio import open_connection


class Client:
    async def connect(self, host):
        await asyncio.open_connection(host, 1)  # want
        await open_connection(host, 1, ssl=True)  # want
        reader, writer = await asyncio.open_connection(host, 1)  # want
        await anyio.connect_tcp(host, 1)  # want
        await trio.open_tcp_stream(host, 1)  # want
        async with self.lock:
            await asyncio.open_connection(host, 1)  # want
        loop = asyncio.get_running_loop()
        await loop.create_connection(Protocol, host, 1)  # want advice
        await self.loop.sock_connect(self.socket, host)  # want advice
        async with asyncio.timeout(5):
            pass
        await asyncio.open_connection(host, 1)  # want


async def use(client):
    await client.connect("a")
"""
ENDED = {
    "wait_for": "await asyncio.wait_for(asyncio.open_connection(host, 1), 5)",
    "a block": "async with asyncio.timeout(5):\n        await asyncio.open_connection(host, 1)",
    "of anyio": "with anyio.fail_after(5):\n        await anyio.connect_tcp(host, 1)",
    "of another library": (
        "async with async_timeout.timeout(5):\n        await asyncio.open_connection(host, 1)"
    ),
    "wait_for of a coroutine": (
        "opening = asyncio.open_connection(host, 1)\n    await asyncio.wait_for(opening, 5)"
    ),
    "a socket that is connected": "await asyncio.open_connection(sock=socket)",
    "reads and accepts": "await reader.read(1)\n    await loop.sock_accept(socket)",
    "the same machine": "await asyncio.open_unix_connection('/run/x')",
    "of a pool": "await pool.create_connection(host)",
}


def test_what_nothing_ends() -> None:
    python("SN206", BAD)


@pytest.mark.parametrize("shape", ENDED)
def test_what_something_ends(shape: str) -> None:
    python("SN206", f"import asyncio\nimport anyio\nasync def f(host):\n    {ENDED[shape]}\n")


def test_who_calls_it_may_end_it() -> None:
    python(
        "SN206",
        {
            "low.py": """
                import asyncio

                class Client:
                    async def _open(self, host):
                        await asyncio.open_connection(host, 1)

                    async def _connect(self, host):
                        await self._open(host)
                """,
            "high.py": """
                import asyncio

                async def use(client):
                    await asyncio.wait_for(client._connect("a"), 5)
                """,
        },
    )


def test_a_function_that_is_told_for_how_long() -> None:
    head = "import asyncio\nasync def f(host, timeout):\n    "
    python("SN206", head + "await asyncio.open_connection(host, 1)\n")
    head = "import asyncio\n@with_timeout(5)\nasync def f(host):\n    "
    python("SN206", head + "await asyncio.open_connection(host, 1)\n")
