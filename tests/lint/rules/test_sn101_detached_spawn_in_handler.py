"""Tasks and threads that outlive the request that started them, and those that are owned."""

from __future__ import annotations

import pytest

from lint._programs import HANDLER, python_function
from lint._wanted import python

HEAD = """
import asyncio
import threading
from aiohttp import web
from concurrent.futures import ThreadPoolExecutor
from fastapi import Request, WebSocket

EXECUTOR = ThreadPoolExecutor()
"""

SHAPES = {
    "nobody has it": """
        asyncio.create_task(work())  # want
        """,
    "a variable that nobody reads": """
        task = asyncio.create_task(work())  # want
        """,
    "of the loop": """
        loop = asyncio.get_running_loop()
        loop.create_task(work())  # want
        """,
    "the set that only keeps it": """
        task = asyncio.create_task(work())  # want
        background.add(task)
        task.add_done_callback(background.discard)
        """,
    "a thread": """
        threading.Thread(target=work, daemon=True).start()  # want
        thread = threading.Thread(target=work)  # want
        thread.start()
        timer = threading.Timer(5, work)  # want
        timer.start()
        """,
    "a job of a pool": """
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, work, request)  # want
        EXECUTOR.submit(work, request)  # want
        """,
    "a task of another loop": """
        asyncio.run_coroutine_threadsafe(work(), other)  # want
        """,
    "only on one way": """
        if request.verbose:
            asyncio.ensure_future(log(request))  # want
        """,
    "for each item": """
        for each in request.items:
            asyncio.create_task(work(each))  # want
        """,
    "in a function inside of it": """
        async def stream():
            asyncio.create_task(work())  # want
            yield 1
        return stream()
        """,
    "others are awaited": """
        other = asyncio.create_task(work())
        asyncio.create_task(log())  # want
        await other
        """,
    "a check of something else": """
        if request.ok:
            background.add(asyncio.create_task(work()))  # want
        """,
}
OWNED = {
    "awaited": """
        task = asyncio.create_task(work())
        await task
        """,
    "gathered": """
        await asyncio.gather(asyncio.create_task(work()), asyncio.create_task(work()))
        """,
    "gathered later": """
        tasks = [asyncio.create_task(work(each)) for each in request.items]
        return await asyncio.gather(*tasks)
        """,
    "collected and gathered": """
        tasks = []
        for each in request.items:
            tasks.append(asyncio.create_task(work(each)))
        done, pending = await asyncio.wait(tasks)
        """,
    "awaited one by one": """
        tasks = {each: asyncio.create_task(work(each)) for each in request.items}
        for name, task in tasks.items():
            print(name, await task)
        """,
    "awaited in a comprehension": """
        tasks = [asyncio.create_task(work(each)) for each in request.items]
        return [await task for task in tasks]
        """,
    "as completed": """
        tasks = [asyncio.create_task(work(each)) for each in request.items]
        for done in asyncio.as_completed(tasks):
            yield await done
        """,
    "with a timeout": """
        return await asyncio.wait_for(asyncio.shield(asyncio.create_task(work())), 1)
        """,
    "cancelled": """
        task = asyncio.create_task(beat())
        try:
            return await work()
        finally:
            task.cancel()
        """,
    "cancelled by a callback": """
        task = asyncio.create_task(beat())
        request.on_end(task.cancel)
        """,
    "awaited in a function inside of it": """
        task = asyncio.create_task(work())
        async def stream():
            yield await task
        return web.StreamResponse(stream())
        """,
    "returned": """
        return asyncio.create_task(work())
        """,
    "handed to an owner": """
        request.app.jobs.watch(asyncio.create_task(work()))
        """,
    "a group": """
        async with asyncio.TaskGroup() as group:
            group.create_task(work())
        """,
    "a nursery and a wrapper": """
        request.app.group.create_task(work())
        hass.async_create_task(work())
        background_tasks.add_task(work)
        """,
    "under a semaphore": """
        async with semaphore:
            asyncio.create_task(work())
        """,
    "after a place was taken": """
        await places.acquire()
        task = asyncio.create_task(work())
        task.add_done_callback(lambda _: places.release())
        """,
    "unless it runs already": """
        if request.app.job is None or request.app.job.done():
            request.app.job = asyncio.create_task(work())
        """,
    "unless there are too many": """
        if len(background) > 100:
            raise web.HTTPServiceUnavailable
        task = asyncio.create_task(work())
        background.add(task)
        """,
    "one for each key": """
        if key not in running:
            running[key] = asyncio.create_task(work())
        """,
    "the one before is ended": """
        old = request.app.job
        if request.app.job:
            request.app.job.cancel()
        request.app.job = asyncio.create_task(work())
        """,
    "a job that is waited for": """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, work, request)
        return EXECUTOR.submit(work, request).result()
        """,
    "jobs that are waited for": """
        with ThreadPoolExecutor() as pool:
            jobs = [pool.submit(work, each) for each in request.items]
        return [job.result() for job in jobs]
        """,
    "a form is submitted": """
        request.form.submit()
        """,
    "a thread that is joined": """
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        """,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_nobody_waits_for_and_nothing_limits(shape: str) -> None:
    python("SN101", python_function(f"{HEAD}background = set()\n{HANDLER}", SHAPES[shape]))


@pytest.mark.parametrize("shape", OWNED)
def test_what_somebody_owns(shape: str) -> None:
    head = HEAD + "background = set()\nrunning = {}\n"
    python("SN101", python_function(head + HANDLER, OWNED[shape]))


@pytest.mark.parametrize(
    "head",
    [
        "@router.get('/x', response_model=None)\nasync def handler(a: int):",
        "@app.route('/x')\ndef handler():",
        "async def handler(request: web.Request) -> web.Response:",
        "async def user_of(token, r: Request):",
        "@app.middleware('http')\nasync def handler(request, call_next):",
    ],
)
def test_every_handler(head: str) -> None:
    python("SN101", f"{HEAD}{head}\n    asyncio.create_task(work())  # want\n")


@pytest.mark.parametrize(
    "head",
    [
        "@app.websocket('/x')\nasync def handler(ws):",
        "async def handler(ws: WebSocket):",
        "@app.on_event('startup')\nasync def start():",
        "async def main():",
        "@asynccontextmanager\nasync def lifespan(app):",
        "@pytest.fixture\nasync def server():",
    ],
)
def test_what_is_no_handler_of_requests(head: str) -> None:
    python("SN101", f"{HEAD}{head}\n    asyncio.create_task(work())\n")


def test_what_a_helper_starts_for_a_handler() -> None:
    found = python(
        "SN101",
        {
            "views.py": """
                from fastapi import APIRouter
                from .events import audit, wait_for, once

                @router.post("/x")
                async def order():
                    audit("x")
                    await wait_for()
                    once()
                """,
            "events.py": """
                import asyncio

                tasks = set()

                def audit(what):
                    tasks.add(asyncio.create_task(send(what)))  # want

                async def wait_for():
                    await asyncio.create_task(send("y"))

                def once():
                    global worker
                    worker = asyncio.create_task(work())

                def nobody():
                    asyncio.create_task(work())
                """,
        },
    )
    assert [place.path for place in found[0].related] == ["app/views.py"]
    assert "`send` outlives" in found[0].message


def test_what_limits_itself_piles_up_but_does_not_work_all_at_once() -> None:
    python(
        "SN101",
        """
        import asyncio

        semaphore = asyncio.Semaphore(5)

        async def send(what):
            async with semaphore:
                await post(what)

        @app.post("/x")
        async def order():
            asyncio.create_task(send("x"))
        """,
    )


def test_what_starts_the_same_is_alike() -> None:
    handlers = [
        f"@app.post('/{name}')\nasync def {name}():\n    asyncio.create_task(audit('{name}'))"
        for name in "abcd"
    ]
    text = "import asyncio\n\n" + "\n\n".join(handlers) + "\n"
    found = python("SN101", text.replace("'))", "'))  # want"))
    assert {each.alike for each in found} == {"audit"}


def test_what_the_method_of_an_object_starts() -> None:
    python(
        "SN101",
        {
            "main.py": """
                from .mail import Mailer

                @app.post("/x")
                async def handler(request):
                    request.app.state.mailer.send("x")
                    request.app.state.other.send("x")

                def start():
                    app.state.mailer = Mailer()
                    app.state.other = Mailer()
                    app.state.other = None or foreign()
                """,
            "mail.py": """
                import asyncio

                class Mailer:
                    def send(self, what):
                        asyncio.create_task(post(what))  # want

                class Other:
                    def send(self, what):
                        asyncio.create_task(post(what))
                """,
        },
    )
