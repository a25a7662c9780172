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
HEAD = """
import anyio
import asyncio
import threading

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
