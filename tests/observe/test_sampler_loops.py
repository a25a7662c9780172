"""The sampler and the loops: whom it blames, on asyncio and uvloop."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest

from observe._loops import KINDS, Block, LoopThread
from observe._sampled import Scene, states
from snowshed.observe._sampler._lag import Held
from snowshed.observe._sampler._sampler import Sampler
from snowshed.observe._settings import Settings
from snowshed.observe._watch import Watch


@pytest.mark.parametrize("kind", KINDS)
def test_the_line_that_blocks_the_loop_is_named_with_its_request(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "snowshed.blocked")
    block = Block()

    def load_prices() -> None:
        block.hold()

    async def handle() -> None:
        load_prices()

    with Scene(kind) as scene:
        scene.thread.passes()
        scene.thread.loop.call_soon_threadsafe(
            lambda: scene.thread._tasks.append(scene.thread.loop.create_task(handle()))
        )
        assert block.inside.wait(10)
        scene.look(16)
        assert scene.sampler.statistics().lag[0].worst >= 0.3 or kind == "uvloop"
        block.go()
        scene.thread.passes()
        scene.look()
        statistics = scene.sampler.statistics()
    line = load_prices.__code__.co_firstlineno + 1
    where = f"{__file__}:{line} block.hold in {load_prices.__qualname__}() (request GET /prices)"
    assert caplog.messages == [f"the loop was blocked for 0.32 s at {where}"]
    assert statistics.blocked == 1
    assert statistics.blocked_seconds == statistics.blocked_longest == pytest.approx(0.32)
    [blocked_by] = statistics.blocked_by
    assert (blocked_by.frame.line, blocked_by.call) == (line, "block.hold")
    running = states(scene.sampler.profile("wall"))["running"]
    assert running[1] == pytest.approx(0.3e9, rel=0.1)


def test_a_callback_that_blocks_is_named_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "snowshed.blocked")
    block = Block()

    def in_a_callback() -> None:
        block.hold()

    with Scene() as scene:
        scene.thread.loop.call_soon_threadsafe(in_a_callback)
        assert block.inside.wait(10)
        scene.look(16)
        block.go()
        scene.thread.passes()
        scene.look()
    [message] = caplog.messages
    assert "block.hold in test_a_callback_that_blocks_is_named_too.<locals>.in_a_callback()" in (
        message
    )
    assert "request" not in message


@pytest.mark.parametrize("kind", KINDS)
def test_loops_come_and_go(kind: str) -> None:
    with Scene(kind) as scene:
        scene.thread.call(lambda: scene.sampler.watch(scene.thread.loop))
        assert len(scene.sampler.statistics().lag) == 1
        with LoopThread(kind) as other:
            other.call(lambda: scene.sampler.watch(other.loop))
            scene.look(5)
            assert len(scene.sampler.statistics().lag) == 2
        scene.look(2)
        assert len(scene.sampler.statistics().lag) == 1
        assert "loops=1" in repr(scene.sampler)


def test_a_loop_in_the_place_of_one_that_was_blocked_and_closed_leaves_nothing_behind() -> None:
    """As where each request has a loop of its own, one after the other at the same address."""
    sampler = Sampler(Settings())
    loop = asyncio.new_event_loop()
    sampler.watch(loop)
    [mark] = sampler._marks.values()
    sampler._blockages.see(mark, Held(None, 0.0), 1.0, lambda held: (None, ""))
    mark.thread += 1
    sampler.watch(loop)
    sampler.poll(2.0)
    assert sampler.statistics().blocked == 1
    assert sampler._blockages._now == {}
    sampler.close()
    loop.close()


def test_a_loop_that_moves_to_another_thread_is_followed() -> None:
    sampler = Sampler(Settings())
    loop = asyncio.new_event_loop()
    idents = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: sampler.watch(loop))
        thread.start()
        thread.join()
        idents.append([mark.thread for mark in sampler._marks.values()])
    assert len(idents[1]) == 1
    sampler.close()
    assert "select" not in vars(loop._selector)
    loop.close()


def test_a_cpu_profile_names_the_task_that_runs() -> None:
    block = Block()

    async def handle() -> None:
        await asyncio.sleep(0)
        block.hold()

    with Scene() as scene:
        scene.thread.start(handle)
        assert block.inside.wait(10)
        runs_in = scene.sampler._runs_in
        assert runs_in(scene.thread.ident) == (handle.__qualname__, "GET /prices")
        assert runs_in(1) == ("", "")
        block.go()
        scene.thread.passes()
        assert runs_in(scene.thread.ident) == ("", "")
        scene.sampler._cpu._sleep = lambda seconds: scene.look()
        assert scene.sampler.cpu_profile(0.05).sample_types[1].type == "cpu"


def load_prices() -> None:
    time.sleep(0.3)  # what it is all about


@pytest.mark.parametrize("kind", KINDS)
def test_a_sleep_in_a_coroutine_is_named_in_real_time(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "snowshed.blocked")
    told = threading.Event()

    async def handle() -> None:
        await asyncio.sleep(0)
        load_prices()

    with LoopThread(kind) as thread:
        sampler = Sampler(
            Settings(blocked_after=0.05),
            is_users=lambda frame: frame.f_code.co_filename == __file__,
        )
        thread.call(lambda: sampler.watch(thread.loop))

        def tell(now: float) -> None:
            if sampler.statistics().blocked:
                told.set()

        watch = Watch([sampler.poll, tell], period=0.005)
        watch.start()
        thread.start(handle)
        assert told.wait(20)
        watch.stop()
        sampler.close()
    line = load_prices.__code__.co_firstlineno + 1
    assert f"{__file__}:{line} time.sleep in load_prices()" in caplog.messages[0]
    assert sampler.statistics().blocked_longest > 0.05
