"""The part of the zoo that lives in what anyio makes."""

from __future__ import annotations

import threading
from collections.abc import Awaitable
from typing import Any

import anyio
import anyio.to_thread

from observe._looking import for_ever
from observe._zoo import Cage, animal
from snowshed.model import TaskState as S


@animal(S.LOCK, "anyio.Lock", holders=1)
async def anyio_lock(cage: Cage) -> Awaitable[Any]:
    lock = anyio.Lock()

    async def hold() -> None:
        async with lock:
            await for_ever()

    cage.start(hold())
    return enter(lock)


@animal(S.SEMAPHORE, "anyio.Semaphore")
async def anyio_semaphore(cage: Cage) -> Awaitable[Any]:
    return enter(anyio.Semaphore(0))


@animal(S.SEMAPHORE, "anyio.CapacityLimiter", holders=1)
async def anyio_limiter(cage: Cage) -> Awaitable[Any]:
    limiter = anyio.CapacityLimiter(1)

    async def hold() -> None:
        async with limiter:
            await for_ever()

    cage.start(hold())
    return enter(limiter)


@animal(S.EVENT, "asyncio.Event")
async def anyio_event(cage: Cage) -> Awaitable[Any]:
    return anyio.Event().wait()


@animal(S.CONDITION, "anyio.Condition")
async def anyio_condition(cage: Cage) -> Awaitable[Any]:
    condition = anyio.Condition()

    async def wait() -> None:
        async with condition:
            await condition.wait()

    return wait()


@animal(S.CHANNEL_RECEIVE, "anyio memory stream")
async def anyio_receive(cage: Cage) -> Awaitable[Any]:
    send, receive = anyio.create_memory_object_stream[int](0)
    cage.closes += [send.close, receive.close]
    return receive.receive()


@animal(S.CHANNEL_SEND, "anyio memory stream")
async def anyio_send(cage: Cage) -> Awaitable[Any]:
    send, receive = anyio.create_memory_object_stream[int](0)
    cage.closes += [send.close, receive.close]
    return send.send(1)


@animal(S.SLEEP)
async def anyio_sleep(cage: Cage) -> Awaitable[Any]:
    return anyio.sleep(1000)


@animal(S.THREAD)
async def anyio_thread(cage: Cage) -> Awaitable[Any]:
    end = threading.Event()
    cage.ends.append(end.set)
    return anyio.to_thread.run_sync(end.wait)


@animal(S.SEMAPHORE, "anyio.CapacityLimiter", holders=1)
async def anyio_thread_without_a_place(cage: Cage) -> Awaitable[Any]:
    end, limiter = threading.Event(), anyio.CapacityLimiter(1)
    cage.ends.append(end.set)
    cage.start(anyio.to_thread.run_sync(end.wait, limiter=limiter))
    return anyio.to_thread.run_sync(end.wait, limiter=limiter)


@animal(S.GATHER, "anyio.TaskGroup", awaits=1)
async def anyio_task_group(cage: Cage) -> Awaitable[Any]:
    async def group() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(for_ever)

    return group()


async def enter(thing: Any) -> None:
    async with thing:
        pass
