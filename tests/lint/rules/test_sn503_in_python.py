"""Clients of Python that are made for each request or turn, and those that are shared."""

from __future__ import annotations

import pytest

from lint._programs import HANDLER, python_function
from lint._wanted import python

PER_REQUEST = {
    "in a block": """
        async with httpx.AsyncClient() as client:  # want
            return await client.get("https://a.example")
        """,
    "two in one block": """
        async with aiohttp.ClientSession(timeout=T) as session, session.get(URL) as r:  # want
            return await r.json()
        """,
    "in a variable, and closed": """
        client = httpx.AsyncClient(timeout=5)  # want
        try:
            return await client.get("https://a.example")
        finally:
            await client.aclose()
        """,
    "never closed": """
        session = ClientSession()  # want
        answer = await session.get("https://a.example")
        """,
    "at once": """
        return await httpx.AsyncClient().get("https://a.example")  # want
        """,
    "a pool": """
        pool = await asyncpg.create_pool(DSN)  # want
        async with pool.acquire() as connection:
            return await connection.fetch("select 1")
        """,
    "a connection": """
        connection = await asyncpg.connect(DSN)  # want
        return await connection.fetch("select 1")
        """,
    "an engine": """
        engine = create_async_engine(DSN)  # want
        async with engine.connect() as connection:
            return await connection.execute(QUERY)
        """,
    "from a URL": """
        cache = redis.asyncio.from_url("redis://cache")  # want
        return await cache.get("a")
        """,
    "of the service's address": """
        cache = redis.asyncio.from_url(request.app.state.cache)  # want
        """,
    "of a request's address": """
        async with httpx.AsyncClient(base_url=request.query["shop"]) as client:  # want advice
            return await client.get("/")
        """,
}
SHARED = {
    "of the application": """
        return await request.app.state.client.get("https://a.example")
        """,
    "made where there is none": """
        if request.app.client is None:
            request.app.client = httpx.AsyncClient()
        """,
    "made where there is none, in a global": """
        global client
        if client is None:
            client = httpx.AsyncClient()
        """,
    "made where none is given": """
        session = request.get("session") or aiohttp.ClientSession()
        """,
    "kept": """
        client = httpx.AsyncClient()
        request.app.clients["a"] = client
        """,
    "for what is kept afterwards": """
        if request in FOUND:
            return FOUND[request]
        async with httpx.AsyncClient() as client:
            FOUND[request] = await client.get("https://a.example")
        return FOUND[request]
        """,
    "another one gets it": """
        return await run(Shop(httpx.AsyncClient()))
        """,
    "without connections of its own": """
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get("/")
        async with aiohttp.ClientSession(connector=CONNECTOR, connector_owner=False) as session:
            return await session.get("/")
        """,
    "a session of a database, which is no connection": """
        async with AsyncSession(ENGINE) as session:
            return await session.execute(QUERY)
        """,
}
HEAD = """
import aiohttp
import asyncpg
import functools
import httpx
import redis.asyncio
import requests
from aiohttp import ClientSession
from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

T = 5
FOUND = {}
client = None

"""


def code(text: str, head: str = HANDLER) -> str:
    return python_function(HEAD + head, text)


@pytest.mark.parametrize("shape", PER_REQUEST)
def test_one_for_each_request(shape: str) -> None:
    python("SN503", code(PER_REQUEST[shape]))


@pytest.mark.parametrize("shape", SHARED)
def test_what_is_shared(shape: str) -> None:
    python("SN503", code(SHARED[shape]))


@pytest.mark.parametrize(
    "head",
    [
        "@asynccontextmanager\nasync def lifespan(app):",
        "async def main():",
        "@app.on_event('startup')\nasync def start():",
        "async def load(url):",
        "@app.websocket('/x')\nasync def socket(ws):",
    ],
)
def test_what_is_made_at_the_start_or_by_who_knows_whom(head: str) -> None:
    python(
        "SN503", code("        async with httpx.AsyncClient() as client:\n            pass", head)
    )


def test_what_a_helper_makes_for_a_handler() -> None:
    found = python(
        "SN503",
        {
            "views.py": """
                from .shop import ask, cached, client, keep

                @app.get("/x")
                async def handler():
                    await ask("a")
                    async with client() as shop:
                        await shop.get("https://a.example")
                    await cached().get("b")
                    keep()
                """,
            "shop.py": """
                import functools
                import httpx

                async def ask(what):
                    async with httpx.AsyncClient() as client:  # want
                        return await client.get(URL)

                def client():
                    return httpx.AsyncClient()  # want

                @functools.cache
                def cached():
                    return httpx.AsyncClient()

                def keep():
                    global shared
                    shared = httpx.AsyncClient()

                async def nobody():
                    async with httpx.AsyncClient() as client:
                        return await client.get(URL)
                """,
        },
    )
    assert {place.path for each in found for place in each.related} == {"app/views.py"}


def test_a_dependency_is_made_for_each_request() -> None:
    text = """
        import httpx
        from fastapi import Depends

        async def client():
            async with httpx.AsyncClient() as made:  # want
                yield made

        @app.get("/x")
        async def handler(shop=Depends(client)):
            return await shop.get("https://a.example")
        """
    python("SN503", text)


def test_one_in_each_turn() -> None:
    text = """
        async def load(urls):
            for url in urls:
                async with aiohttp.ClientSession() as session:  # want
                    await session.get(url)
            for host in hosts:
                async with httpx.AsyncClient(base_url=host) as client:
                    await client.get("/")
            for attempt in range(3):
                async with httpx.AsyncClient() as client:
                    await client.get("/")
            while (url := await queue.get()) is not None:
                async with httpx.AsyncClient() as client:  # want
                    await client.get(url)
            while True:
                message = await queue.get()
                made = httpx.AsyncClient()  # want
                await made.post(URL, json=message)
            while True:
                message = await queue.get()
                try:
                    async with httpx.AsyncClient() as client:
                        await client.post(URL, json=message)
                except httpx.HTTPError:
                    continue
            while running:
                async with httpx.AsyncClient() as client:
                    await listen(client)
            while True:
                connection = await asyncpg.connect(DSN)
                await connection.wait_closed()
            pools = [await asyncpg.create_pool(dsn) for dsn in dsns]
            for name in names:
                pools.append(httpx.AsyncClient())
                clients[name] = httpx.AsyncClient()
        """
    python("SN503", python_function(HEAD, text, left=8))


def test_the_message_says_what_each_makes_and_what_to_do() -> None:
    text = """
        @app.get("/x")
        def handler(code: str):
            return rate()

        def rate():
            with requests.Session() as session:  # want
                return session.get(URL).json()

        @app.get("/y")
        async def other():
            async with httpx.AsyncClient() as client:  # want
                await client.get(URL)
        """
    of_handler, of_helper = sorted(
        python("SN503", python_function(HEAD, text, left=8)), key=lambda each: -each.span.line
    )
    assert of_helper.message == (
        "each request that calls `rate` makes a new `requests.Session`, and with it new "
        "connections: make one, and let all share it"
    )
    assert of_handler.message.startswith("each request to `other` makes a new `httpx.AsyncClient`,")
