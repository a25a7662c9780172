"""A loop keeps counting whatever factory it is given, until it is taken off."""

from __future__ import annotations

import asyncio

from _virtual import virtual
from attach._attached import attached
from attach.test_task_factory import Chained, counted, work
from snowshed.attach._installed import stopped, uninstall
from snowshed.core import open_scope


@virtual
async def test_the_former_factory_can_be_asked_for_and_put_back():
    """As fixtures and instruments do, which take themselves off again."""
    loop = asyncio.get_running_loop()
    with attached():
        for before in (None, Chained(loop, asks=False)):
            loop.set_task_factory(before)
            shown = loop.get_task_factory()
            loop.set_task_factory(Chained(loop, asks=True))
            loop.set_task_factory(shown)
            async with open_scope("x") as scope:
                await asyncio.gather(work(), work())
                assert await counted(scope) == (2, 0)
    assert loop.get_task_factory() is before
    loop.set_task_factory(None)


@virtual
async def test_taken_off_nothing_is_counted_any_more():
    loop = asyncio.get_running_loop()
    with attached():
        pass
    assert loop.get_task_factory() is None
    async with open_scope("x") as scope:
        await asyncio.create_task(work())
        assert await counted(scope) == (0, 0)


@virtual
async def test_attached_twice_a_task_is_counted_once():
    with attached() as runtime:
        runtime.install(asyncio.get_running_loop())
        async with open_scope("x") as scope:
            await asyncio.create_task(work())
            assert await counted(scope) == (1, 0)


def test_a_loop_that_is_not_attached_keeps_the_factory_that_it_is_given():
    """The class of the loop is changed, and other loops of it must not notice."""

    async def main():
        with attached():
            pass

    asyncio.run(main())
    loop = asyncio.new_event_loop()
    loop.set_task_factory(Chained.__call__)
    assert loop.get_task_factory() is Chained.__call__
    uninstall(loop)
    assert loop.get_task_factory() is None
    loop.close()


@virtual
async def test_a_loop_that_stops_holds_no_task() -> None:
    loop = asyncio.get_running_loop()
    with attached() as runtime:
        tasks = [asyncio.create_task(work()) for _ in range(3)]
        stopped(loop)
        [table] = runtime.registry.tables()
        assert len(table.old) == 3
        assert not any(live.young for live in table.lives())
        await asyncio.gather(*tasks)


@virtual
async def test_a_loop_that_is_not_attached_can_stop() -> None:
    stopped(asyncio.get_running_loop())


@virtual
async def test_a_loop_that_is_given_no_factory_again_and_again_is_counted_by_one() -> None:
    loop = asyncio.get_running_loop()
    with attached() as runtime:
        [table] = runtime.registry.tables()
        for factory in (None, Chained(loop, asks=False), None):
            loop.set_task_factory(factory)
        assert len(table._counters) == 1
        await asyncio.create_task(work())
        assert table._counters[0][0]() == 1
