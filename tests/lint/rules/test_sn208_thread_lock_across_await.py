"""Locks of threads that a coroutine holds while it waits, and those that it does not."""

from __future__ import annotations

import pytest

from lint._wanted import python

HEAD = """
import asyncio
import multiprocessing
import threading
from threading import RLock

lock = threading.Lock()
condition = threading.Condition()
"""


@pytest.mark.parametrize(
    "body",
    [
        "    with lock:  # want\n        await load()",
        "    with lock:  # want\n        if rows:\n            rows = [await load()]",
        "    with lock:  # want\n        async for row in rows:\n            use(row)",
        "    with lock:  # want\n        async with session() as it:\n            use(it)",
        "    with suppress(OSError), condition:  # want\n        await load()",
        "    own = threading.BoundedSemaphore(3)\n    with own:  # want\n        await load()",
        "    with multiprocessing.Lock():  # want\n        await load()",
        "    with lock:  # want\n        with open(path):\n            await load()",
    ],
)
def test_it_is_held_while_the_task_waits(body: str) -> None:
    python("SN208", f"{HEAD}\nasync def refresh():\n{body}\n")


@pytest.mark.parametrize(
    "body",
    [
        "    with lock:\n        load()\n    await store()",
        "    async with lock:\n        await load()",
        "    own = asyncio.Lock()\n    async with own:\n        await load()",
        "    with given:\n        await load()",
        "    with lock:\n        async def go():\n            await load()\n        start(go)",
        "    with lock:\n        later = lambda: load()\n    await later()",
        "    with suppress(OSError):\n        await load()",
    ],
)
def test_it_is_not(body: str) -> None:
    python("SN208", f"{HEAD}\nasync def refresh(given):\n{body}\n")


def test_a_lock_of_the_object_is_known_by_what_made_it() -> None:
    (found,) = python(
        "SN208",
        """
        import threading

        class Cache:
            def __init__(self):
                self._lock = threading.Lock()

            async def refresh(self):
                with self._lock:  # want
                    self.rows = await load()

            def clear(self):
                with self._lock:
                    self.rows = []
        """,
    )
    assert found.message == (
        "`self._lock` is a lock of threads, held over an await: "
        "the next task that wants it stops the loop, and nobody gives it back"
    )
    assert [each.span.line for each in found.related] == [9]
    assert found.waits_at == (8, 9)


def test_a_lock_that_the_thread_may_take_twice_keeps_no_task_out() -> None:
    (found,) = python(
        "SN208", f"{HEAD}\nown = RLock()\nasync def f():\n    with own:  # want\n        await g()"
    )
    assert "every other task of the loop gets it, too" in found.message


def test_a_function_that_is_no_coroutine_may_hold_it() -> None:
    python("SN208", f"{HEAD}\ndef f():\n    with lock:\n        load()")
