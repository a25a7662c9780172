"""Queues without a limit that callbacks feed, and those that have one or whose feeders can wait."""

from __future__ import annotations

import pytest

from lint._programs import python_function
from lint._wanted import python

HEAD = """
import asyncio
import queue
from queue import SimpleQueue
"""
FED = {
    "by a callback": """
        class Inbox:
            def __init__(self):
                self.inbox: asyncio.Queue[bytes] = asyncio.Queue()  # want advice
            def on_message(self, topic, payload):
                self.inbox.put_nowait(payload)
        """,
    "by a protocol": """
        class Intake(asyncio.DatagramProtocol):
            def connection_made(self, transport):
                self.waiting = asyncio.Queue(maxsize=0)  # want advice
            def datagram_received(self, data, addr):
                self.waiting.put_nowait(data)
        """,
    "by a handler": """
        waiting = queue.Queue()  # want advice
        @app.post("/x")
        async def handler(request):
            waiting.put_nowait(await request.json())
        """,
    "by what is registered": """
        async def read(client):
            waiting = asyncio.Queue(-1)  # want advice
            def take(message):
                waiting.put_nowait(message)
            client.subscribe("a", take)
            while True:
                yield await waiting.get()
        """,
    "by a lambda": """
        async def read(client):
            waiting = asyncio.Queue()  # want advice
            client.subscribe("a", lambda message: waiting.put_nowait(message))
        """,
    "by what is set": """
        async def read(client):
            waiting = asyncio.LifoQueue()  # want advice
            def take(message):
                waiting.put_nowait(message)
            client.message = take
        """,
    "from another thread": """
        class Bridge:
            def __init__(self, loop):
                self.loop, self.out = loop, None
                self.waiting = asyncio.Queue()  # want advice
            def put(self, message):
                self.loop.call_soon_threadsafe(self.waiting.put_nowait, message)
        """,
    "one for each by name": """
        class News:
            def watch(self, name):
                self.watchers[name] = asyncio.Queue()  # want advice
            def publish(self, name, text):
                self.watchers[name].put_nowait(text)
            def notify(self, name, text):
                waiting = self.watchers.get(name)
                waiting.put_nowait(text)
        """,
}
NOT_FED = {
    "with a limit": """
        class Inbox:
            def __init__(self, limit):
                self.inbox = asyncio.Queue(100)
                self.other = asyncio.Queue(maxsize=limit)
                self.third = asyncio.Queue(**limit)
            def on_message(self, payload):
                self.inbox.put_nowait(payload)
                self.other.put_nowait(payload)
                self.third.put_nowait(payload)
        """,
    "without one to set": """
        class Inbox:
            def __init__(self):
                self.inbox = SimpleQueue()
            def on_message(self, payload):
                self.inbox.put_nowait(payload)
        """,
    "by who could wait": """
        class Inbox:
            def __init__(self):
                self.inbox = asyncio.Queue()
            async def run(self):
                self.inbox.put_nowait(await self.read())
            def fill(self, parts):
                for part in parts:
                    self.inbox.put_nowait(part)
        """,
    "the word that there are no more": """
        class Inbox:
            def __init__(self):
                self.inbox = asyncio.Queue()
            def on_close(self):
                self.inbox.put_nowait(None)
            def on_end(self):
                self.inbox.put_nowait(_SENTINEL)
                self.loop.call_soon_threadsafe(self.inbox.put_nowait, None)
        """,
    "what is given back": """
        class Pool:
            def __init__(self):
                self.free = queue.LifoQueue()
            def take(self):
                return Connection(release=self.release)
            def release(self, connection):
                self.free.put_nowait(connection)
            def on_connect(self, connection):
                self.free.put_nowait(connection)
        """,
    "it asks how full it is": """
        class Inbox:
            def __init__(self):
                self.inbox = asyncio.Queue()
            def on_message(self, payload):
                if self.inbox.qsize() > 100:
                    self.inbox.get_nowait()
                self.inbox.put_nowait(payload)
        """,
    "of somebody else": """
        class Inbox:
            def __init__(self, inbox):
                self.inbox = inbox
            def on_message(self, payload):
                self.inbox.put_nowait(payload)
                self.pool.put_nowait(payload)
        """,
    "of another class": """
        class Inbox:
            def __init__(self):
                self.watchers.append(asyncio.Queue())
        class Other:
            def on_message(self, payload):
                for watcher in self.watchers:
                    watcher.put_nowait(payload)
        """,
}


def code(text: str) -> str:
    return python_function(HEAD, text, left=8)


@pytest.mark.parametrize("shape", FED)
def test_what_grows(shape: str) -> None:
    python("SN311", code(FED[shape]))


@pytest.mark.parametrize("shape", NOT_FED)
def test_what_does_not(shape: str) -> None:
    python("SN311", code(NOT_FED[shape]))


def test_the_message_says_who_feeds_it() -> None:
    (found,) = python("SN311", code(FED["one for each by name"]))
    assert found.message == (
        "`asyncio.Queue` has no limit, and is fed by the callback `publish`, which cannot wait: "
        "what comes faster than it is taken stays in memory"
    )
    assert len(found.related) == 2
