"""What another thread sees of a loop: that it moves, how late it is, and what holds it."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import weakref

import pytest

from observe._loops import KINDS, Block, LoopThread, eventually
from snowshed.observe._sampler import _lag
from snowshed.observe._sampler._lag import REMEMBERED, Held, LoopMark


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_that_runs_from_one_look_to_the_next_holds_the_loop(kind: str) -> None:
    with LoopThread(kind) as thread:
        mark = LoopMark(thread.loop, thread.ident)
        assert mark.counts_rounds == (kind == "asyncio")
        block = Block()

        async def work() -> None:
            await asyncio.sleep(0)
            block.hold()
            await asyncio.sleep(3600)

        task = thread.start(work)
        assert block.inside.wait(10)
        assert mark.look(1.0) is None
        held = mark.look(1.02)
        assert held is not None
        assert held.task is task
        assert held.since == 1.0
        held = mark.look(1.5)
        assert held is not None
        assert held.since == 1.0
        block.go()
        thread.passes()
        assert mark.look(1.52) is None
        assert mark.look(1.54) is None


@pytest.mark.parametrize("kind", KINDS)
def test_one_task_after_the_other_does_not_hold_it(kind: str) -> None:
    with LoopThread(kind) as thread:
        mark = LoopMark(thread.loop, thread.ident)
        blocks = [Block() for _ in range(5)]

        async def work(block: Block) -> None:
            await asyncio.sleep(0)
            block.hold()

        def start() -> list[asyncio.Task]:
            return [thread.loop.create_task(work(block)) for block in blocks]

        tasks = thread.call(start)
        for number, block in enumerate(blocks):
            assert block.inside.wait(10)
            assert mark.look(1 + number / 50) is None
            block.go()
        thread.passes()
        assert all(task.done() for task in tasks)


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_that_runs_again_and_again_does_not_hold_it(kind: str) -> None:
    with LoopThread(kind) as thread:
        mark = LoopMark(thread.loop, thread.ident)
        blocks = [Block() for _ in range(5)]

        async def work() -> None:
            for block in blocks:
                await asyncio.sleep(0)
                block.hold()

        thread.start(work)
        for number, block in enumerate(blocks):
            assert block.inside.wait(10)
            assert mark.look(1 + number / 50) is None
            block.go()


def test_a_callback_that_runs_all_the_time_holds_it_too() -> None:
    with LoopThread() as thread:
        mark = LoopMark(thread.loop, thread.ident)
        thread.passes()
        first, second = Block(), Block()
        for block in (first, second):
            thread.loop.call_soon_threadsafe(block.hold)
        assert first.inside.wait(10)
        looks = [mark.look(1 + number / 50) for number in range(4)]
        assert looks[:2] == [None, None]
        assert looks[3] is not None
        assert looks[3].task is None
        first.go()
        assert second.inside.wait(10)
        assert mark.look(2.0) is None
        second.go()


@pytest.mark.parametrize("kind", KINDS)
def test_an_idle_loop_is_not_held_and_not_woken(kind: str) -> None:
    def looks() -> list[Held | None]:
        return [mark.look(number / 50) for number in range(10)]

    with LoopThread(kind) as thread:
        mark = LoopMark(thread.loop, thread.ident)
        thread.passes()
        # It has to read what has woken it up, and may be seen at that.
        assert eventually(lambda: looks() == [None] * 10)
        assert mark._asked_at is None
        assert mark.counts_rounds or mark.rounds == 0


def test_no_stack_is_walked_while_a_loop_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(thread: int) -> None:
        raise AssertionError

    with LoopThread() as thread:
        mark = LoopMark(thread.loop, thread.ident)
        thread.passes()
        assert eventually(lambda: [mark.look(1.0), mark.look(1.0), mark.idle] == [None, None, True])
        monkeypatch.setattr(_lag, "_frame_of", walk)
        assert [mark.look(number / 50) for number in range(3)] == [None] * 3


def test_the_longest_round_is_known_to_the_moment() -> None:
    clock = Clock()
    with LoopThread() as thread:
        mark = LoopMark(thread.loop, thread.ident, clock)
        thread.passes()

        def work() -> None:
            clock.now += 0.25

        thread.call(work)
        thread.passes()
        assert mark.statistics(clock.now).worst == 0.25


def test_a_round_that_goes_on_counts_for_as_long_as_it_has_lasted() -> None:
    clock = Clock()
    with LoopThread() as thread:
        mark = LoopMark(thread.loop, thread.ident, clock)
        thread.passes()
        block = Block()
        thread.loop.call_soon_threadsafe(block.hold)
        assert block.inside.wait(10)
        clock.now += 0.5
        assert mark.statistics(clock.now).worst == 0.5
        block.go()


def test_the_worst_is_forgotten_after_a_while() -> None:
    clock = Clock()
    with LoopThread() as thread:
        mark = LoopMark(thread.loop, thread.ident, clock)
        mark.worst = 0.25
        mark.look(clock.now + REMEMBERED)
        assert mark.statistics(clock.now).worst == 0.25
        mark.look(clock.now + 2 * REMEMBERED)
        assert mark.statistics(clock.now).worst == 0.0


@pytest.mark.skipif(len(KINDS) < 2, reason="needs uvloop")
def test_without_rounds_the_wait_for_a_sign_of_life_is_the_lag() -> None:
    pytest.importorskip("uvloop")
    clock = Clock()
    with LoopThread("uvloop") as thread:
        mark = LoopMark(thread.loop, thread.ident, clock)
        block = Block()

        async def work() -> None:
            block.hold()

        thread.loop.call_soon_threadsafe(
            lambda: thread._tasks.append(thread.loop.create_task(work()))
        )
        assert block.inside.wait(10)
        mark.look(clock.now)
        clock.now += 0.5
        assert mark.statistics(clock.now).worst == 0.5
        block.go()
        thread.passes()
        clock.now += 10
        assert mark.statistics(clock.now).worst == 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_that_has_stopped_is_neither_held_nor_late(kind: str) -> None:
    from observe._loops import new_loop

    loop = new_loop(kind)
    mark = LoopMark(loop, 1)
    loop.run_until_complete(asyncio.sleep(0))
    assert [mark.look(number / 50) for number in range(5)] == [None] * 5
    assert mark.statistics(1e9).worst < 1
    loop.close()
    assert mark.loop is None
    assert mark.look(1.0) is None
    assert mark.statistics(1e9).worst < 1


def test_a_loop_is_left_as_it_was() -> None:
    loop = asyncio.new_event_loop()
    before = loop._selector.select
    mark = LoopMark(loop, 1)
    assert loop._selector.select != before
    mark.remove()
    mark.remove()
    assert loop._selector.select == before
    loop.close()


def test_what_another_one_has_put_around_it_since_stays() -> None:
    loop = asyncio.new_event_loop()
    first = LoopMark(loop, 1)
    second = LoopMark(loop, 1)
    first.remove()
    loop.run_until_complete(asyncio.sleep(0))
    assert second.rounds > 0
    second.remove()
    loop.close()


NOT_KEPT = """
import asyncio, gc, weakref
from snowshed.observe._sampler._lag import LoopMark
loop = asyncio.new_event_loop()
mark = LoopMark(loop, 1)
loop.close()
gone = weakref.ref(loop)
del loop
gc.collect()
assert gone() is None and mark.loop is None
mark.remove()
"""


def test_a_loop_is_not_kept_alive() -> None:
    # In a process of its own: a test runner may keep loops to watch them.
    subprocess.run([sys.executable, "-c", NOT_KEPT], check=True)


def test_a_selector_that_cannot_be_changed_is_left_alone() -> None:
    class Selector:
        __slots__ = ()

        def select(self, timeout: float | None) -> list:
            return []

    loop = asyncio.new_event_loop()
    theirs, loop._selector = loop._selector, Selector()
    mark = LoopMark(loop, 1)
    assert not mark.counts_rounds
    loop._selector = theirs
    loop.close()


@pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning")
def test_a_loop_that_is_dropped_unclosed_goes_with_its_selector() -> None:
    loop = asyncio.new_event_loop()
    mark = LoopMark(loop, 1)
    assert mark.counts_rounds
    # What keeps a loop alive as long as its selector.
    loop.add_reader(loop._ssock, loop.time)  # type: ignore[attr-defined]
    gone = weakref.ref(loop)
    del loop
    gc.collect()
    assert gone() is None
    assert mark.loop is None
    mark.remove()
