"""Clients that are told to wait for ever, and those that are not or that have to."""

from __future__ import annotations

import pytest

from lint._wanted import python

HEAD = """
import asyncio
import aiohttp
import httpx
import requests
from httpx import AsyncClient

session = requests.Session()
"""


@pytest.mark.parametrize(
    "code",
    [
        "client = httpx.AsyncClient(timeout=None)  # want",
        "client = AsyncClient(base_url=url, timeout=None)  # want",
        "client = AsyncClient(timeout=httpx.Timeout(None))  # want",
        "httpx.post(url, timeout=None)  # want",
        "def ask(timeout=httpx.Timeout(None)):  # want advice\n    pass",
        "requests.get(url, timeout=None)  # want",
        "session.put(url, timeout=None)  # want",
        "with httpx.Client() as client:\n    client.get(url, timeout=None)  # want",
        "limit = aiohttp.ClientTimeout(total=None)  # want",
        "limit = aiohttp.ClientTimeout(total=None, sock_read=None)  # want",
    ],
)
def test_it_waits_for_ever(code: str) -> None:
    python("SN202", f"{HEAD}\n{code}")


@pytest.mark.parametrize(
    "code",
    [
        "client = httpx.AsyncClient()",
        "client = httpx.AsyncClient(timeout=10)",
        "client = AsyncClient(timeout=httpx.Timeout(None, read=5))",
        "client = other.AsyncClient(timeout=None)",
        "events = httpx.AsyncClient(timeout=None)",
        "def stream_rows():\n    return httpx.AsyncClient(timeout=None)",
        "class Proxy:\n    def open(self):\n        return httpx.AsyncClient(timeout=None)",
        "requests.get(url, stream=True, timeout=None)",
        "limit = aiohttp.ClientTimeout(total=None, sock_read=30)",
        "limit = aiohttp.ClientTimeout(total=60)",
        "async def f():\n    async with asyncio.timeout(5):\n        httpx.get(url, timeout=None)",
        "async def f(c: AsyncClient):\n    await asyncio.wait_for(c.get(url, timeout=None), 5)",
        "cache.get(key, timeout=None)",
    ],
)
def test_something_ends_it_or_it_has_to_stay_open(code: str) -> None:
    python("SN202", f"{HEAD}\n{code}")


def test_the_name_of_the_file_may_say_so() -> None:
    python("SN202", {"ingress.py": f"{HEAD}\nhttpx.get(url, timeout=None)"})


def test_it_tells_who_waits() -> None:
    (found,) = python("SN202", f"{HEAD}\nclient = httpx.AsyncClient(timeout=None)  # want")
    assert found.message == (
        "the timeout is switched off: `httpx.AsyncClient` waits for as long as the peer is silent"
    )
