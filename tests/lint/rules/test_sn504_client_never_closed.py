"""Clients of Python that nobody closes, and those that somebody closes or has."""

from __future__ import annotations

import pytest

from lint._programs import python_function
from lint._wanted import mended, python

# Each in the body of `async def ask(self, url, given=None)`.
LEFT_OPEN = {
    "a client": """
        client = httpx.AsyncClient(timeout=5)  # want
        answer = await client.get(url)
        return answer.json()
        """,
    "a session": """
        session = ClientSession()  # want
        async with session.get(url) as answer:
            return await answer.json()
        """,
    "with an annotation": """
        client: httpx.AsyncClient = httpx.AsyncClient()  # want
        client.headers["a"] = "b"
        return await client.get(url)
        """,
    "only where none was given": """
        if given is None:
            given = httpx.AsyncClient()  # want
        return await given.get(url)
        """,
    "at once": """
        answer = await httpx.AsyncClient().get(url)  # want
        """,
    "a connection": """
        connection = await asyncpg.connect(url)  # want
        async with connection.transaction():
            return await connection.fetch("select 1")
        """,
    "a pool": """
        pool = await asyncpg.create_pool(url)  # want
        async with pool.acquire() as connection:
            return await connection.fetch("select 1")
        """,
    "a client of redis": """
        cache = redis.asyncio.from_url(url)  # want
        if cache is None or not url:
            raise ValueError(f"{cache}")
        print(cache)
        return await cache.get("a")
        """,
    "an engine": """
        engine = create_async_engine(url)  # want
        async with engine.connect() as connection:
            rows = await connection.execute(QUERY)
        """,
    "the writer of a connection": """
        reader, writer = await asyncio.open_connection(url, 80)  # want advice
        writer.write(b"a")
        await writer.drain()
        return await reader.read()
        """,
    "a blocking session": """
        session = requests.Session()  # want advice
        return session.get(url, timeout=5).json()
        """,
    "a blocking connection": """
        connection = psycopg2.connect(url)  # want advice
        cursor = connection.cursor()
        cursor.execute("select 1")
        return cursor.fetchall()
        """,
}
ENDED_OR_ELSEWHERE = {
    "in a block": """
        async with httpx.AsyncClient() as client:
            return await client.get(url)
        """,
    "in a block later on": """
        client = httpx.AsyncClient()
        async with client:
            return await client.get(url)
        """,
    "closed": """
        client = httpx.AsyncClient()
        try:
            return await client.get(url)
        finally:
            await client.aclose()
        """,
    "closed on one way": """
        client = given or httpx.AsyncClient()
        own = httpx.AsyncClient()
        if own is not given:
            await own.aclose()
        """,
    "somebody will close it": """
        client = httpx.AsyncClient()
        stack.push_async_callback(client.aclose)
        """,
    "a stack has it": """
        client = await stack.enter_async_context(httpx.AsyncClient())
        other = httpx.AsyncClient()
        await stack.enter_async_context(other)
        """,
    "the writer is closed": """
        reader, writer = await asyncio.open_connection(url, 80)
        writer.close()
        """,
    "both are returned": """
        reader, writer = await asyncio.open_connection(url, 80)
        return Connection(reader, writer)
        """,
    "several at once": """
        streams = await asyncio.open_connection(url, 80)
        return streams
        """,
    "returned": """
        client = httpx.AsyncClient()
        return client
        """,
    "yielded": """
        client = httpx.AsyncClient()
        yield client
        """,
    "kept": """
        client = httpx.AsyncClient()
        self.client = client
        self.clients[url] = httpx.AsyncClient()
        """,
    "in a global": """
        global shared
        shared = httpx.AsyncClient()
        await shared.get(url)
        """,
    "handed on": """
        client = httpx.AsyncClient()
        return await Shop(client, url).prices()
        """,
    "in a list": """
        client = httpx.AsyncClient()
        return [client, url]
        """,
    "a part of it is returned": """
        client = pymongo.AsyncMongoClient(url)
        return client["shop"].orders
        """,
    "a part of it is kept": """
        connection = await aio_pika.connect_robust(url)
        channel = await connection.channel()
        self.channel = channel
        """,
    "a function inside has it": """
        client = httpx.AsyncClient()

        async def get(path):
            return await client.get(path)

        return get
        """,
    "a method of it is handed on": """
        client = httpx.AsyncClient()
        return await retry(client.get, url)
        """,
    "with connections of somebody else": """
        session = aiohttp.ClientSession(connector=given, connector_owner=False)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app))
        """,
    "for ever": """
        client = httpx.AsyncClient()
        while True:
            await client.get(url)
        """,
    "no client of its own": """
        client = AsyncClient()
        await client.get(url)
        """,
}
HEAD = """
import aio_pika
import aiohttp
import asyncio
import asyncpg
import httpx
import psycopg2
import pymongo
import redis.asyncio
import requests
from aiohttp import ClientSession
from sqlalchemy.ext.asyncio import create_async_engine

"""
ASK = "async def ask(self, url, given=None):"


def code(text: str, head: str = ASK) -> str:
    return python_function(HEAD + head, text)


@pytest.mark.parametrize("shape", LEFT_OPEN)
def test_what_is_left_open(shape: str) -> None:
    python("SN504", code(LEFT_OPEN[shape]))


@pytest.mark.parametrize("shape", ENDED_OR_ELSEWHERE)
def test_what_somebody_closes_or_has(shape: str) -> None:
    python("SN504", code(ENDED_OR_ELSEWHERE[shape]))


def test_what_ends_with_the_program() -> None:
    text = LEFT_OPEN["a client"].replace("  # want", "")
    python("SN504", code(text, "async def main():"))
    python("SN504", code(text, "async def serve():") + "\nasyncio.run(serve())\n")
    python("SN504", f"{HEAD}\nclient = httpx.AsyncClient()\nclient.get('a')\n")


def test_what_another_rule_says_of_it_is_not_said_twice() -> None:
    text = LEFT_OPEN["a client"].replace("  # want", "")
    python("SN504", code(text, "@app.get('/x')\nasync def handler(url):"))
    asked = LEFT_OPEN["a connection"]
    # There it is advice only, as the request says where to.
    python("SN504", code(asked, "@app.get('/x')\nasync def handler(url):"))


def test_the_message_has_its_names() -> None:
    (found,) = python("SN504", code(LEFT_OPEN["a client"]))
    assert found.message == "`client` is never closed: each call of `ask` leaves it open"
    (found,) = python("SN504", code(LEFT_OPEN["at once"]))
    assert found.message == (
        "what `httpx.AsyncClient` makes is never closed: each call of `ask` leaves it open"
    )


def test_it_is_closed_by_a_block() -> None:
    after = mended(
        "SN504",
        code("""
        client = httpx.AsyncClient(
            timeout=5,
        )  # want

        for _ in range(3):
            # Once more.
            answer = await client.get(url)

        note(answer)
        return answer.json()
        """),
    )
    # What it has answered is read in the block, too: behind it the connection is closed.
    assert after.endswith(
        """
    async with httpx.AsyncClient(
        timeout=5,
    ) as client:  # want

        for _ in range(3):
            # Once more.
            answer = await client.get(url)

        note(answer)
        return answer.json()
"""
    )
    after = mended("SN504", code(LEFT_OPEN["a pool"]))
    assert (
        "    async with asyncpg.create_pool(url) as pool:  # want\n        async with pool" in after
    )
    after = mended("SN504", code(LEFT_OPEN["a blocking session"]))
    assert "    with requests.Session() as session:  # want advice\n        return" in after


def test_steps_of_tabs_stay_tabs() -> None:
    text = "def ask(url):\n\tsession = requests.Session()\n\treturn session.get(url).json()\n"
    after = mended("SN504", HEAD + text)
    assert after.endswith(
        "\twith requests.Session() as session:\n\t\treturn session.get(url).json()\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        # Used outside of the block that it is made in.
        """
        if url:
            client = httpx.AsyncClient()  # want
        await client.get(url)
        """,
        # Another value as well.
        LEFT_OPEN["only where none was given"],
        LEFT_OPEN["at once"],
        LEFT_OPEN["a connection"],
        # What it answers is used by others.
        """
        client = httpx.AsyncClient()  # want
        self.answer = await client.get(url)
        """,
        # The text would be another one.
        """
        client = httpx.AsyncClient()  # want
        await client.post(url, content='''a
        b''')
        """,
        """
        client = httpx.AsyncClient(); await client.get(url)  # want
        """,
        """
        client = httpx.AsyncClient()  # want
        """,
    ],
)
def test_where_moving_lines_does_not_say_it_there_is_no_fix(text: str) -> None:
    (found,) = python("SN504", code(text))
    assert found.fix is None


def test_a_client_of_a_loop_is_not_closed_where_nothing_can_wait() -> None:
    text = "def ask(url):\n    c = httpx.AsyncClient()  # want\n    c.build_request('GET', url)\n"
    (found,) = python("SN504", HEAD + text)
    assert found.fix is None
