"""One task in each state that there is, and how it gets there."""

from __future__ import annotations

import asyncio
import functools
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from observe._looking import for_ever, wait_for_it
from snowshed.model import TaskState as S


class Cage:
    """What an entry of the zoo is made of, and how it is all ended."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[Any]] = []
        self.ends: list[Callable[[], object]] = []
        self.closes: list[Callable[[], object]] = []

    def start(self, awaitable: Awaitable[Any], name: str = "helper") -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(wait_for_it(awaitable), name=name)
        self.tasks.append(task)
        return task

    def sockets(self) -> tuple[socket.socket, socket.socket]:
        pair = socket.socketpair()
        for each in pair:
            each.setblocking(False)
            self.closes.append(each.close)
        return pair

    async def end(self) -> None:
        for end in self.ends:
            end()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for close in reversed(self.closes):
            close()
        for _ in range(3):
            await asyncio.sleep(0)


def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@dataclass(frozen=True)
class Animal:
    """An entry.

    Attributes:
        name: what it shows.
        live: how it gets there; returns what the task to be looked at awaits.
        state: that it must be seen in.
        kind: of the resource that it must be seen to wait for.
        awaits: so many tasks it must be seen to wait for.
        holders: so many tasks the snapshot must know to hold the resource.
    """

    name: str
    live: Callable[[Cage], Coroutine[Any, Any, Awaitable[Any]]]
    state: S
    kind: str | None = None
    awaits: int = 0
    holders: int = 0


ANIMALS: list[Animal] = []


def animal(
    state: S, kind: str | None = None, awaits: int = 0, holders: int = 0
) -> Callable[[Callable[[Cage], Coroutine[Any, Any, Awaitable[Any]]]], None]:
    def add(live: Callable[[Cage], Coroutine[Any, Any, Awaitable[Any]]]) -> None:
        name = live.__name__.strip("_").replace("_", " ")
        ANIMALS.append(Animal(name, live, state, kind, awaits, holders))

    return add


@animal(S.LOCK, "asyncio.Lock")
async def lock(cage: Cage) -> Awaitable[Any]:
    lock = asyncio.Lock()
    await lock.acquire()

    async def enter() -> None:
        async with lock:
            pass

    return enter()


@animal(S.SEMAPHORE, "asyncio.Semaphore")
async def semaphore(cage: Cage) -> Awaitable[Any]:
    return asyncio.Semaphore(0).acquire()


@animal(S.SEMAPHORE, "asyncio.BoundedSemaphore")
async def bounded_semaphore(cage: Cage) -> Awaitable[Any]:
    bounded = asyncio.BoundedSemaphore(1)
    await bounded.acquire()
    return bounded.acquire()


@animal(S.EVENT, "asyncio.Event")
async def event(cage: Cage) -> Awaitable[Any]:
    return asyncio.Event().wait()


@animal(S.CONDITION, "asyncio.Condition")
async def condition(cage: Cage) -> Awaitable[Any]:
    condition = asyncio.Condition()

    async def wait() -> None:
        async with condition:
            await condition.wait_for(lambda: False)

    return wait()


@animal(S.LOCK, "asyncio.Lock")
async def notified_condition_whose_lock_is_held(cage: Cage) -> Awaitable[Any]:
    condition = asyncio.Condition()

    async def wait() -> None:
        async with condition:
            await condition.wait()

    async def notify_and_stay() -> None:
        async with condition:
            condition.notify()
            await for_ever()

    async def later() -> None:
        await asyncio.sleep(0)
        await notify_and_stay()

    cage.start(later())
    return wait()


@animal(S.BARRIER, "asyncio.Barrier")
async def barrier(cage: Cage) -> Awaitable[Any]:
    return asyncio.Barrier(2).wait()


@animal(S.QUEUE_GET, "asyncio.Queue")
async def queue_get(cage: Cage) -> Awaitable[Any]:
    return asyncio.Queue[int]().get()


@animal(S.QUEUE_GET, "asyncio.queues.PriorityQueue")
async def subclass_of_a_queue(cage: Cage) -> Awaitable[Any]:
    return asyncio.PriorityQueue[int]().get()


@animal(S.QUEUE_PUT, "asyncio.Queue")
async def queue_put(cage: Cage) -> Awaitable[Any]:
    queue = asyncio.Queue[int](1)
    queue.put_nowait(1)
    return queue.put(2)


@animal(S.QUEUE_JOIN, "asyncio.Queue")
async def queue_join(cage: Cage) -> Awaitable[Any]:
    queue = asyncio.Queue[int]()
    queue.put_nowait(1)
    return queue.join()


@animal(S.SLEEP)
async def sleep(cage: Cage) -> Awaitable[Any]:
    return asyncio.sleep(1000)


@animal(S.SOCKET, "asyncio.StreamReader")
async def stream(cage: Cage) -> Awaitable[Any]:
    ours, _theirs = cage.sockets()
    reader, writer = await asyncio.open_connection(sock=ours)
    cage.closes.append(functools.partial(_abort, writer))
    return reader.readline()


@animal(S.SOCKET)
async def stream_that_nobody_reads(cage: Cage) -> Awaitable[Any]:
    ours, _theirs = cage.sockets()
    _, writer = await asyncio.open_connection(sock=ours)
    cage.closes.append(functools.partial(_abort, writer))
    writer.write(bytes(10_000_000))
    return writer.drain()


@animal(S.SOCKET, "socket")
async def raw_socket(cage: Cage) -> Awaitable[Any]:
    ours, _theirs = cage.sockets()

    # In a coroutine of its own: that of uvloop is no coroutine of Python's.
    async def receive() -> None:
        await asyncio.get_running_loop().sock_recv(ours, 1)

    return receive()


@animal(S.SOCKET, "asyncio.StreamReader")
async def subprocess_that_says_nothing(cage: Cage) -> Awaitable[Any]:
    process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    assert process.stdout is not None

    async def read() -> None:
        try:
            await process.stdout.read()  # type: ignore[union-attr]
        finally:
            process.kill()
            await process.wait()

    return read()


@animal(S.THREAD, "executor")
async def job_on_a_thread(cage: Cage) -> Awaitable[Any]:
    end = threading.Event()
    cage.ends.append(end.set)
    return asyncio.to_thread(end.wait)


@animal(S.WAIT_FOR)
async def wait_for_a_future(cage: Cage) -> Awaitable[Any]:
    return asyncio.wait_for(asyncio.get_running_loop().create_future(), 1000)


@animal(S.WAIT_FOR, awaits=1)
async def wait_for_a_task(cage: Cage) -> Awaitable[Any]:
    return asyncio.wait_for(cage.start(for_ever()), 1000)


@animal(S.THREAD, "executor")
async def wait_for_a_thread(cage: Cage) -> Awaitable[Any]:
    end = threading.Event()
    cage.ends.append(end.set)
    job = asyncio.get_running_loop().run_in_executor(None, end.wait)
    return asyncio.wait_for(job, 1000)


@animal(S.GATHER, awaits=2)
async def gather(cage: Cage) -> Awaitable[Any]:
    return asyncio.gather(cage.start(for_ever()), cage.start(for_ever()))


@animal(S.GATHER, awaits=2)
async def gather_in_gather(cage: Cage) -> Awaitable[Any]:
    inner = asyncio.gather(cage.start(for_ever()))
    return asyncio.gather(inner, cage.start(for_ever()))


@animal(S.GATHER, awaits=2)
async def wait(cage: Cage) -> Awaitable[Any]:
    return asyncio.wait([cage.start(for_ever()), cage.start(for_ever())])


# Before Python 3.13 it does not tell what it goes through.
@animal(S.GATHER, awaits=1 if sys.version_info >= (3, 13) else 0)
async def as_completed(cage: Cage) -> Awaitable[Any]:
    return next(iter(asyncio.as_completed([cage.start(for_ever())])))


@animal(S.GATHER, "asyncio.TaskGroup", awaits=1)
async def task_group(cage: Cage) -> Awaitable[Any]:
    async def group() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(for_ever())

    return group()


@animal(S.AWAIT_TASK, awaits=1)
async def task(cage: Cage) -> Awaitable[Any]:
    return cage.start(for_ever())


@animal(S.AWAIT_TASK, awaits=1)
async def shielded_task(cage: Cage) -> Awaitable[Any]:
    return asyncio.shield(cage.start(for_ever()))


@animal(S.FUTURE)
async def future(cage: Cage) -> Awaitable[Any]:
    return for_ever()


@animal(S.FUTURE, "asyncio.Future")
async def future_that_two_await(cage: Cage) -> Awaitable[Any]:
    future = asyncio.get_running_loop().create_future()
    cage.start(future)
    return future


@animal(S.FUTURE)
async def awaitable_of_its_own_kind(cage: Cage) -> Awaitable[Any]:
    class Iterator:
        def __init__(self) -> None:
            self.inner = asyncio.get_running_loop().create_future().__await__()

        def __next__(self) -> Any:
            return next(self.inner)

    class Own:
        def __await__(self) -> Any:
            return Iterator()

    return Own()


@animal(S.EVENT, "asyncio.Event")
async def asynchronous_generator(cage: Cage) -> Awaitable[Any]:
    async def numbers() -> Any:
        await asyncio.Event().wait()
        yield 1

    async def consume() -> None:
        async for _ in numbers():
            pass

    return consume()


@animal(S.EVENT, "asyncio.Event")
async def anext_with_a_default(cage: Cage) -> Awaitable[Any]:
    async def numbers() -> Any:
        await asyncio.Event().wait()
        yield 1

    return anext(numbers(), None)


@animal(S.EVENT, "asyncio.Event")
async def generator_as_an_awaitable(cage: Cage) -> Awaitable[Any]:
    class Old:
        def __await__(self) -> Any:
            return (yield from asyncio.Event().wait().__await__())

    return Old()
