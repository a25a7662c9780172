"""The watch thread: it calls its jobs, pays for what they take, and nothing ends it."""

from __future__ import annotations

import logging
import os
import threading
import warnings

import pytest

from snowshed.observe._watch import (
    AHEAD,
    LONGEST_OF_ALL,
    LONGEST_REST,
    OWED_AT_MOST,
    PERIOD,
    SHARE,
    Watch,
)


class Clock:
    """Seconds of wall and of CPU, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.cpu = 0.0


def watch_of(*jobs, clock: Clock) -> Watch:
    return Watch(jobs, clock=lambda: clock.now, cpu=lambda: clock.cpu)


def test_each_look_calls_each_job_with_the_time() -> None:
    clock, called = Clock(), []
    watch = watch_of(lambda now: called.append(("a", now)), clock=clock)
    watch.add(lambda now: called.append(("b", now)))
    watch.look()
    clock.now += 1
    watch.look()
    assert called == [("a", 100.0), ("b", 100.0), ("a", 101.0), ("b", 101.0)]
    assert watch.statistics().looks == 2


def test_it_looks_every_period_until_it_is_told_to_rest_for_ever() -> None:
    pauses: list[float] = []

    def rest(seconds: float) -> bool:
        pauses.append(seconds)
        return len(pauses) > 3

    watch = watch_of(clock=Clock())
    watch.run(rest)
    assert pauses == [PERIOD] * 4
    assert watch.statistics().looks == 3


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(1)])
def test_a_job_that_raises_is_logged_once_and_the_others_go_on(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[float] = []

    def broken(now: float) -> None:
        raise error

    watch = watch_of(broken, called.append, clock=Clock())
    with caplog.at_level(logging.ERROR, "snowshed.observe"):
        for _ in range(5):
            watch.look()
    assert len(called) == 5
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [error]
    [name] = watch.statistics().failed
    assert name.endswith("broken")


def test_what_jobs_take_is_paid_back_by_rest() -> None:
    clock = Clock()

    def dear(now: float) -> None:
        clock.cpu += 0.003

    watch = watch_of(dear, clock=clock)
    rested = sum(watch.look() for _ in range(1000))
    spent = watch.statistics().cpu
    assert spent == pytest.approx(3.0)
    assert spent - AHEAD <= rested * SHARE * 1.001
    assert rested * SHARE <= spent * 1.001


def test_a_cheap_job_costs_no_rest_and_a_large_bill_is_paid_in_instalments() -> None:
    clock = Clock()
    price = [0.0001]

    def job(now: float) -> None:
        clock.cpu += price[0]

    watch = watch_of(job, clock=clock)
    assert {watch.look() for _ in range(100)} == {PERIOD}
    price[0] = 0.5
    assert watch.look() == PERIOD + LONGEST_REST
    price[0] = 0.0
    assert watch.look() == PERIOD + LONGEST_REST


def test_looks_that_are_all_dear_are_paid_for_too_and_forgotten_when_they_are_paid() -> None:
    clock = Clock()
    price = [0.1]

    def job(now: float) -> None:
        clock.cpu += price[0]

    watch = watch_of(job, clock=clock)
    rested = sum(watch.look() for _ in range(500))
    assert clock.cpu - AHEAD - OWED_AT_MOST <= rested * SHARE * 1.001
    price[0] = 0.0001
    rests = [watch.look() for _ in range(200)]
    assert max(rests) <= PERIOD + LONGEST_REST
    assert rests[-1] == PERIOD


def test_after_a_look_that_takes_for_ever_it_looks_again() -> None:
    clock = Clock()

    def job(now: float) -> None:
        clock.cpu += 1000.0

    assert watch_of(job, clock=clock).look() == PERIOD + LONGEST_OF_ALL


def test_a_clock_of_cpu_that_jumps_back_costs_nothing() -> None:
    clock = Clock()

    def job(now: float) -> None:
        clock.cpu -= 1

    assert watch_of(job, clock=clock).look() == PERIOD


def test_the_thread_is_a_daemon_that_stops() -> None:
    looked = threading.Event()
    seen: list[threading.Thread] = []

    def job(now: float) -> None:
        seen.append(threading.current_thread())
        looked.set()

    watch = Watch([job], period=0.001)
    watch.start()
    watch.start()
    assert looked.wait(5)
    assert watch.running
    [thread] = set(seen)
    assert thread.daemon
    assert thread.name == "snowshed-watch"
    watch.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert not watch.running
    watch.stop()
    assert "stopped" in repr(watch)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_it_goes_on_in_the_parent_and_in_the_child_of_a_fork() -> None:
    looked = threading.Event()
    told: list[str] = []
    watch = Watch([lambda now: looked.set()], period=0.001, in_child=lambda: told.append("child"))
    watch.start()
    assert looked.wait(5)
    with warnings.catch_warnings():
        # Other tests may have left threads, and 3.13 counts those that have risen again.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    looked.clear()
    if child == 0:
        os._exit(0 if looked.wait(5) and told == ["child"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert looked.wait(5)
    assert told == []
    watch.stop()


def test_what_it_takes_to_wake_up_is_paid_back_too() -> None:
    clock = Clock()
    watch = watch_of(clock=clock)
    watch.look()
    clock.cpu += 0.02
    assert watch.look() > 1.0
    assert watch.statistics().cpu == pytest.approx(0.02)
