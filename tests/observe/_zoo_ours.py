"""The part of the zoo that lives in what snowshed makes."""

from __future__ import annotations

import threading
from collections.abc import Awaitable
from typing import Any

from observe._looking import for_ever
from observe._zoo import Cage, animal
from snowshed.core import WeightedSemaphore, WorkerPool, open_channel, open_scope, select
from snowshed.model import TaskState as S


@animal(S.CHANNEL_SEND, "snowshed channel")
async def channel_send(cage: Cage) -> Awaitable[Any]:
    send, receive = open_channel[int](0)
    cage.ends.append(receive.close)
    return send.send(1)


@animal(S.CHANNEL_RECEIVE, "snowshed channel")
async def channel_receive(cage: Cage) -> Awaitable[Any]:
    send, receive = open_channel[int](0)
    cage.ends.append(send.close)

    async def consume() -> None:
        async for _ in receive:
            pass

    return consume()


@animal(S.SELECT)
async def select_of_two(cage: Cage) -> Awaitable[Any]:
    first, second = open_channel[int](0), open_channel[int](0)
    cage.ends += [first[0].close, second[0].close]
    return select(first[1].on_receive(at_end=0), second[1].on_receive(at_end=0))


@animal(S.SEMAPHORE, "snowshed.WeightedSemaphore")
async def weighted_semaphore(cage: Cage) -> Awaitable[Any]:
    return WeightedSemaphore(0).acquire()


@animal(S.POOL, "snowshed.WorkerPool", holders=1)
async def pool_without_a_place(cage: Cage) -> Awaitable[Any]:
    async def use() -> None:
        async with WorkerPool(for_ever, max_workers=1, queue_size=0) as pool:
            job = await pool.submit()
            try:
                await pool.submit()
            finally:
                job.cancel()

    return use()


@animal(S.POOL, "snowshed.WorkerPool", awaits=1, holders=1)
async def job_of_a_pool(cage: Cage) -> Awaitable[Any]:
    async def use() -> None:
        async with WorkerPool(for_ever, max_workers=1, queue_size=0) as pool:
            await pool.run()

    return use()


@animal(S.SCOPE, "snowshed.TaskScope", awaits=1)
async def scope_with_a_child(cage: Cage) -> Awaitable[Any]:
    async def host() -> None:
        async with open_scope("zoo") as scope:
            await scope.spawn(for_ever)

    return host()


@animal(S.SCOPE, "snowshed.TaskScope")
async def scope_without_a_place(cage: Cage) -> Awaitable[Any]:
    async def host() -> None:
        async with open_scope("zoo", limit=1) as scope:
            await scope.spawn(for_ever)
            await scope.spawn(for_ever)

    return host()


@animal(S.THREAD)
async def scope_with_a_thread(cage: Cage) -> Awaitable[Any]:
    end = threading.Event()
    cage.ends.append(end.set)

    async def host() -> None:
        async with open_scope("zoo") as scope:
            await scope.run_sync(end.wait)

    return host()


@animal(S.GATHER, "snowshed map", awaits=2)
async def map_of_a_scope(cage: Cage) -> Awaitable[Any]:
    async def stay(_item: int) -> None:
        await for_ever()

    async def host() -> None:
        async with open_scope("zoo") as scope:
            async for _ in scope.map(stay, range(5), limit=2):
                pass

    return host()
