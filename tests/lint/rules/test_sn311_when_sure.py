"""Queues without a limit that is sure to be missed, and those of which nobody knows."""

from __future__ import annotations

import re

import pytest

from lint._programs import python_function
from lint._wanted import python

HEAD = """
import aiohttp
import asyncio
import queue
from asyncio import QueueFull
"""
SURE_TO_BE_MISSED = {
    "the database": """
        class Inbox:
            def __init__(self, database):
                self.database = database
                self.inbox: asyncio.Queue[bytes] = asyncio.Queue()  # want
            def on_message(self, topic, payload):
                self.inbox.put_nowait(payload)
            async def run(self):
                while True:
                    payload = await self.inbox.get()
                    try:
                        await self.database.insert(payload)
                    except Exception:
                        log.exception("not stored")
        """,
    "a broker": """
        class Gateway:
            def __init__(self, loop):
                self.loop = loop
                self.out = asyncio.Queue()  # want
            def publish(self, topic, payload):
                self.loop.call_soon_threadsafe(self.out.put_nowait, (topic, payload))
            async def drain(self, client):
                while not client.closed:
                    topic, payload = await self.out.get()
                    await client.publish(topic, payload)
                    self.out.task_done()
        """,
    "a browser": """
        class Socket(WebSocketHandler):
            def initialize(self):
                self.waiting = asyncio.Queue()  # want
            def send(self, message):
                self.waiting.put_nowait(message)
            async def run(self):
                while True:
                    await self.write_message(await self.waiting.get())
        """,
    "a web hook": """
        async def forward(client):
            waiting = asyncio.Queue()  # want
            def take(event):
                waiting.put_nowait(event)
            client.subscribe("a", take)
            async with aiohttp.ClientSession() as session:
                while event := await waiting.get():
                    await post(session, event)
        async def post(session: aiohttp.ClientSession, event):
            async with session.post("https://example.com", json=event) as answer:
                await answer.read()
        """,
    "a model, with a handler": """
        waiting = asyncio.Queue()  # want
        @app.post("/x")
        async def handler(request):
            waiting.put_nowait(await request.json())
        async def work(model):
            while True:
                question = await waiting.get()
                async with asyncio.timeout(60):
                    await model.complete(question)
        """,
    "datagrams": """
        class Intake(asyncio.DatagramProtocol):
            def connection_made(self, transport):
                self.waiting = asyncio.Queue(maxsize=0)  # want
            def datagram_received(self, data, addr):
                self.waiting.put_nowait((data, addr))
            async def run(self, store):
                while True:
                    data, addr = await asyncio.wait_for(self.waiting.get(), 10)
                    await store.write(addr, data)
        """,
}
NEVER_FULL = {
    "what is too much is dropped": """
        class Outbound:
            def __init__(self):
                self.waiting = asyncio.Queue()  # want
            async def send(self, text):
                try:
                    self.waiting.put_nowait(text)
                except asyncio.QueueFull:
                    log.warning("dropped")
        """,
    "of threads": """
        class Events:
            def __init__(self):
                self.waiting = queue.Queue()  # want
            def add(self, event):
                try:
                    self.waiting.put_nowait(event)
                except queue.Full:
                    pass
        """,
    "of several errors": """
        async def listen(connection):
            waiting = asyncio.Queue(-1)  # want
            def take(payload):
                try:
                    waiting.put_nowait(payload)
                except (RuntimeError, QueueFull):
                    log.warning("lost")
            await connection.add_listener("a", take)
        """,
    "one for each who listens": """
        class Hub:
            def join(self, name):
                self.members[name] = asyncio.Queue()  # want
            def tell(self, name, text):
                try:
                    self.members[name].put_nowait(text)
                except asyncio.QueueFull:
                    del self.members[name]
        """,
}
ADDED_FOR_EVER = {
    "to a list": """
        class News:
            def __init__(self):
                self.watchers: list[asyncio.Queue[str]] = []
            def watch(self):
                queue: asyncio.Queue[str] = asyncio.Queue()  # want
                self.watchers.append(queue)
                return queue
            def publish(self, text):
                for queue in list(self.watchers):
                    queue.put_nowait(text)
        """,
    "to a set, by a coroutine": """
        class News:
            def __init__(self):
                self.watchers = set()
            async def watch(self):
                queue = asyncio.Queue()  # want
                self.watchers.add(queue)
                while True:
                    yield await queue.get()
            async def run(self, source):
                async for text in source:
                    if not self.watchers:
                        continue
                    for queue in self.watchers:
                        queue.put_nowait(text)
        """,
    "of the module": """
        watchers = []
        @app.get("/news")
        async def stream(request):
            queue = asyncio.Queue()  # want
            watchers.append(queue)
            return EventSourceResponse(read(queue))
        def publish(text):
            print(len(watchers))
            for queue in watchers:
                queue.put_nowait(text)
        """,
}
# Each of them is told, but as advice.
NOT_SURE = {
    "an answer to part of them": """
        class Inbox:
            def __init__(self):
                self.inbox = asyncio.Queue()  # want advice
            def on_event(self, event):
                self.inbox.put_nowait(event)
            async def run(self):
                while True:
                    event = await self.inbox.get()
                    if event.is_question:
                        await self.client.answer(event)
        """,
    "work of its own": """
        class Inbox:
            def __init__(self):
                self.inbox = asyncio.Queue()  # want advice
            def on_event(self, event):
                self.inbox.put_nowait(event)
            async def run(self):
                while True:
                    await self.handle(await self.inbox.get())
            async def handle(self, event):
                await self.lock.acquire()
        """,
    "several take": """
        class Inbox:
            def __init__(self):
                self.inbox = asyncio.Queue()  # want advice
            def on_event(self, event):
                self.inbox.put_nowait(event)
            async def run(self):
                while True:
                    await self.database.insert(await self.inbox.get())
            async def other(self):
                while True:
                    await self.database.insert(await self.inbox.get())
        """,
    "who sends is held back": """
        class Inbox(asyncio.Protocol):
            def connection_made(self, transport):
                self.inbox = asyncio.Queue()  # want advice
            def data_received(self, data):
                self.inbox.put_nowait(data)
                self.transport.pause_reading()
            async def run(self):
                while True:
                    await self.database.insert(await self.inbox.get())
                    self.transport.resume_reading()
        """,
    "once, and not in a loop": """
        class Inbox:
            def __init__(self):
                self.inbox = asyncio.Queue()  # want advice
            def on_event(self, event):
                self.inbox.put_nowait(event)
            async def one(self):
                await self.database.insert(await self.inbox.get())
        """,
    "taken out again": """
        class News:
            def __init__(self):
                self.watchers = []
            def watch(self):
                queue = asyncio.Queue()  # want advice
                self.watchers.append(queue)
                return queue
            def leave(self, queue):
                self.watchers.remove(queue)
            def publish(self, text):
                for queue in list(self.watchers):
                    queue.put_nowait(text)
        """,
    "made anew": """
        class News:
            def __init__(self):
                self.watchers = []
            def watch(self):
                queue = asyncio.Queue()  # want advice
                self.watchers.append(queue)
                return queue
            def publish(self, text):
                self.watchers = [each for each in self.watchers if each.is_open]
                for queue in self.watchers:
                    queue.put_nowait(text)
        """,
    "given to somebody else": """
        class News:
            def __init__(self):
                self.watchers = set()
            def watch(self):
                queue = asyncio.Queue()  # want advice
                self.watchers.add(queue)
                return Subscription(self.watchers, queue)
            def publish(self, text):
                for queue in self.watchers:
                    queue.put_nowait(text)
        """,
    "held weakly": """
        class News:
            def __init__(self):
                self.watchers = weakref.WeakSet()
            def watch(self):
                queue = asyncio.Queue()  # want advice
                self.watchers.add(queue)
                return queue
            def publish(self, text):
                for queue in self.watchers:
                    queue.put_nowait(text)
        """,
    "one for each part, made once": """
        class News:
            def __init__(self):
                self.parts = []
                one = asyncio.Queue()  # want advice
                self.parts.append(one)
            def publish(self, text):
                for queue in self.parts:
                    queue.put_nowait(text)
        """,
}


def code(text: str) -> str:
    return python_function(HEAD, text, left=8)


@pytest.mark.parametrize("shape", SURE_TO_BE_MISSED)
def test_who_empties_it_waits_for_somebody_else(shape: str) -> None:
    (found,) = python("SN311", code(SURE_TO_BE_MISSED[shape]))
    assert re.search(r"and who empties it waits for `[\w.]+` with each element$", found.message)
    assert len(found.related) == 2


@pytest.mark.parametrize("shape", NEVER_FULL)
def test_what_is_to_be_done_when_it_is_full(shape: str) -> None:
    (found,) = python("SN311", code(NEVER_FULL[shape]))
    assert found.message.endswith("so it is never full: what is to be done then is never done")


@pytest.mark.parametrize("shape", ADDED_FOR_EVER)
def test_a_queue_that_nobody_takes_back(shape: str) -> None:
    (found,) = python("SN311", code(ADDED_FOR_EVER[shape]))
    assert "and nothing ever takes it out of `" in found.message


@pytest.mark.parametrize("shape", NOT_SURE)
def test_what_may_be_well(shape: str) -> None:
    python("SN311", code(NOT_SURE[shape]))


def test_another_module_takes_it_out() -> None:
    text = code(ADDED_FOR_EVER["to a list"]).replace("# want", "# want advice")
    other = "import asyncio\n\nasync def leave(news, queue):\n    news.watchers.remove(queue)\n"
    python("SN311", {"news.py": text, "leave.py": other})
