"""Tasks and threads of Python: one for each of many, and those that something limits."""

from __future__ import annotations

import pytest

from lint._programs import python_function
from lint._wanted import python

# Each in the body of a function that is given `urls`.
OVER_THE_NETWORK = {
    "gathered from a comprehension": """
        await asyncio.gather(*[fetch(url) for url in urls])  # want
        """,
    "gathered from a generator": """
        await asyncio.gather(*(session.get(url) for url in urls), return_exceptions=True)  # want
        """,
    "gathered by map": """
        await asyncio.gather(*map(fetch, urls))  # want
        """,
    "a list that is filled": """
        calls = []
        for url in urls:
            calls.append(fetch(url))
        await asyncio.gather(*calls)  # want
        """,
    "a list that is held": """
        calls = [fetch(url) for url in urls]
        await asyncio.gather(*calls)  # want
        """,
    "tasks": """
        tasks = [asyncio.create_task(fetch(url)) for url in urls]  # want
        await asyncio.gather(*tasks)
        """,
    "tasks of a group": """
        async with asyncio.TaskGroup() as group:
            for url in urls:
                group.create_task(fetch(url))  # want
        """,
    "tasks of a nursery": """
        async with anyio.create_task_group() as group:
            for url in set(urls):
                group.start_soon(fetch, url)  # want
        """,
    "as they complete": """
        for done in asyncio.as_completed([fetch(url) for url in urls]):  # want
            await done
        """,
    "those that are left": """
        todo = [url for url in urls if url not in known]
        await asyncio.wait({asyncio.create_task(fetch(url)) for url in todo})  # want
        """,
    "with their numbers": """
        await asyncio.gather(*(fetch(url) for i, url in enumerate(urls)))  # want
        """,
    "of what was waited for": """
        rows = await database.rows()
        await asyncio.gather(*(fetch(row.url) for row in rows))  # want
        """,
    "one by one": """
        tasks = []
        async for url in urls:
            tasks.append(asyncio.create_task(count(url)))  # want
        await asyncio.gather(*tasks)
        """,
    "for each message, and ended together": """
        async for url in urls:
            task = asyncio.create_task(count(url))  # want advice
            self.tasks.add(task)
        await asyncio.gather(*self.tasks)
        """,
    "what is named so": """
        await asyncio.gather(*(self.download(url) for url in urls))  # want
        """,
    "by its key": """
        body = await urls.json()
        await asyncio.gather(*(fetch(url) for url in body["files"]))  # want
        """,
    "threads": """
        threads = [threading.Thread(target=count, args=(url,)) for url in urls]  # want
        for thread in threads:
            thread.join()
        """,
    "what a request has of the service": """
        await asyncio.gather(*(fetch(item) for item in urls.app.state.items))  # want advice
        """,
    "not over the network": """
        await asyncio.gather(*(count(url) for url in urls))  # want advice
        """,
    "items that work": """
        await asyncio.gather(*(url.load() for url in urls))  # want advice
        """,
    "with the name of settings": """
        servers = urls
        await asyncio.gather(*(fetch(server) for server in servers))  # want advice
        """,
    "of the object": """
        await asyncio.gather(*(fetch(url) for url in self.urls))  # want advice
        """,
}
LIMITED = {
    "written out": """
        await asyncio.gather(*(fetch(url) for url in ("a", "b")))
        names = ["a", "b"]
        await asyncio.gather(*(fetch(url) for url in names))
        await asyncio.gather(fetch("a"), fetch("b"))
        """,
    "counted": """
        await asyncio.gather(*(fetch(urls) for _ in range(10)))
        await asyncio.gather(*(fetch(urls) for _ in range(self.workers)))
        """,
    "a semaphore in each": """
        limit = asyncio.Semaphore(5)

        async def one(url):
            async with limit:
                return await fetch(url)

        await asyncio.gather(*(one(url) for url in urls))
        """,
    "a semaphore that each is given": """
        await asyncio.gather(*(with_limit(semaphore, fetch(url)) for url in urls))
        """,
    "a place for each": """
        for url in urls:
            await places.acquire()
            task = asyncio.create_task(fetch(url))
            task.add_done_callback(lambda _: places.release())
            tasks.append(task)
        """,
    "a turn that waits": """
        tasks = set()
        for url in urls:
            if len(tasks) >= 10:
                _, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            tasks.add(asyncio.create_task(fetch(url)))
        await asyncio.gather(*tasks)
        """,
    "in chunks": """
        for start in range(0, len(urls), 10):
            await asyncio.gather(*(fetch(url) for url in urls[start : start + 10]))
        for chunk in chunked(urls, 10):
            await asyncio.gather(*(fetch(url) for url in chunk))
        first = urls[:5]
        await asyncio.gather(*(fetch(url) for url in first))
        """,
    "workers of a queue": """
        for url in urls:
            queue.put_nowait(url)
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(worker(queue))
        """,
    "a pool of threads": """
        await asyncio.gather(*(asyncio.to_thread(fetch, url) for url in urls))
        await asyncio.gather(*(loop.run_in_executor(pool, fetch, url) for url in urls))
        """,
    "what is ended": """
        await asyncio.gather(*(client.close() for client in urls))
        await asyncio.gather(*(stop(client) for client in urls))
        """,
    "one after the other": """
        for url in urls:
            await fetch(url)
        """,
    "by those who do the work": """
        replicas, shards = urls, urls
        await asyncio.gather(*(replica.read(1) for replica in replicas))
        await asyncio.gather(*[replica(1) for replica in replicas])
        tasks = {asyncio.create_task(shard.find(1)) for shard in self.app.state.shards}
        await asyncio.wait(tasks)
        work = [shard.store.find(1) for shard in shards]
        await asyncio.gather(*work)
        for listener in self.listeners:
            tasks.add(asyncio.create_task(listener.start()))
        await asyncio.wait(tasks)
        """,
}
HEAD = """
import asyncio
import threading

import aiohttp
import anyio
from aiohttp import web


async def fetch(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.read()


async def count(url):
    return len(url)


"""


def code(text: str, head: str = "async def fetch_all(self, urls):") -> str:
    return python_function(HEAD + head, text)


@pytest.mark.parametrize("shape", OVER_THE_NETWORK)
def test_one_for_each_of_many(shape: str) -> None:
    python("SN402", code(OVER_THE_NETWORK[shape]))


@pytest.mark.parametrize("shape", LIMITED)
def test_what_is_limited(shape: str) -> None:
    python("SN402", code(LIMITED[shape]))
    python("SN402", code(LIMITED[shape], "@app.post('/x')\nasync def handler(urls: list[str]):"))


@pytest.mark.parametrize(
    "head",
    ["@app.post('/x')\nasync def handler(urls: list):", "async def handler(urls: web.Request):"],
)
def test_in_a_handler_it_need_not_be_the_network(head: str) -> None:
    python(
        "SN402", code("        await asyncio.gather(*(count(url) for url in urls))  # want", head)
    )


def test_a_function_that_a_handler_calls() -> None:
    python(
        "SN402",
        {
            "views.py": """
                from .work import count_all

                @app.post("/x")
                async def handler(body):
                    return await count_all(body.words)
                """,
            "work.py": """
                import asyncio

                async def count_all(words):
                    return await asyncio.gather(*(count(word) for word in words))  # want

                async def nobody(words):
                    return await asyncio.gather(*(count(word) for word in words))  # want advice
                """,
        },
    )


def test_what_nobody_waits_for_is_told_by_another_rule() -> None:
    text = """
        for url in urls:
            asyncio.create_task(fetch(url))
        """
    python("SN402", code(text, "@app.post('/x')\nasync def handler(urls):"))


def test_threads() -> None:
    text = """
        threads = [threading.Thread(target=count, args=(url,)) for url in urls]  # want
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """
    (found,) = python("SN402", code(text, "@app.post('/x')\ndef handler(urls):"))
    assert "starts a thread for each of `urls`" in found.message


def test_what_ends_and_what_stands_in_no_function() -> None:
    text = "        await asyncio.gather(*(fetch(url) for url in urls))"
    python("SN402", code(text, "async def aclose(self, urls):"))
    python("SN402", "import asyncio\nasyncio.wait([fetch(url) for url in urls])\n")
