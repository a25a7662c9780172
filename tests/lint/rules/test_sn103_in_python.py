"""Executors and event loops of Python that each request or turn makes, and those that are kept."""

from __future__ import annotations

import pytest

from lint._programs import HANDLER, python_function
from lint._wanted import python

PER_REQUEST = {
    "an executor": """
        executor = ThreadPoolExecutor(max_workers=2)  # want
        return await loop.run_in_executor(executor, look_up, request)
        """,
    "two calls of an executor": """
        executor = ThreadPoolExecutor(2)  # want
        a, b = await asyncio.gather(
            loop.run_in_executor(executor, look_up, 1), loop.run_in_executor(executor, look_up, 2)
        )
        """,
    "in a block": """
        with concurrent.futures.ProcessPoolExecutor() as pool:  # want
            return [*pool.map(look_up, request)]
        """,
    "what it returns is returned": """
        pool = ThreadPoolExecutor(2)  # want
        return pool.submit(look_up, 1).result()
        """,
    "a pool of processes": """
        with multiprocessing.Pool(4) as pool:  # want
            return pool.map(look_up, request)
        """,
    "a loop": """
        loop = asyncio.new_event_loop()  # want
        return loop.run_until_complete(load(request))
        """,
    "a loop that is set": """
        loop = asyncio.new_event_loop()  # want
        asyncio.set_event_loop(loop)
        found = loop.run_until_complete(load(request))
        """,
    "a loop that is closed": """
        loop = asyncio.new_event_loop()  # want advice
        try:
            return loop.run_until_complete(load(request))
        finally:
            loop.close()
        """,
    "a loop for one call": """
        return asyncio.run(load(request))  # want advice
        """,
}
KEPT = {
    "of the application": """
        return await loop.run_in_executor(request.app.executor, look_up, request)
        """,
    "the default one": """
        return await asyncio.to_thread(look_up, request)
        """,
    "made where there is none": """
        global pool
        if pool is None:
            pool = ThreadPoolExecutor(8)
        """,
    "kept where there is none": """
        if request.app.pool is None:
            request.app.pool = ThreadPoolExecutor(8)
        """,
    "for all": """
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(8))
        """,
    "a thread runs the loop": """
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever).start()
        """,
    "kept": """
        pool = ThreadPoolExecutor(8)
        pools[request.user] = pool
        """,
}
HEAD = """
import asyncio
import concurrent.futures
import functools
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor

pool = None

"""


def code(text: str, head: str = HANDLER) -> str:
    return python_function(HEAD + head, text)


@pytest.mark.parametrize("shape", PER_REQUEST)
def test_one_for_each_request(shape: str) -> None:
    python("SN103", code(PER_REQUEST[shape]))


@pytest.mark.parametrize("shape", KEPT)
def test_what_is_kept(shape: str) -> None:
    python("SN103", code(KEPT[shape]))


@pytest.mark.parametrize(
    "head",
    [
        "def main(request):",
        "async def lifespan(request):",
        "def run(request):",
        "@app.websocket('/x')\nasync def socket(request):",
    ],
)
@pytest.mark.parametrize("shape", ["an executor", "in a block", "a loop", "a loop for one call"])
def test_what_is_made_once_or_by_who_knows_whom(shape: str, head: str) -> None:
    text = PER_REQUEST[shape].replace("  # want advice", "").replace("  # want", "")
    text = text.replace("await ", "")
    python("SN103", code(text, head))


def test_what_a_helper_makes_for_a_handler() -> None:
    (found, other) = python(
        "SN103",
        {
            "views.py": """
                from .work import cached, load, run

                @app.get("/x")
                def handler():
                    cached().submit(load)
                    return load(1), run(2)
                """,
            "work.py": """
                import asyncio
                import functools
                from concurrent.futures import ThreadPoolExecutor

                def load(what):
                    with ThreadPoolExecutor() as pool:  # want
                        return list(pool.map(ask, what))

                def run(what):
                    return asyncio.run(ask(what))  # want advice

                @functools.cache
                def cached():
                    return ThreadPoolExecutor()
                """,
        },
    )
    assert found.message == (
        "`ThreadPoolExecutor` makes a pool of workers for each request that `load` is called for: "
        "it limits one request, and not the service"
    )
    assert found.related[0].path == "app/views.py"
    assert other.message == (
        "`asyncio.run` makes an event loop for each request that `run` is called for: "
        "all others have theirs"
    )


def test_one_in_each_turn() -> None:
    text = """
        def load(jobs):
            for job in jobs:
                pool = ThreadPoolExecutor(2)  # want
                pool.submit(job)
            while jobs:
                with ThreadPoolExecutor() as pool:  # want advice
                    pool.map(look_up, jobs.pop())
            for job in jobs:
                loop = asyncio.new_event_loop()  # want
                loop.run_until_complete(job())
            for job in jobs:
                asyncio.run(job())
            pools = [ThreadPoolExecutor(1) for _ in jobs]
            for job in jobs:
                pools.append(ThreadPoolExecutor(1))
                own = ThreadPoolExecutor(1)
                pools.append(own)
        """
    python("SN103", python_function(HEAD, text, left=8))
