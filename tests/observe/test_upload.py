"""Sending profiles: in order, within bounds, again after a pause, and everything counted."""

from __future__ import annotations

import logging
import os
import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.observe._upload._upload import (
    IDLE,
    LONGEST_ASKED,
    LONGEST_PAUSE,
    TOLD_AGAIN,
    UNPACKED_AT_MOST,
    NotSent,
    Packet,
    Uploader,
    backoff,
)


def packet(number: int, size: int = 10) -> Packet:
    return Packet("wall", bytes(size), float(number), float(number + 15))


class Target:
    """Takes packets, or raises what it was told to."""

    def __init__(self) -> None:
        self.got: list[Packet] = []
        self.error: Exception | None = None
        self.attempts = 0
        self.rests = 0
        self.forks = 0
        self.arrived = threading.Event()

    def send(self, packet: Packet) -> None:
        self.attempts += 1
        if self.error is not None:
            raise self.error
        self.got.append(packet)
        self.arrived.set()

    def rest(self) -> None:
        self.rests += 1

    def after_fork(self) -> None:
        self.forks += 1

    def __str__(self) -> str:
        return "the target"


class Scene:
    """An uploader in virtual time."""

    def __init__(self, **options: int) -> None:
        self.now = 0.0
        self.target = Target()
        self.uploader = Uploader(self.target, clock=lambda: self.now, chance=lambda: 1.0, **options)

    def submit(self, *packets: Packet) -> None:
        for each in packets:
            self.uploader.submit(lambda each=each: each)

    def step(self) -> float:
        return self.uploader.step(self.now)


def test_all_that_waits_is_sent_in_order_as_one_batch() -> None:
    scene = Scene()
    scene.submit(packet(1), packet(2), packet(3))
    assert scene.step() == IDLE
    assert [each.began for each in scene.target.got] == [1, 2, 3]
    assert scene.target.rests == 1
    statistics = scene.uploader.statistics()
    assert (statistics.submitted, statistics.sent, statistics.bytes) == (3, 3, 30)
    assert (statistics.queued, statistics.dropped, statistics.last_error) == (0, 0, "")


def test_what_did_not_arrive_is_sent_again_after_a_pause() -> None:
    scene = Scene()
    scene.target.error = NotSent("it is down")
    scene.submit(packet(1), packet(2))
    assert scene.step() == 1.0
    assert scene.target.attempts == 1
    scene.now = 0.5
    assert scene.step() == 0.5
    assert scene.target.attempts == 1
    scene.now = 1.0
    assert scene.step() == 2.0
    scene.target.error = None
    scene.now = 3.0
    assert scene.step() == IDLE
    assert [each.began for each in scene.target.got] == [1, 2]
    statistics = scene.uploader.statistics()
    assert (statistics.sent, statistics.retried, statistics.failed) == (2, 2, 0)
    assert statistics.last_error == "it is down"


def test_what_is_refused_for_good_is_given_up_and_the_next_is_sent() -> None:
    scene = Scene()
    scene.target.error = NotSent("it answered 400", final=True)
    scene.submit(packet(1), packet(2))
    scene.step()
    scene.target.error = None
    scene.now = 60.0
    scene.step()
    assert [each.began for each in scene.target.got] == [2]
    assert scene.uploader.statistics().failed == 1


@pytest.mark.parametrize("error", [ValueError("s3cret"), RuntimeError("s3cret")])
def test_an_error_that_nobody_expected_ends_nothing_and_tells_no_secrets(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene()
    scene.target.error = error
    scene.submit(packet(1))
    scene.step()
    assert scene.uploader.statistics().failed == 1
    assert "s3cret" not in caplog.text + scene.uploader.statistics().last_error


def test_a_target_that_is_down_for_an_hour_costs_no_memory_and_is_made_up_with() -> None:
    scene = Scene(most=20)
    rng = random.Random(1)
    scene.uploader._chance = rng.random
    scene.target.error = NotSent("it is down")
    due, number = 0.0, 0
    while scene.now < 3600:
        if scene.now >= 15 * number:
            scene.submit(packet(number))
            number += 1
        if scene.now >= due:
            due = scene.now + scene.step()
        statistics = scene.uploader.statistics()
        assert statistics.queued <= 20 + UNPACKED_AT_MOST
        scene.now += 0.5
    assert number == 240
    # Not asked more often than once in half a minute after the first minutes.
    assert scene.target.attempts < 3600 / (LONGEST_PAUSE / 2) + 10
    scene.target.error = None
    scene.now = due
    assert scene.step() == IDLE
    statistics = scene.uploader.statistics()
    assert [each.began for each in scene.target.got] == list(range(220, 240))
    assert statistics.submitted == 240 == statistics.sent + statistics.dropped
    assert statistics.dropped == 220
    assert statistics.retried == scene.target.attempts - 20
    scene.submit(packet(241))
    scene.step()
    assert scene.target.got[-1].began == 241


@given(
    sizes=st.lists(st.integers(0, 60), max_size=40),
    most=st.integers(1, 10),
    most_bytes=st.integers(1, 100),
)
def test_the_queue_is_bounded_in_number_and_bytes_and_the_oldest_go(
    sizes: list[int], most: int, most_bytes: int
) -> None:
    scene = Scene(most=most, most_bytes=most_bytes)
    scene.uploader._not_before = float("inf")
    for number, size in enumerate(sizes):
        scene.submit(packet(number, size))
        scene.step()
        queue = scene.uploader._queue
        assert len(queue) <= most
        assert sum(len(each.body) for each in queue) == scene.uploader._queued_bytes <= most_bytes
    statistics = scene.uploader.statistics()
    assert statistics.submitted == statistics.queued + statistics.dropped
    kept = [each.began for each in scene.uploader._queue]
    assert kept == list(range(len(sizes) - len(kept), len(sizes)))


def test_what_is_not_packed_yet_is_bounded_too() -> None:
    scene = Scene()
    scene.submit(*(packet(number) for number in range(UNPACKED_AT_MOST + 5)))
    assert scene.uploader.statistics().queued == UNPACKED_AT_MOST
    assert scene.uploader.statistics().dropped == 5
    scene.step()
    assert [each.began for each in scene.target.got] == list(range(5, UNPACKED_AT_MOST + 5))


def test_what_cannot_be_packed_is_counted_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()

    def broken() -> Packet:
        raise OverflowError

    for _ in range(3):
        scene.uploader.submit(broken)
        scene.submit(packet(1))
        scene.step()
    assert scene.uploader.statistics().failed == 3
    assert scene.uploader.statistics().sent == 3
    assert caplog.messages == ["a profile could not be encoded"]


def test_the_log_tells_when_a_target_goes_and_when_it_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "snowshed.observe")
    scene = Scene()
    scene.target.error = NotSent("it is down")
    scene.submit(packet(1))
    for _ in range(5):
        scene.now += 100
        scene.step()
    scene.target.error = None
    scene.now += 100
    scene.step()
    assert caplog.messages == [
        "a profile could not be sent: it is down",
        "profiles arrive again at the target",
    ]


def test_what_the_log_has_just_told_it_does_not_tell_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As of a target that takes one kind of profile and refuses the other."""
    caplog.set_level(logging.INFO, "snowshed.observe")
    scene = Scene()
    for number in range(101):
        scene.now = 10.0 * number
        scene.target.error = NotSent("it answered 422", final=True) if number % 2 else None
        scene.submit(packet(number))
        scene.step()
    assert scene.uploader.statistics().failed == 50
    refused, again = "a profile could not be sent: it answered 422", "profiles arrive again"
    assert [message[: len(refused)] for message in caplog.messages] == [
        refused,
        f"{again} at the target",
        refused,
        f"{again} at the target",
    ]
    assert TOLD_AGAIN < scene.now < 2 * TOLD_AGAIN
    caplog.clear()
    scene.now += 10
    scene.target.error = NotSent("it is down")
    scene.submit(packet(1))
    scene.step()
    assert caplog.messages == ["a profile could not be sent: it is down"]


def test_pauses_double_up_to_a_bound_with_jitter() -> None:
    assert [backoff(failures, None, 1.0) for failures in (1, 2, 3, 7, 100)] == [1, 2, 4, 60, 60]
    assert backoff(3, None, 0.0) == 2.0
    assert backoff(1, 30.0, 0.5) == 30.0
    assert backoff(1, 1e9, 0.5) == LONGEST_ASKED


def test_a_server_that_asks_for_time_gets_it() -> None:
    scene = Scene()
    scene.target.error = NotSent("it answered 429", after=120.0)
    scene.submit(packet(1))
    assert scene.step() == 120.0


def test_the_thread_sends_as_soon_as_there_is_something() -> None:
    target = Target()
    uploader = Uploader(target)
    uploader.start()
    uploader.submit(lambda: packet(1))
    assert target.arrived.wait(10)
    uploader.close()
    assert uploader.statistics().sent == 1
    assert "queued=0" in repr(uploader)


def test_closing_makes_one_more_attempt_however_long_the_pause() -> None:
    target = Target()
    failed = threading.Event()

    def chance() -> float:
        failed.set()
        return 1.0

    uploader = Uploader(target, chance=chance)
    target.error = NotSent("it is down")
    uploader.start()
    uploader.submit(lambda: packet(1))
    assert failed.wait(10)
    target.error = None
    uploader.close()
    assert len(target.got) == 1


def test_one_that_was_closed_and_started_again_makes_no_attempt_more_when_it_lies_down() -> None:
    target = Target()
    uploader = Uploader(target, clock=lambda: 0.0)
    uploader.start()
    uploader.close()
    uploader.start()
    uploader._not_before = 1000.0
    uploader.submit(lambda: packet(1))
    uploader._thread.stop(5)  # as a fork does
    assert target.attempts == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_does_not_send_what_is_the_parents() -> None:
    target = Target()
    uploader = Uploader(target)
    uploader._not_before = uploader._clock() + 1000
    uploader.start()
    uploader.submit(lambda: packet(1))
    uploader._failures, uploader._last_error = 3, "it is down"
    child = os.fork()
    if child == 0:
        statistics = uploader.statistics()
        counts = (statistics.queued, statistics.submitted, uploader._failures, target.forks)
        os._exit(0 if (*counts, statistics.last_error) == (0, 0, 0, 1, "") else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    uploader.close()
    assert len(target.got) == 1
