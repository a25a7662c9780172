from __future__ import annotations

import asyncio
import socket
import types
from typing import Any

import pytest

from observe._looking import started
from snowshed.observe._snapshot import _chain
from snowshed.observe._snapshot._chain import chain_of, runs, variable, was_started


@types.coroutine
def suspend() -> Any:
    yield


def names(coro: object) -> list[str]:
    return [code.co_name if code else "" for code in chain_of(coro).codes]


def test_a_chain_goes_from_the_outermost_inwards() -> None:
    async def inner() -> None:
        await suspend()

    async def outer() -> None:
        await inner()

    coro = outer()
    assert names(coro) == ["outer"]
    coro.send(None)
    assert names(coro) == ["outer", "inner", "suspend"]
    coro.close()
    assert names(coro) == ["outer"]


def test_asynchronous_generators_are_links_and_what_passes_them_on_is_not() -> None:
    async def numbers() -> Any:
        await suspend()
        yield 1

    async def loop() -> None:
        async for _ in numbers():
            pass

    async def take() -> None:
        await anext(numbers(), None)

    async def close() -> None:
        generator = numbers()
        await generator.athrow(LookupError)

    for function in (loop, take):
        coro = function()
        coro.send(None)
        assert names(coro)[1:] == ["numbers", "suspend"]
        coro.close()
    coro = close()
    with pytest.raises(LookupError):
        coro.send(None)


def test_what_is_no_coroutine_has_no_chain() -> None:
    for thing in (None, 1, object(), iter([1]), asyncio.Lock()):
        assert chain_of(thing) == ([], [], True)


def test_an_object_that_claims_to_be_a_coroutine_is_not_asked() -> None:
    class Liar:
        cr_running = True

        @property
        def cr_await(self) -> Any:
            raise AssertionError

        @property
        def __class__(self) -> Any:
            raise AssertionError

    assert chain_of(Liar()) == ([], [], True)
    assert not runs(Liar())
    assert was_started(Liar())


def test_a_chain_that_is_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_chain, "LINKS_AT_MOST", 3)

    async def down(depth: int) -> None:
        await (down(depth - 1) if depth else suspend())

    coro = down(5)
    coro.send(None)
    assert names(coro) == ["down"] * 3
    assert not chain_of(coro).whole
    coro.close()


def test_variables_are_found_by_type_and_in_their_order() -> None:
    class Shy:
        @property
        def __class__(self) -> Any:
            raise AssertionError

    async def function(first: Any, second: Any) -> None:
        await suspend()
        print(first, second)

    coro = function(Shy(), 2)
    coro.send(None)
    assert variable(coro, int) == 2
    assert variable(coro, asyncio.Lock) is None
    coro.close()


def test_a_coroutine_says_whether_it_has_begun_and_whether_it_runs() -> None:
    looks = []

    async def function() -> None:
        looks.append((was_started(coro), runs(coro)))
        await suspend()

    coro: Any = function()
    assert (was_started(coro), runs(coro)) == (False, False)
    coro.send(None)
    assert looks == [(True, True)]
    assert (was_started(coro), runs(coro)) == (True, False)
    coro.close()

    generator: Any = suspend()
    assert (was_started(generator), runs(generator)) == (False, False)
    generator.send(None)
    assert (was_started(generator), runs(generator)) == (True, False)


def test_a_coroutine_that_cython_compiled_is_a_link() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def main() -> None:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            loop = asyncio.get_running_loop()
            connecting = loop.create_connection(asyncio.Protocol, *full.getsockname())
            assert names(connecting) == ["create_connection"]
            assert not runs(connecting)
            async with started(connecting) as (task,):
                assert task.done() or names(task.get_coro())[1:] == ["create_connection"]
            if not task.cancelled() and task.exception() is None:
                task.result()[0].close()

    uvloop.run(main())
