"""Tasks as a look would show them, without a loop: for what works on looks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from snowshed.model import Frame, Resource, Stack, TaskSnapshot, TaskState
from snowshed.observe._snapshot._snapshot import Snapshot

SHOP = Frame("checkout", "/srv/shop/app.py", 41)
ACQUIRE = Frame("Lock.acquire", "/usr/lib/python3/asyncio/locks.py", 113)
MAIN = Frame("main", "/srv/shop/app.py", 7)
AT_THE_LOCK: Stack = (ACQUIRE, SHOP)
LOCK = Resource(id=1, kind="asyncio.Lock", text="<asyncio.Lock [locked, waiters:2]>", waiters=2)


def task(number: int = 1, **changed: Any) -> TaskSnapshot:
    """A task that waits for a lock, but for what is said."""
    values: dict[str, Any] = {
        "id": number,
        "kind": "task",
        "name": f"Task-{number}",
        "state": TaskState.LOCK,
        "function": SHOP,
        "stack": AT_THE_LOCK,
        "created_at": MAIN,
        "request": "GET /cart",
        "age": 5.0,
        "resource": LOCK,
        "loop": 1,
    }
    return TaskSnapshot(**{**values, **changed})


def thread(number: int = 9, **changed: Any) -> TaskSnapshot:
    """A thread that runs."""
    values = {"kind": "thread", "name": "MainThread", "state": TaskState.RUNNING, "stack": (MAIN,)}
    bare = {"created_at": None, "request": "", "age": None, "resource": None, "loop": 0}
    return task(number, **{**values, **bare, "owner": "infrastructure", **changed})


def snapshot(found: Iterable[TaskSnapshot], **changed: Any) -> Snapshot:
    """A look that has seen these."""
    seen = [*found]
    tasks = tuple(each for each in seen if each.kind == "task")
    threads = tuple(each for each in seen if each.kind == "thread")
    return Snapshot(tasks, threads, **{"taken_at": 1.8e9, "total": len(tasks), **changed})


def line_of(file: str | Path, text: str) -> int:
    """Number of the line of ``file`` that has ``text``."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
