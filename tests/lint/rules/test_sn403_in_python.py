"""Tasks and threads of Python that each turn of an endless loop starts, and those it waits for."""

from __future__ import annotations

import pytest

from lint._programs import python_function
from lint._wanted import python

PILED_UP = {
    "one for each message": """
        while True:
            message = await queue.get()
            asyncio.create_task(handle(message))  # want advice
        """,
    "kept in a set": """
        while not self.stopped.is_set():
            task = asyncio.create_task(self.once())  # want advice
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
            await asyncio.sleep(10)
        """,
    "until the end of what comes": """
        while (message := await queue.get()) is not None:
            asyncio.ensure_future(handle(message))  # want advice
        """,
    "for each that is read": """
        async for message in socket:
            asyncio.create_task(handle(message))  # want advice
        """,
    "in a group": """
        async with asyncio.TaskGroup() as group:
            while self.is_running:
                group.create_task(handle(await queue.get()))  # want advice
        """,
    "in a nursery": """
        async with anyio.create_task_group() as group:
            while True:
                group.start_soon(handle, await queue.get())  # want advice
        """,
    "a thread": """
        while running:
            threading.Thread(target=handle, args=(queue.get(),)).start()  # want advice
        """,
    "where something is to do": """
        while True:
            message = await queue.get()
            if message.is_question:
                asyncio.create_task(handle(message))  # want advice
        """,
}
HELD_BACK = {
    "awaited": """
        while True:
            task = asyncio.create_task(handle(await queue.get()))
            await task
        """,
    "awaited with another": """
        while True:
            get = asyncio.create_task(queue.get())
            stop = asyncio.create_task(stopped.wait())
            await asyncio.wait({get, stop}, return_when=asyncio.FIRST_COMPLETED)
        """,
    "joined": """
        while True:
            thread = threading.Thread(target=handle)
            thread.start()
            thread.join()
        """,
    "a server": """
        while True:
            connection = await loop.sock_accept(sock)
            asyncio.create_task(handle(connection))
        """,
    "a place is taken": """
        while True:
            await places.acquire()
            asyncio.create_task(handle(await queue.get()))
        """,
    "the task takes a place": """
        while True:
            asyncio.create_task(limited(await queue.get()))
        """,
    "counted": """
        while True:
            if len(tasks) > 10:
                await asyncio.sleep(1)
            tasks.add(asyncio.create_task(handle(await queue.get())))
        """,
    "one at a time": """
        while True:
            if self.task is None or self.task.done():
                self.task = asyncio.create_task(handle(await queue.get()))
        """,
    "one attribute has it": """
        while True:
            self.task = asyncio.create_task(handle(await queue.get()))
        """,
    "the loop is left": """
        while True:
            if await ready():
                asyncio.create_task(handle(1))
                break
        """,
    "it ends": """
        while jobs:
            asyncio.create_task(handle(jobs.pop()))
        while number < 10:
            asyncio.create_task(handle(number))
        for job in jobs:
            asyncio.create_task(handle(job))
        while False:
            asyncio.create_task(handle(1))
        """,
    "read and waited for": """
        async with asyncio.TaskGroup() as group:
            async for message in socket:
                group.create_task(handle(message))
        """,
}
BY_THE_CLIENT = {
    "FastAPI": """
        @app.websocket("/chat")
        async def chat(socket: WebSocket):
            tasks = set()
            while True:
                message = await socket.receive_json()
                task = asyncio.create_task(answer(socket, message))  # want
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        """,
    "what has a kind": """
        @app.websocket("/rpc")
        async def rpc(ws: WebSocket, pending=Depends(pending)):
            while True:
                call = await ws.receive_json()
                if call["type"] == "call":
                    self.tasks.add(asyncio.create_task(run(ws, call)))  # want
        """,
    "all that comes": """
        @app.websocket("/x")
        async def listen(ws):
            async for text in ws.iter_text():
                tasks.append(asyncio.create_task(handle(text)))  # want
        """,
    "Starlette": """
        async def chat(socket):
            await socket.accept()
            async with asyncio.TaskGroup() as group:
                while True:
                    text = await socket.receive_text()
                    group.create_task(answer(socket, text))  # want
        routes = [WebSocketRoute("/chat", chat)]
        """,
    "anyio": """
        @app.websocket("/x")
        async def listen(ws: WebSocket):
            async with anyio.create_task_group() as group:
                while not self.stopped:
                    try:
                        text = await ws.receive_text()
                    except WebSocketDisconnect:
                        return
                    group.start_soon(handle, ws, text)  # want
        """,
    "a thread": """
        @app.websocket("/x")
        async def listen(ws: WebSocket):
            while True:
                text = await ws.receive_text()
                threading.Thread(target=handle, args=(text,)).start()  # want
        """,
    "a loop inside": """
        @app.websocket("/x")
        async def listen(ws: WebSocket):
            async def read():
                while True:
                    pending.add(asyncio.create_task(handle(await ws.receive())))  # want
            await read()
        """,
    "looked at, and kept by nobody": """
        @app.websocket("/x")
        async def listen(ws: WebSocket):
            while True:
                task = asyncio.create_task(handle(await ws.receive()))  # want
                task.add_done_callback(print)
        """,
    "another linter was told that it is well so": """
        @app.websocket("/x")
        async def listen(ws: WebSocket):
            while True:
                text = await ws.receive()
                asyncio.create_task(handle(text))  # noqa: RUF006  # want
        """,
}
BY_THE_TIME = {
    "a task": """
        class Poller:
            async def run(self):
                while True:
                    task = asyncio.create_task(self.once())  # want
                    self.asking.add(task)
                    task.add_done_callback(self.asking.discard)
                    await asyncio.sleep(10)
            async def once(self):
                print(await self.ask())
        """,
    "first the sleep": """
        async def watch(device):
            tasks = set()
            while device.is_open:
                await asyncio.sleep(PERIOD)
                tasks.add(asyncio.create_task(look(device)))  # want
        async def look(device):
            async with device.lease() as lease:
                await lease.read()
        """,
    "a group": """
        async def serve():
            async with anyio.create_task_group() as group:
                while True:
                    group.start_soon(refresh)  # want
                    await anyio.sleep(1)
        async def refresh():
            await client.get("/state")
        """,
    "a thread": """
        def serve():
            while True:
                threading.Thread(target=report).start()  # want
                time.sleep(60)
        def report():
            requests.post("https://example.com", json=state)
        """,
    "a thread, until it is stopped": """
        class Heart:
            def run(self):
                while not self.stopped.wait(5):
                    thread = threading.Thread(target=self.beat, daemon=True)  # want
                    thread.start()
            def beat(self):
                urllib.request.urlopen(self.url)
        """,
    "whatever it raises": """
        async def run():
            while True:
                try:
                    tasks.append(asyncio.ensure_future(sync()))  # want
                except RuntimeError:
                    print("no")
                await asyncio.sleep(3600)
        async def sync():
            for row in await load():
                await store(row)
        """,
}
# They may pile up; who starts them, and how long they take, is not seen.
NOT_SURE = {
    "it gives up": """
        async def run():
            while True:
                tasks.add(asyncio.create_task(sync()))  # want advice
                await asyncio.sleep(10)
        async def sync():
            async with asyncio.timeout(5):
                await load()
        """,
    "it waits for nobody": """
        async def run():
            while True:
                tasks.add(asyncio.create_task(count()))  # want advice
                await asyncio.sleep(10)
        async def count():
            await queue.put(1)
        """,
    "now and then": """
        async def run():
            while True:
                if state.is_old:
                    tasks.add(asyncio.create_task(sync()))  # want advice
                await asyncio.sleep(10)
        async def sync():
            await load()
        """,
    "what waits for something else": """
        async def run():
            while True:
                item = await feed.next_one()
                tasks.add(asyncio.create_task(sync(item)))  # want advice
                await asyncio.sleep(0.1)
        async def sync(item):
            await load()
        """,
    "of which nothing is seen": """
        async def run(sync):
            while True:
                tasks.add(asyncio.create_task(sync()))  # want advice
                await asyncio.sleep(10)
        """,
    "what another task brings": """
        @app.websocket("/x")
        async def listen(ws: WebSocket):
            while True:
                event = await self.bus.receive()
                tasks.add(asyncio.create_task(ws.send_json(event)))  # want advice
        """,
    "a thread that counts": """
        def serve():
            while True:
                threading.Thread(target=count).start()  # want advice
                time.sleep(60)
        def count():
            print(1)
        """,
    # That nobody keeps it is told by another rule.
    "nobody keeps it": """
        @app.websocket("/x")
        async def listen(ws: WebSocket):
            while True:
                asyncio.create_task(handle(await ws.receive_text()))  # want advice
        """,
}
HEAD = """
import anyio
import asyncio
import threading
import time
import urllib.request
import requests
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

async def limited(message):
    async with limit:
        await handle(message)

"""


def code(text: str, head: str) -> str:
    return python_function(HEAD + head, text)


@pytest.mark.parametrize("shape", PILED_UP)
def test_what_piles_up(shape: str) -> None:
    python("SN403", code(PILED_UP[shape], "async def serve(self, queue, socket):"))
    python("SN403", code(PILED_UP[shape], "@app.websocket('/x')\nasync def serve(self, socket):"))


@pytest.mark.parametrize("shape", HELD_BACK)
def test_what_holds_the_loop_back(shape: str) -> None:
    python("SN403", code(HELD_BACK[shape], "async def serve(self, queue, socket, jobs):"))


@pytest.mark.parametrize("shape", BY_THE_CLIENT)
def test_a_client_decides_how_many(shape: str) -> None:
    (found,) = python("SN403", python_function(HEAD, BY_THE_CLIENT[shape], left=8))
    assert found.message.endswith(", and a client decides how many there are")


@pytest.mark.parametrize("shape", BY_THE_TIME)
def test_the_time_goes_on(shape: str) -> None:
    (found,) = python("SN403", python_function(HEAD, BY_THE_TIME[shape], left=8))
    assert found.message.endswith(", and the time goes on, whether or not the last one has ended")


@pytest.mark.parametrize("shape", NOT_SURE)
def test_what_may_be_quick_or_few(shape: str) -> None:
    python("SN403", python_function(HEAD, NOT_SURE[shape], left=8))


def test_what_a_request_starts_is_told_by_another_rule() -> None:
    text = PILED_UP["one for each message"].replace("  # want advice", "")
    python("SN403", code(text, "@app.get('/x')\nasync def serve(queue):"))


def test_the_message_says_what_is_started() -> None:
    (found,) = python("SN403", code(PILED_UP["kept in a set"], "async def serve(self):"))
    assert found.message == (
        "each turn of the loop starts a task of `self.once` and waits for none: "
        "they pile up once they are slower than what feeds the loop"
    )
    (found,) = python("SN403", code(PILED_UP["a thread"], "def serve(self, queue):"))
    assert found.message.startswith("each turn of the loop starts a thread of `handle` and waits")
