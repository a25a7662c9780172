"""CPU profiles: the time that threads have used, where they used it."""

from __future__ import annotations

import sys
import threading
import time
import weakref
from typing import Any

import pytest

from snowshed.observe._sampler import _cpu
from snowshed.observe._sampler._cpu import LONGEST, AlreadyProfiling, CpuProfiler
from snowshed.observe._sampler._thread_clocks import Burned

needs_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


class Burner:
    """A thread that burns the processor for a moment whenever it is asked to."""

    def __enter__(self) -> Burner:
        self._ask, self._done, self._over = threading.Event(), threading.Event(), False
        self._thread = threading.Thread(target=self.work_hard, name="worker-7_3")
        self._thread.start()
        return self

    def work_hard(self) -> None:
        while self._ask.wait(10) and not self._over:
            self._ask.clear()
            until = time.thread_time() + 0.02
            while time.thread_time() < until:
                self._look_busy()
            self._done.set()

    def _look_busy(self) -> None:
        pass

    @property
    def ident(self) -> int:
        assert self._thread.ident is not None
        return self._thread.ident

    def burn(self) -> None:
        self._done.clear()
        self._ask.set()
        assert self._done.wait(10)

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._ask.set()
        self._thread.join()


class Time:
    """A clock that goes on when somebody sleeps, and what happens then."""

    def __init__(self, meanwhile=lambda: None) -> None:
        self.now = 100.0
        self._meanwhile = meanwhile

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self._meanwhile()
        self.now += seconds


@needs_linux
def test_the_time_of_a_thread_is_in_the_profile_with_who_used_it() -> None:
    with Burner() as burner:
        clock = Time(burner.burn)

        def label(ident: int) -> tuple[str, str]:
            return ("shop.work", "GET /") if ident == burner.ident else ("", "")

        profiler = CpuProfiler(label, clock=clock, wall=lambda: 1.0, sleep=clock.sleep)
        profile = profiler.run(0.05)
    mine = [each for each in profile.samples if ("thread", "worker") in each.labels]
    assert sum(each.values[1] for each in mine) >= 5 * 0.02 * 1e9
    assert all(("task", "shop.work") in each.labels for each in mine)
    assert all(("request", "GET /") in each.labels for each in mine)
    assert any("Burner.work_hard" in {f.function for f in each.stack} for each in mine)
    assert profile.period == 10_000_000


@needs_linux
def test_who_takes_the_profile_and_who_waits_is_not_in_it() -> None:
    with Burner():
        clock = Time()
        profile = CpuProfiler(clock=clock, sleep=clock.sleep).run(1.0)
    functions = {frame.function for each in profile.samples for frame in each.stack}
    assert not any(name.startswith("CpuProfiler") for name in functions)
    assert sum(each.values[1] for each in profile.samples) < 1e9 * 0.05


def test_no_frame_is_held_while_it_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or what a function has would live on after it, and end in the wrong thread."""

    class Frame:
        pass

    frames: list[weakref.ref] = []

    class Clocks:
        def __init__(self, most: int) -> None:
            pass

        def look(self, now: float) -> list[Burned]:
            frame: Any = Frame()
            frames.append(weakref.ref(frame))
            return [Burned(1, "T", frame, 0.01, 0.01)]

    held: list[bool] = []
    monkeypatch.setattr(_cpu, "ThreadClocks", Clocks)
    monkeypatch.setattr(_cpu, "stack_of", lambda frame: ())
    clock = Time(lambda: held.append(frames[-1]() is not None))
    profile = CpuProfiler(clock=clock, sleep=clock.sleep).run(0.05)
    assert len(profile.samples) == 1
    assert len(held) >= 5
    assert not any(held)


def test_two_at_a_time_are_one_too_many() -> None:
    refused: list[str] = []

    def again() -> None:
        try:
            profiler.run(1.0)
        except AlreadyProfiling as error:
            refused.append(str(error))

    clock = Time(again)
    profiler = CpuProfiler(clock=clock, sleep=clock.sleep)
    profiler.run(0.02)
    assert set(refused) == {"a CPU profile of this process is being taken already; ask again later"}
    assert len(refused) >= 2
    before = len(refused)
    clock._meanwhile = lambda: None
    profiler.run(0.02)
    assert len(refused) == before


def test_one_that_fails_does_not_stand_in_the_way_nor_does_one_of_the_parent() -> None:
    def fail(_seconds: float) -> None:
        raise OSError

    profiler = CpuProfiler(sleep=fail)
    for _ in range(2):
        with pytest.raises(OSError):
            profiler.run(1.0)
    profiler._one_at_a_time.acquire()
    profiler.after_fork()
    with pytest.raises(OSError):
        profiler.run(1.0)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST + 1, float("nan")])
def test_a_time_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="at most 600, not"):
        CpuProfiler().run(seconds)
