"""Deadlines: entering and leaving a block that has one."""

from __future__ import annotations

import asyncio

from benchmarks._runner import Case, LoopKind, Section
from snowshed import open_scope

FAR = 10.0


async def _timeout(operations: int) -> None:
    for _ in range(operations):
        async with asyncio.timeout(FAR):
            pass


async def _scope(operations: int) -> None:
    for _ in range(operations):
        async with open_scope("block", timeout=FAR):
            pass


async def _scope_without(operations: int) -> None:
    for _ in range(operations):
        async with open_scope("block"):
            pass


async def _fail_after(operations: int) -> None:
    import anyio

    for _ in range(operations):
        with anyio.fail_after(FAR):
            pass


async def _task_group_within(operations: int) -> None:
    for _ in range(operations):
        async with asyncio.timeout(FAR), asyncio.TaskGroup():
            pass


def sections(loop: LoopKind) -> list[Section]:
    """Return the section of the deadlines."""
    cases = (
        Case("open_scope(timeout=...)", _scope),
        Case("open_scope without a deadline", _scope_without),
        Case("asyncio.timeout + TaskGroup", _task_group_within),
        Case("anyio.fail_after", _fail_after, needs="anyio"),
    )
    return [Section("deadline", Case("asyncio.timeout", _timeout), cases, 2000, loop)]
