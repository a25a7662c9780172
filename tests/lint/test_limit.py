from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from snowshed.lint import _limit
from snowshed.lint._files import Language
from snowshed.lint._limit import TIMED, TooLong, allowed, limited
from snowshed.lint._look import Text, Work

pytestmark = pytest.mark.skipif(TIMED is None, reason="there are no such clocks here")


def spin() -> None:
    while True:
        pass


def guarded() -> None:
    try:
        spin()
    except Exception:
        pytest.fail("no rule may catch it")


def test_what_takes_longer_is_stopped_and_nothing_is_left_of_it() -> None:
    before = signal.getsignal(TIMED)
    with pytest.raises(TooLong), limited(0.01):
        guarded()
    assert signal.getsignal(TIMED) == before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_what_does_not_is_left_alone() -> None:
    with limited(60):
        assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] > 50
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_what_comes_while_something_is_deleted_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def __del__(self) -> None:
            spin()

    lost: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda why: lost.append(why.exc_type))
    monkeypatch.setattr(_limit, "AGAIN", 0.01)

    def deletes() -> None:
        Slow()
        for _ in range(100_000_000):
            pass

    with pytest.raises(TooLong), limited(0.01):
        deletes()
    assert lost == [TooLong]


def test_a_timer_that_somebody_has_set_goes_on() -> None:
    signal.setitimer(signal.ITIMER_VIRTUAL, 1000, 500)
    try:
        with limited(60):
            assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] < 61
        left, again = signal.getitimer(signal.ITIMER_VIRTUAL)
        assert left > 900
        assert again == 500
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def test_what_comes_at_the_very_end_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    before, real, came = signal.getsignal(TIMED), signal.setitimer, []

    def setitimer(which: int, seconds: float, again: float = 0) -> tuple[float, float]:
        if seconds == 0 and not came:
            came.append(TIMED)
            signal.raise_signal(TIMED)
        return real(which, seconds, again)

    monkeypatch.setattr(signal, "setitimer", setitimer)
    with pytest.raises(TooLong), limited(60):
        pass
    assert signal.getsignal(TIMED) == before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_in_another_thread_there_is_no_limit() -> None:
    seen = []

    def look() -> None:
        with limited(60):
            seen.append(signal.getitimer(signal.ITIMER_VIRTUAL))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [(0, 0)]


def test_where_there_are_no_such_clocks_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_limit, "TIMED", None)
    with limited(60):
        assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_a_process_may_be_ended_where_no_line_of_python_is_run_any_more() -> None:
    code = """
from snowshed.lint._limit import limited
with limited(0.05, ends=True):
    sum(range(1 << 60))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -TIMED


def test_more_is_allowed_for_more() -> None:
    def work(*sizes: int) -> Work:
        texts = [Text(f"{size}.py", b"x" * size, is_test=False) for size in sizes]
        return Work(Language.PYTHON, None, texts)

    assert allowed(work()) == 120
    assert allowed(work(1_000_000, 500_000)) == 270
