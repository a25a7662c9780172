"""Channels and queues: one task sends, one receives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks._runner import Case, LoopKind, Section, Work
from snowshed import open_channel

BUFFER = 100
BUFFERED_GOAL = 0.6
RENDEZVOUS_GOAL = 1.5

Put = Callable[[int], Awaitable[object]]
Get = Callable[[], Awaitable[object]]


async def _transport(put: Put, get: Get, items: int) -> None:
    async def produce() -> None:
        for item in range(items):
            await put(item)

    producer = asyncio.create_task(produce())
    for _ in range(items):
        await get()
    await producer


def _asyncio(capacity: int) -> Work:
    async def work(items: int) -> None:
        queue: asyncio.Queue[int] = asyncio.Queue(capacity)
        await _transport(queue.put, queue.get, items)

    return work


def _snowshed(capacity: int) -> Work:
    async def work(items: int) -> None:
        send, receive = open_channel(capacity)
        await _transport(send.send, receive.receive, items)

    return work


def _anyio(capacity: int) -> Work:
    async def work(items: int) -> None:
        import anyio

        send, receive = anyio.create_memory_object_stream[int](capacity)
        with send, receive:
            await _transport(send.send, receive.receive, items)

    return work


def _janus(capacity: int) -> Work:
    async def work(items: int) -> None:
        import janus

        queue: Any = janus.Queue(capacity)
        await _transport(queue.async_q.put, queue.async_q.get, items)
        await queue.aclose()

    return work


def _culsans(capacity: int) -> Work:
    async def work(items: int) -> None:
        import culsans

        queue: Any = culsans.Queue(capacity)
        await _transport(queue.async_q.put, queue.async_q.get, items)
        await queue.aclose()

    return work


def _rivals(capacity: int) -> list[Case]:
    return [
        Case("anyio memory stream", _anyio(capacity), needs="anyio"),
        Case("janus.Queue", _janus(capacity), needs="janus"),
        Case("culsans.Queue", _culsans(capacity), needs="culsans"),
    ]


def sections(loop: LoopKind) -> list[Section]:
    """Return a section for buffered channels, and one where each item needs a switch of tasks."""
    buffered = Section(
        f"channel: buffered {BUFFER}",
        Case(f"asyncio.Queue({BUFFER})", _asyncio(BUFFER)),
        (Case("open_channel", _snowshed(BUFFER), BUFFERED_GOAL), *_rivals(BUFFER)),
        3000,
        loop,
    )
    single = Section(
        "channel: hand over",
        Case("asyncio.Queue(1)", _asyncio(1)),
        (
            Case("open_channel(0), rendezvous", _snowshed(0), RENDEZVOUS_GOAL),
            Case("anyio memory stream(0)", _anyio(0), needs="anyio"),
            Case("open_channel(1)", _snowshed(1)),
            *_rivals(1),
        ),
        1000,
        loop,
    )
    return [buffered, single]
