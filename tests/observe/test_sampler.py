"""The sampler on real loops: what it finds of tasks, and that nobody notices."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import TYPE_CHECKING, Any
from weakref import ref

import pytest

from observe._loops import KINDS, LoopThread
from observe._sampled import MADE, Scene, states
from snowshed.model import Frame, Profile, TaskState
from snowshed.observe._sampler._sampler import Sampler
from snowshed.observe._sampler._thread_clocks import Burned
from snowshed.observe._settings import Settings
from snowshed.observe._watch import Watch

if TYPE_CHECKING:
    from snowshed.observe._snapshot._provenance import Origin


@pytest.mark.parametrize("kind", KINDS)
def test_tasks_are_found_where_they_wait_and_for_how_long(kind: str) -> None:
    lock = asyncio.Lock()

    async def wait_for_it() -> None:
        await lock.acquire()

    async def sleep() -> None:
        await asyncio.sleep(3600)

    with Scene(kind) as scene:
        scene.thread.call(lambda: asyncio.ensure_future(lock.acquire(), loop=scene.thread.loop))
        scene.thread.passes()
        for coro in (wait_for_it, wait_for_it, wait_for_it, sleep):
            scene.thread.start(coro)
        scene.thread.passes()
        scene.look(52)
        profile = scene.sampler.profile("wall")
        assert states(profile).keys() == {"lock", "sleep"}
        [lock_] = [s for s in profile.samples if ("state", "lock") in s.labels]
        assert [f.function.rpartition(".")[2] for f in lock_.stack] == ["acquire", "wait_for_it"]
        assert dict(lock_.labels) == {
            "kind": "task",
            "state": "lock",
            "created_by": "shop.py:3 main",
            "owner": "user",
            "request": "GET /prices",
        }
        # Four tasks for one second; each look takes one of them.
        assert sum(s.values[1] for s in profile.samples) == pytest.approx(4e9, rel=0.03)
        assert lock_.values[1] == pytest.approx(3e9, rel=0.35)
        assert profile.comments[0] == "live tasks: 7"
        block = scene.sampler.profile("block")
        assert [s.labels for s in block.samples] == [(("state", "lock"),)]
        assert block.samples[0].values == lock_.values


def test_whose_work_a_task_does_may_turn_out_when_it_is_taken() -> None:
    with Scene() as scene, LoopThread() as other:
        theirs = other.start(lambda: asyncio.sleep(3600))
        mine = scene.thread.start(lambda: asyncio.sleep(3600))
        scene.thread.passes()
        scene.sampler._taking._owner = lambda task: None if task in {theirs, mine} else "driver"
        scene.look(202)
        # Half of what is taken counts, and stands for one task all the same.
        assert scene.sampler.statistics().taken == pytest.approx(200, abs=5)
        assert scene.sampler._kept.seconds == pytest.approx(4.0, rel=0.25)


def test_a_profile_of_an_unknown_kind_is_refused() -> None:
    with Scene() as scene, pytest.raises(ValueError, match="there are 'wall' and 'block'"):
        scene.sampler.profile("heap")


def test_each_interval_goes_to_the_sink_and_the_next_begins_empty() -> None:
    async def sleep() -> None:
        await asyncio.sleep(3600)

    with Scene(profile_interval=1.0) as scene:
        scene.thread.start(sleep)
        scene.thread.passes()
        scene.look(120)
        first, second = scene.windows
        assert first.span.ended == second.span.began
        assert first.live == {MADE: 7}
        assert second.span.period == pytest.approx(0.02)
        assert second.table.seconds == pytest.approx(1.0, rel=0.05)
        # What fades is made up for: the sum is that of all the time, less its age.
        assert scene.sampler._kept.seconds == pytest.approx(2.4, rel=0.06)


def test_a_wall_clock_that_is_set_back_makes_no_time_negative() -> None:
    with Scene(profile_interval=1.0) as scene:
        scene.thread.start(lambda: asyncio.sleep(3600))
        scene.thread.passes()
        scene.sampler._wall = lambda: 10.0
        scene.look(60)
        [window] = scene.windows
        assert (window.span.began, window.span.ended) == (10.0, 10.0)
        for kind in ("wall", "block"):
            assert scene.sampler.profile(kind).duration_nanos == 0


def test_closing_hands_over_what_no_interval_has_and_a_child_does_not() -> None:
    with Scene() as scene:
        scene.thread.start(lambda: asyncio.sleep(3600))
        scene.thread.passes()
        scene.look(10)
        scene.sampler.close()
        scene.sampler.close()
        [window] = scene.windows
        assert len(window.table) > 0
        scene.look(10)
        scene.sampler.after_fork()
        scene.sampler.close()
        assert len(scene.windows) == 1


def test_without_a_sink_nothing_is_kept_for_it() -> None:
    with Scene(profile_interval=1.0) as scene:
        scene.sampler._sink = None
        scene.thread.start(lambda: asyncio.sleep(3600))
        scene.thread.passes()
        scene.look(120)
        assert len(scene.sampler._window) == 0
        assert len(scene.sampler._kept) > 0


class Hostile(asyncio.Task):
    """A task that lies and raises wherever it can."""

    def done(self) -> bool:
        raise SystemError

    def get_name(self) -> str:
        raise SystemError

    def get_coro(self) -> Any:
        raise SystemError

    def __repr__(self) -> str:
        raise SystemError

    def __eq__(self, other: object) -> bool:
        raise SystemError

    def __hash__(self) -> int:
        return 1


def test_tasks_that_raise_are_counted_and_nothing_else_happens() -> None:
    class Unknown:
        def of(self, task: asyncio.Task[Any]) -> Origin | None:
            raise KeyError

    with Scene() as scene:
        scene.thread.start(lambda: asyncio.sleep(3600))
        hostile = scene.thread.call(lambda: Hostile(asyncio.sleep(3600), loop=scene.thread.loop))
        scene.thread.passes()
        scene.look(50)
        assert scene.sampler.statistics().unreadable > 0
        assert states(scene.sampler.profile("wall")).keys() == {"sleep"}
        before, weight = scene.sampler.statistics(), scene.sampler._kept.weight
        scene.sampler._provenance = Unknown()
        scene.look(50)
        assert scene.sampler.statistics().unreadable > before.unreadable + 50
        assert scene.sampler._kept.weight == weight
        scene.thread.call(hostile.cancel)
        scene.thread.passes()


def test_exact_totals_that_fail_are_left_out() -> None:
    def broken() -> dict[Frame, int]:
        raise KeyError

    with Scene() as scene:
        scene.sampler._live = broken
        assert scene.sampler.profile("wall").comments == ()
        assert scene.sampler.statistics().unreadable == 1


def test_a_thread_that_burns_the_processor_is_in_the_profile() -> None:
    with Scene() as scene:
        scene.look(6)
        burned = scene.sampler._clocks.look

        def look(now: float) -> list:
            return [each._replace(cpu=0.09, elapsed=0.1) for each in burned(now)]

        scene.sampler._clocks.look = look
        scene.look(20)
        profile = scene.sampler.profile("wall")
        threads = [s for s in profile.samples if ("kind", "thread") in s.labels]
        assert threads
        assert all(("state", "running") in s.labels for s in threads)
        # The loop's own thread is told of by its tasks.
        functions = {frame.function for s in threads for frame in s.stack}
        assert not any("run_forever" in function for function in functions)


def burning(scene: Scene, count: int) -> list[Burned]:
    """Have it look as if so many threads burned the processor; return those it looked at."""
    looked: list[Burned] = []
    frame, last = sys._getframe(), [scene.now]

    def look(now: float) -> list[Burned]:
        elapsed, last[0] = now - last[0], now
        found = [Burned(-n, "T", frame, 0.9 * elapsed, elapsed) for n in range(1, count + 1)]
        looked.extend(found)
        return found

    scene.sampler._clocks.look = look
    return looked


@pytest.mark.parametrize(("threads", "rate"), [(1, 50.0), (1, 1.0), (40, 50.0)])
def test_threads_and_tasks_both_have_their_true_share(threads: int, rate: float) -> None:
    """Neither takes all that the rate allows."""
    with Scene(rate=rate) as scene:
        for _ in range(100):
            scene.thread.start(lambda: asyncio.sleep(3600))
        scene.thread.passes()
        looked = burning(scene, threads)
        scene.look(5000)
        assert looked
        samples = scene.sampler.profile("wall").samples
        seconds = {"task": 0.0, "thread": 0.0}
        for sample in samples:
            seconds[dict(sample.labels)["kind"]] += sample.values[1] / 1e9
        assert seconds["thread"] == pytest.approx(100.0 * threads, rel=0.1)
        assert seconds["task"] == pytest.approx(100.0 * 100, rel=0.1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_begins_anew() -> None:
    with Scene() as scene:
        scene.thread.start(lambda: asyncio.sleep(3600))
        scene.look(10)
        assert scene.sampler.profile("wall").samples
        assert scene.sampler.statistics().taken > 0
        scene.sampler.after_fork()
        assert scene.sampler.profile("wall").samples == ()
        statistics = scene.sampler.statistics()
        assert (statistics.looks, statistics.taken, statistics.lag) == (0, 0, ())


def test_as_a_job_of_the_watch_it_finds_what_a_real_service_does() -> None:
    """In real time, with the thread: all parts together."""
    found = threading.Event()

    async def main() -> Profile:
        own = asyncio.get_running_loop()
        sampler = Sampler(
            Settings(probability=1.0),
            source=lambda: [ref(task) for task in asyncio.all_tasks(own)],
        )
        sampler.watch(own)

        def tell(now: float) -> None:
            if sampler.statistics().taken >= 5:
                found.set()

        watch = Watch([sampler.poll, tell], period=0.005)
        tasks = [asyncio.create_task(asyncio.Event().wait()) for _ in range(20)]
        watch.start()
        assert await asyncio.to_thread(found.wait, 20)
        watch.stop()
        assert watch.statistics().failed == ()
        for task in tasks:
            task.cancel()
        sampler.close()
        return sampler.profile("block")

    profile = asyncio.run(main())
    assert {dict(sample.labels)["state"] for sample in profile.samples} <= {
        str(TaskState.EVENT),
        "thread",
    }
    assert any(frame.function == "Event.wait" for s in profile.samples for frame in s.stack)
