"""Semaphores that each task has one of its own of, and those that are shared."""

from __future__ import annotations

import pytest

from lint._programs import python_function
from lint._wanted import python

BAD = {
    "made and taken in one function": """
        async def fetch(url):
            limit = asyncio.Semaphore(5)  # want
            async with limit:
                return await get(url)
        """,
    "taken by hand": """
        async def fetch(url):
            limit = asyncio.BoundedSemaphore(5)  # want
            await limit.acquire()
            try:
                return await get(url)
            finally:
                limit.release()
        """,
    "taken in a loop, one after the other": """
        async def fetch(urls):
            limit = asyncio.Semaphore(5)  # want
            for url in urls:
                async with limit:
                    await get(url)
        """,
    "made where it is taken": """
        async def fetch(url):
            async with asyncio.Semaphore(5):  # want
                return await get(url)
        """,
    "a lock": """
        def next_number():
            lock = threading.Lock()  # want
            with lock:
                return make()
        """,
    "a limiter of a rate, once": """
        async def fetch(url):
            rate = AsyncLimiter(5, 1)  # want
            async with rate:
                return await get(url)
        """,
    "of anyio": """
        async def fetch(url):
            async with anyio.CapacityLimiter(5):  # want
                return await get(url)
        """,
    "one for each task of a loop": """
        async def fetch(urls):
            for url in urls:
                tasks.append(asyncio.create_task(get(url, asyncio.Semaphore(5))))  # want
            await asyncio.gather(*(get(url, limit=asyncio.Semaphore(5)) for url in urls))  # want
        """,
    "around all of them": """
        class Client:
            def __init__(self):
                self.limit = asyncio.Semaphore(5)

            async def fetch(self, urls):
                async with self.limit:  # want
                    return await asyncio.gather(*[self.get(url) for url in urls])

            async def get(self, url):
                return await get(url)
        """,
    "a helper that makes it anew": """
        def limit():
            return asyncio.Semaphore(5)

        class Client:
            @property
            def limit(self):
                return asyncio.Semaphore(5)

            async def fetch(self, url):
                async with self.limit:  # want
                    await get(url)
                async with limit():  # want
                    await get(url)
        """,
}
GOOD = {
    "captured by the tasks": """
        async def fetch_all(urls):
            limit = asyncio.Semaphore(5)

            async def fetch(url):
                async with limit:
                    return await get(url)

            return await asyncio.gather(*map(fetch, urls))
        """,
    "passed to the tasks": """
        async def fetch_all(urls):
            limit = asyncio.Semaphore(5)
            return await asyncio.gather(*(fetch(url, limit) for url in urls))
        """,
    "given back by who ends": """
        async def fetch_all(urls):
            limit = asyncio.Semaphore(5)
            for url in urls:
                await limit.acquire()
                task = asyncio.create_task(get(url))
                task.add_done_callback(lambda _: limit.release())

        async def others(urls):
            limit = asyncio.Semaphore(5)
            for url in urls:
                await limit.acquire()
                task = asyncio.create_task(get(url))
                task.add_done_callback(limit.release)
        """,
    "of the module, the class, the instance": """
        LIMIT = asyncio.Semaphore(5)

        class Client:
            shared = asyncio.Semaphore(5)

            def __init__(self):
                self.limit = asyncio.Semaphore(5)
                limit = asyncio.Semaphore(5)
                self.other = limit

            async def fetch(self, url):
                async with LIMIT, self.shared, self.limit:
                    await get(url)
        """,
    "a default for what was not given": """
        async def fetch(url, limit=None):
            if limit is None:
                limit = asyncio.Semaphore(5)
            async with limit:
                return await get(url)

        async def fetch_too(url, given=None):
            limit = given or asyncio.Semaphore(5)
            async with limit:
                return await get(url)
        """,
    "global": """
        async def fetch(url):
            global limit
            limit = asyncio.Semaphore(5)
            async with limit:
                return await get(url)
        """,
    "one for each key": """
        async def fetch(hosts):
            limits = {host: asyncio.Semaphore(5) for host in hosts}
            workers = [Worker(asyncio.Semaphore(1)) for host in hosts]
            return await run(limits, workers)
        """,
    "a limiter of a rate, in a loop": """
        async def fetch(urls):
            rate = AsyncLimiter(5, 1)
            for url in urls:
                async with rate:
                    await get(url)
        """,
    "taken in each of them, too": """
        async def fetch(urls):
            async with LIMIT:
                return await asyncio.gather(*[get(url) for url in urls])

        async def get(url):
            async with LIMIT:
                return await ask(url)
        """,
    "around a few": """
        LIMIT = asyncio.Semaphore(5)

        async def fetch(user):
            async with LIMIT:
                return await asyncio.gather(profile(user), orders(user))
        """,
    "a helper that keeps it": """
        @functools.cache
        def limit():
            return asyncio.Semaphore(5)

        def by_loop():
            if loop not in limits:
                limits[loop] = asyncio.Semaphore(5)
            return limits[loop]

        class Client:
            @functools.cached_property
            def limit(self):
                return asyncio.Semaphore(5)

            async def fetch(self, url):
                async with limit(), by_loop(), self.limit:
                    await get(url)
        """,
    "nobody takes it": """
        def make():
            return asyncio.Semaphore(5)

        def tell():
            limit = asyncio.Semaphore(5)
            print(limit)
        """,
}
HEAD = "import asyncio, functools, threading\nimport anyio\nfrom aiolimiter import AsyncLimiter\n"


def code(text: str) -> str:
    return python_function(HEAD, text, left=8)


@pytest.mark.parametrize("shape", BAD)
def test_what_limits_nothing(shape: str) -> None:
    python("SN313", code(BAD[shape]))


@pytest.mark.parametrize("shape", GOOD)
def test_what_is_shared(shape: str) -> None:
    python("SN313", code(GOOD[shape]))


def test_a_helper_of_a_module_beside_it() -> None:
    python(
        "SN313",
        {
            "limits.py": "import asyncio\n\ndef limit():\n    return asyncio.Semaphore(5)\n",
            "main.py": """
                from .limits import limit

                async def fetch(url):
                    async with limit():  # want
                        return await get(url)
                """,
        },
    )
