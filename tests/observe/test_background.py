"""A helper thread and forks: it lies down before one and rises after it, wherever it can."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings

import pytest

from snowshed.observe import _background
from snowshed.observe._background import Background, Rest

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def test_a_wake_ends_the_rest_and_is_no_reason_to_end() -> None:
    rested = threading.Event()
    over: list[bool] = []

    def body(rest: Rest) -> None:
        over.append(rest(60))
        rested.set()
        rest(60)

    thread = Background("snowshed-test", body)
    thread.start()
    thread.wake()
    assert rested.wait(5)
    assert over == [False]
    thread.stop(5)
    assert not thread.running


def test_stopping_one_that_hangs_does_not_wait_for_ever() -> None:
    hung, go = threading.Event(), threading.Event()

    def body(rest: Rest) -> None:
        hung.set()
        go.wait(60)

    thread = Background("snowshed-test", body)
    thread.start()
    assert hung.wait(5)
    thread.stop(timeout=0.01)
    assert not thread.running
    go.set()


def test_it_can_stop_itself() -> None:
    ended = threading.Event()

    def body(rest: Rest) -> None:
        thread.stop()
        assert rest(60)
        ended.set()

    thread = Background("snowshed-test", body)
    thread.start()
    assert ended.wait(5)


def test_a_successor_waits_until_the_one_that_hangs_is_gone() -> None:
    inside: list[int] = []
    most: list[int] = []
    hung, go, second = threading.Event(), threading.Event(), threading.Event()

    def body(rest: Rest) -> None:
        inside.append(1)
        most.append(len(inside))
        if hung.is_set():
            second.set()
        hung.set()
        go.wait(60)
        inside.pop()

    thread = Background("snowshed-test", body)
    thread.start()
    assert hung.wait(5)
    thread._before_fork()  # waits a quarter of a second for it, in vain
    thread._after_fork(child=False)
    go.set()
    assert second.wait(5)
    assert max(most) == 1
    thread.stop(5)


@needs_fork
def test_one_that_hangs_in_the_parent_runs_in_the_child() -> None:
    hung, go = threading.Event(), threading.Event()
    in_child: list[bool] = []
    read, write = os.pipe()

    def body(rest: Rest) -> None:
        if in_child:
            os.write(write, b"here")
            return
        hung.set()
        go.wait(60)

    thread = Background("snowshed-test", body, lambda: in_child.append(True))
    thread.start()
    assert hung.wait(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it hangs, so there are two
        child = os.fork()
    if child == 0:
        threading.Event().wait(60)
        os._exit(1)
    try:
        assert os.read(read, 4) == b"here"
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        go.set()
        thread.stop(5)


@needs_fork
def test_one_that_was_stopped_does_not_rise_in_a_child() -> None:
    thread = Background("snowshed-test", lambda rest: rest(60))
    thread.start()
    thread.stop(5)
    assert thread not in _background._started


@needs_fork
def test_one_that_is_stopped_in_the_child_does_not_rise_there() -> None:
    thread = Background("snowshed-test", lambda rest: rest(60), lambda: thread.stop(0))
    thread.start()
    thread._before_fork()
    thread._after_fork(child=False)
    assert thread.running
    thread._before_fork()
    thread._after_fork(child=True)
    assert not thread.running


@needs_fork
def test_one_that_cannot_begin_in_the_child_is_no_reason_for_the_others_not_to(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> None:
        raise KeyError("no")

    threads = [
        Background(
            f"snowshed-{number}", lambda rest: rest(60), fail if number == 2 else lambda: None
        )
        for number in range(5)
    ]
    for thread in threads:
        thread.start()
        thread._before_fork()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_background, "_started", {*threads})  # those of other tests are none of ours
        _background._after_fork_in_child()
    assert [thread.running for thread in threads] == [True, True, False, True, True]
    assert caplog.messages == ["snowshed-2 does not go on in the child of a fork"]
    for thread in threads:
        thread.stop(5)
        _background._started.discard(thread)


ALONE = """
import os, threading
threads = []
os.register_at_fork(before=lambda: threads.append(threading.active_count()))  # the last to run
from snowshed.observe._background import Background

thread = Background("snowshed-test", lambda rest: rest(60))
thread.start()
child = os.fork()
if child == 0:
    os._exit(threading.active_count() != 2)
assert os.waitpid(child, 0)[1] == 0
assert (threads, threading.active_count()) == ([1], 2)
"""


@needs_fork
def test_a_fork_finds_no_other_thread() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", ALONE], check=True, timeout=60)


def test_a_wait_for_something_else_is_interrupted() -> None:
    read, write = os.pipe()
    over: list[bool] = []

    def body(rest: Rest) -> None:
        os.read(read, 1)
        over.append(rest(0))

    thread = Background("snowshed-test", body, interrupt=lambda: os.write(write, b"x"))
    thread.start()
    thread.stop(5)
    os.close(read)
    os.close(write)
    assert over == [True]


def test_one_that_cannot_be_started_may_be_started_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    thread = Background("snowshed-test", lambda rest: rest(60))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", full)
        with pytest.raises(RuntimeError):
            thread.start()
    assert not thread.running
    thread.start()
    assert thread.running
    thread.stop(5)
