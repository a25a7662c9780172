"""Tasks that wait for each other, in as few words as can be."""

from __future__ import annotations

from collections.abc import Sequence

from snowshed.model import Frame, Resource, TaskSnapshot, TaskState

ACQUIRE = Frame("Lock.acquire", "/usr/lib/python3.11/asyncio/locks.py", 113)
RESERVE = Frame("reserve", "/srv/app/stock.py", 31)
HANDLER = Frame("handler", "/srv/app/api.py", 12)


def lock(number: int, waiters: int = 1) -> Resource:
    return Resource(number, "asyncio.Lock", f"<Lock {number}>", waiters)


def task(
    number: int,
    *awaits: int,
    behind: Resource | None = None,
    state: TaskState | None = None,
    stack: Sequence[Frame] = (ACQUIRE, RESERVE, HANDLER),
    request: str = "",
    age: float | None = None,
) -> TaskSnapshot:
    waits = TaskState.LOCK if behind else TaskState.AWAIT_TASK if awaits else TaskState.SLEEP
    return TaskSnapshot(
        number,
        "task",
        f"T{number}",
        state or waits,
        HANDLER,
        tuple(stack),
        resource=behind,
        awaits=awaits,
        request=request,
        age=age,
    )
