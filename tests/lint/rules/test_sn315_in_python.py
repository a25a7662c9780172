"""Locks of Python that are taken in both orders, and those that cannot meet."""

from __future__ import annotations

from textwrap import indent

import pytest

from lint._wanted import python

RULE = "SN315"
HEAD = """
import asyncio
import threading
from collections import defaultdict

gate = asyncio.Lock()
one = asyncio.Lock()
other = asyncio.Semaphore(1)
five = asyncio.Semaphore(5)
locks = defaultdict(asyncio.Lock)

class Account:
    def __init__(self, number, lock=None):
        self.number = number
        self.lock = asyncio.Lock()
        self.mutex = threading.RLock()
        self.given = lock

class Bank:
    def __init__(self):
        self.rows = asyncio.Lock()
        self.cache = asyncio.Lock()
        self.changed = asyncio.Condition(self.rows)
        self.accounts: dict[int, Account] = {}

    def lock_for(self, key) -> asyncio.Lock:
        return locks[key]
"""


def of_bank(code: str) -> str:
    return HEAD + indent(code, "    ")


BOTH_ORDERS = {
    "attributes": """
async def f(self):
    async with self.rows:
        async with self.cache: ...  # want
async def g(self):
    async with self.cache:
        async with self.rows: ...
""",
    "in one statement": """
async def f(self):
    async with self.rows, self.cache: ...  # want
async def g(self):
    async with self.cache, self.rows: ...
""",
    "variables of the module": """
async def f(self):
    async with one:
        async with other: ...  # want
async def g(self):
    async with other, one: ...
""",
    "a condition is its lock": """
async def f(self):
    async with self.changed:
        async with self.cache: ...  # want
async def g(self):
    async with self.cache, self.rows: ...
""",
    "through a method": """
async def f(self):
    async with self.rows:
        await self.helper()  # want
async def helper(self):
    async with self.cache: ...
async def g(self):
    async with self.cache:
        async with self.rows: ...
    # The direction that is less often.
async def h(self):
    async with self.cache:
        async with self.rows: ...
""",
    "the rarer direction is told": """
async def f(self):
    async with self.rows, self.cache: ...
async def g(self):
    async with self.rows, self.cache: ...
async def h(self):
    async with self.cache:
        if self.accounts:
            async with self.rows: ...  # want
""",
}


@pytest.mark.parametrize("code", BOTH_ORDERS.values(), ids=[*BOTH_ORDERS])
def test_both_orders(code: str) -> None:
    found = python(RULE, of_bank(code))
    assert len(found[0].waits_at) == 2
    assert len(found[0].related) >= 3


def test_two_classes_that_know_each_other() -> None:
    python(
        RULE,
        """
        import threading

        class Server:
            def __init__(self):
                self.mutex = threading.Lock()
                self.connection = Connection(self)

            def close(self):
                with self.mutex:
                    self.connection.close()  # want

            def remove(self):
                with self.mutex: ...

        class Connection:
            def __init__(self, server: Server):
                self.mutex = threading.Lock()
                self.server = Server()

            def close(self):
                with self.mutex: ...

            def fail(self):
                with self.mutex:
                    self.server.remove()
        """,
    )


ONE_ORDER = {
    "one order": """
async def f(self):
    async with self.rows, self.cache: ...
async def g(self):
    async with self.rows:
        async with self.cache: ...
""",
    "one after the other": """
async def f(self):
    async with self.rows: ...
    async with self.cache: ...
async def g(self):
    async with self.cache, self.rows: ...
""",
    "both under one more": """
async def f(self):
    async with gate, self.rows, self.cache: ...
async def g(self):
    async with gate:
        async with self.cache, self.rows: ...
""",
    "a semaphore for many": """
async def f(self):
    async with five, self.cache: ...
async def g(self):
    async with self.cache, five: ...
""",
    "started, and not waited for": """
async def f(self):
    async with self.rows:
        asyncio.create_task(self.helper())
async def helper(self):
    async with self.cache: ...
async def g(self):
    async with self.cache, self.rows: ...
""",
    "a function inside that runs later": """
async def f(self):
    async with self.rows:
        async def later():
            async with self.cache: ...
async def g(self):
    async with self.cache, self.rows: ...
""",
    "one gives up": """
async def f(self):
    async with self.rows:
        async with asyncio.timeout(3):
            async with self.cache: ...
async def g(self):
    async with self.cache, self.rows: ...
""",
    "another object": """
async def f(self, bank: "Bank"):
    async with self.rows:
        async with bank.cache: ...
async def g(self):
    async with self.cache, self.rows: ...
""",
    "a condition of the same lock": """
async def f(self):
    async with self.changed: ...
async def g(self):
    async with self.rows:
        self.changed.notify()
""",
}


@pytest.mark.parametrize("code", ONE_ORDER.values(), ids=[*ONE_ORDER])
def test_one_order(code: str) -> None:
    python(RULE, of_bank(code))


NOTHING_ORDERS = {
    "of two parameters": """
async def move(self, giver: Account, taker: Account):
    async with giver.lock:
        await self.book()
        async with taker.lock: ...  # want
""",
    "of threads": """
def move(self, giver: Account, taker: "Account"):
    with giver.mutex, taker.mutex: ...  # want
""",
    "of a table": """
async def move(self, giver: int, taker: int):
    async with locks[giver], locks[taker]: ...  # want
""",
    "that a function tells": """
async def move(self, giver: int, taker: int):
    async with self.lock_for(giver):
        async with self.lock_for(taker): ...  # want
""",
    "looked up": """
async def move(self, source, target):
    giver = self.accounts[source]
    taker = self.accounts[target]
    async with giver.lock, taker.lock: ...  # want advice
""",
    "of parameters that say nothing": """
async def move(self, giver, taker):
    async with giver.lock, taker.lock: ...  # want advice
""",
    "only not the same": """
async def move(self, giver: Account, taker: Account):
    if giver is taker:
        return
    async with giver.lock, taker.lock: ...  # want
""",
}


@pytest.mark.parametrize("code", NOTHING_ORDERS.values(), ids=[*NOTHING_ORDERS])
def test_nothing_orders(code: str) -> None:
    python(RULE, of_bank(code))


ORDERED = {
    "sorted": """
async def move(self, giver: Account, taker: Account):
    first, second = sorted((giver, taker), key=lambda each: each.number)
    async with first.lock, second.lock: ...
""",
    "compared": """
async def move(self, giver: Account, taker: Account):
    if giver.number > taker.number:
        giver, taker = taker, giver
    async with giver.lock, taker.lock: ...
""",
    "by the caller": """
async def move(self, giver: Account, taker: Account):
    async with giver.lock, taker.lock: ...
async def both(self, a, b):
    await self.move(*sorted((a, b)))
""",
    "always the same": """
async def move(self, giver: Account, taker: Account):
    async with giver.lock, taker.lock: ...
async def both(self):
    await self.move(self.till, self.vault)
""",
    "by what they are": """
async def move(self, parent: Account, child: Account):
    async with parent.lock, child.lock: ...
""",
    "of two kinds": """
async def move(self, giver: Account, taker: "Bank"):
    async with giver.lock, taker.lock: ...
""",
    "one leads to the other": """
async def move(self, giver: Account):
    taker = giver.bank
    async with giver.lock, taker.lock: ...
""",
    "a lock that was given": """
async def move(self, giver: Account, taker: Account):
    async with giver.given, taker.given: ...
""",
    "one gives up": """
async def move(self, giver: Account, taker: Account):
    async with giver.lock, asyncio.timeout(3), taker.lock: ...
""",
    "a table of something else": """
async def move(self, giver: int, taker: int):
    async with self.accounts[giver], self.accounts[taker]: ...
""",
}


@pytest.mark.parametrize("code", ORDERED.values(), ids=[*ORDERED])
def test_something_orders(code: str) -> None:
    python(RULE, of_bank(code))


def test_nobody_else_has_what_is_being_made() -> None:
    python(
        RULE,
        """
        import threading
        class A:
            def __init__(self):
                self.a = threading.Lock()
                self.b = threading.Lock()
                with self.a, self.b: ...
            def f(self):
                with self.b, self.a: ...
        """,
    )


def test_conditions_that_go_round_are_nobodys() -> None:
    python(
        RULE,
        """
        import threading
        one = threading.Condition(other)
        other = threading.Condition(one)
        def f():
            with one, other: ...
        def g():
            with other, one: ...
        """,
    )


def test_a_method_of_another_of_its_class_takes_other_locks() -> None:
    python(
        RULE,
        """
        import threading
        class A:
            def __init__(self, peer: "A"):
                self.a = threading.Lock()
                self.b = threading.Lock()
                self.peer = A(None)
            def f(self):
                with self.a:
                    self.through()
            def through(self):
                self.peer.g()
            def g(self):
                with self.b: ...
            def h(self):
                with self.b, self.a: ...
        """,
    )
