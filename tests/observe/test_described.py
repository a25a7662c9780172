from __future__ import annotations

import asyncio
import re
import socket
from typing import Any

import anyio
import anyio._backends._asyncio
import pytest

from observe._looking import one_of_two_at_work, started
from snowshed.core import WeightedSemaphore, WorkerPool, open_channel, open_scope
from snowshed.observe._snapshot._described import HOLDERS_AT_MOST, TEXT_AT_MOST, Descriptions

of = Descriptions().of


def test_what_asyncio_has_is_described_in_words_of_ours() -> None:
    async def main() -> None:
        lock, queue = asyncio.Lock(), asyncio.Queue[int](3)
        await lock.acquire()
        queue.put_nowait(1)
        assert of(lock).text == "<asyncio.Lock locked>"
        assert of(queue).text == "<asyncio.Queue 1 of 3 items>"
        assert of(asyncio.Queue[int]()).text == "<asyncio.Queue 0 items, unbounded>"
        assert of(asyncio.Semaphore(2)).text == "<asyncio.Semaphore 2 free>"
        assert of(asyncio.BoundedSemaphore(2)).text == "<asyncio.BoundedSemaphore 2 of 2 free>"
        assert of(asyncio.Event()).text == "<asyncio.Event unset>"
        assert of(asyncio.Condition(lock)).text == "<asyncio.Condition locked>"
        assert of(asyncio.Barrier(2)).text == "<asyncio.Barrier 0 of 2 there>"

    asyncio.run(main())


def test_what_snowshed_has_is_described_by_its_name() -> None:
    async def main() -> None:
        assert of(WeightedSemaphore(2, name="db")).text == (
            "<snowshed.WeightedSemaphore 'db' 0 of 2 held>"
        )
        send, _ = open_channel[int](5, name="orders")
        assert of(send._state).text == "<snowshed channel 'orders' 0 of 5 buffered>"
        async with open_scope("fetch", limit=3) as scope:
            assert of(scope).text == "<snowshed.TaskScope 'fetch' 0 children, limit 3>"
        async with WorkerPool(print, max_workers=2, queue_size=1, name="mail") as pool:
            assert of(pool._crew).text == "<snowshed.WorkerPool 'mail' 0 of 2 workers, 0 queued>"

    asyncio.run(main())


def test_those_who_wait_are_counted_without_looking_at_them() -> None:
    async def main() -> None:
        lock, semaphore = asyncio.Lock(), WeightedSemaphore(0)
        await lock.acquire()
        async with started(lock.acquire(), lock.acquire(), semaphore.acquire()):
            assert of(lock).waiting == 2
            assert of(semaphore).waiting == 1

    asyncio.run(main())


def test_those_who_hold_a_resource_are_told_where_it_knows() -> None:
    async def main() -> None:
        async with one_of_two_at_work() as (pool, running, _):
            (holder,) = of(pool._crew).holders
            assert holder is running._owner.task  # type: ignore[attr-defined]

    asyncio.run(main())


def test_a_stream_tells_who_is_at_the_other_end() -> None:
    async def main() -> None:
        server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        assert of(reader).text == f"<asyncio.StreamReader from {host}:{port}, 0 bytes buffered>"
        assert of(server).text == "<asyncio.Server 1 sockets>"
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    asyncio.run(main())


def test_a_socket_tells_its_number() -> None:
    with socket.socket() as sock:
        assert of(sock).text == f"<socket fd {sock.fileno()}>"


def test_what_is_in_a_queue_is_nobodys_business() -> None:
    async def main() -> None:
        queue = asyncio.Queue[str]()
        queue.put_nowait("password")
        assert "password" not in of(queue).text

    asyncio.run(main())


class Hostile:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError

    @property
    def __class__(self) -> Any:
        raise RuntimeError


def test_of_a_strange_object_only_its_class_and_its_address_are_told() -> None:
    hostile = Hostile()
    found = of(hostile)
    assert found.kind == f"{__name__}.Hostile"
    assert f"Hostile object at {id(hostile):#x}" in found.text


@pytest.mark.parametrize(
    ("base", "arguments", "text"),
    [
        (asyncio.Lock, (), "unlocked"),
        (asyncio.Event, (), "unset"),
        (asyncio.Queue, (3,), "0 of 3 items"),
        (asyncio.Future, (), "pending"),
        (socket.socket, (), r"fd \d+"),
        (WeightedSemaphore, (2,), "0 of 2 held"),
        (anyio._backends._asyncio.Lock, (), "unlocked"),
        (anyio._backends._asyncio.Semaphore, (2,), "2 free"),
        (anyio._backends._asyncio.CapacityLimiter, (2,), "0 of 2 borrowed"),
    ],
)
def test_a_subclass_has_a_name_of_its_own_and_its_own_code_is_not_called(
    base: Any, arguments: tuple[object, ...], text: str
) -> None:
    armed = False

    class Own(base):  # type: ignore[misc]
        def locked(self) -> bool:
            raise RuntimeError

        def fileno(self) -> int:
            raise RuntimeError

        def __repr__(self) -> str:
            raise RuntimeError

        def __getattribute__(self, name: str) -> Any:
            if armed:
                raise RuntimeError
            return super().__getattribute__(name)

    async def main() -> None:
        nonlocal armed
        own = Own(*arguments)
        armed = True
        found = of(own)
        armed = False
        assert found.kind.endswith("Own")
        assert re.search(f"Own {text}>$", found.text), found.text
        if base is socket.socket:
            base.close(own)

    asyncio.run(main())


def test_what_very_many_hold_is_held_by_nobody() -> None:
    async def main() -> None:
        for count, told in ((HOLDERS_AT_MOST, HOLDERS_AT_MOST), (HOLDERS_AT_MOST + 1, 0)):
            limiter = anyio.CapacityLimiter(100)
            for _ in range(count):
                limiter.acquire_on_behalf_of_nowait(object())
            assert len(of(limiter).holders) == told

    asyncio.run(main())


def test_what_cannot_be_read_is_said_so() -> None:
    class Broken(asyncio.Lock):
        @property
        def _locked(self) -> bool:
            raise RuntimeError

        @_locked.setter
        def _locked(self, value: bool) -> None: ...

    found = of(Broken())
    assert found.text.endswith("Broken, unreadable: RuntimeError>")


def test_a_queue_with_a_container_of_its_own_is_not_asked_for_its_length() -> None:
    class Container:
        def __len__(self) -> int:
            raise RuntimeError

    class Own(asyncio.Queue[int]):
        def _init(self, maxsize: int) -> None:
            self._queue = Container()

    async def main() -> None:
        assert of(Own()).text.endswith("Own 0 items, unbounded>")

    asyncio.run(main())


def test_a_text_is_cut() -> None:
    assert len(of(WeightedSemaphore(1, name="x" * 10_000)).text) == TEXT_AT_MOST
    assert len(of(type("X" * 10_000, (), {})()).kind) == TEXT_AT_MOST
