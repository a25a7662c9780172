"""Jobs at the same time: each outcome in its place, and no error is lost."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from snowshed.cli._at_once import at_once


def fails(error: Exception) -> object:
    raise error


def test_each_outcome_is_in_the_place_of_its_job() -> None:
    last = threading.Event()

    def first() -> str:
        assert last.wait(30)
        return "first"

    refused = KeyError("x")
    jobs = [first, lambda: fails(refused), lambda: last.set() or "last"]
    assert at_once(jobs, KeyError, OSError, at_most=3) == ["first", refused, "last"]
    assert at_once([], KeyError, at_most=3) == []


@pytest.mark.parametrize("others", [0, 1])
def test_an_error_that_is_no_outcome_is_raised_and_not_lost(others: int) -> None:
    jobs = [*[lambda: 1] * others, lambda: fails(ValueError("a fault of ours"))]
    with pytest.raises(ValueError, match="a fault of ours"):
        at_once(jobs, KeyError, at_most=3)


def test_not_more_than_so_many_are_done_at_once() -> None:
    now, most, lock = [0], [0], threading.Lock()
    two = threading.Barrier(2)

    def job() -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        two.wait(30)
        with lock:
            now[0] -= 1

    at_once([job] * 8, KeyError, at_most=2)
    assert most == [2]


def test_an_interrupt_does_not_wait_for_those_that_do_not_end() -> None:
    """It would otherwise take as long as the longest job."""
    code = """
import signal, sys, threading
from snowshed.cli._at_once import at_once

# What runs the tests may have had it ignored, as a shell does for what runs in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)

def job():
    # To the thread itself: a signal that another one gets does not end the wait of this one.
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    threading.Event().wait()

try:
    at_once([job, job], KeyError, at_most=8)
except KeyboardInterrupt:
    sys.exit(7)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 7
