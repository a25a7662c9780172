"""How long a unit may take: a rule that never ends must not take the whole run with it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from snowshed.lint._look import Work

__all__ = ["TooLong", "allowed", "limited"]

LEAST = 120.0
PER_BYTE = 1e-4
"""Seconds: a hundred times what a unit takes, which is so much that no slow machine comes there."""
TIMED: signal.Signals | None = getattr(signal, "SIGVTALRM", None)
"""The signal that comes when the time is over; None where there is none."""
AGAIN = 1.0
"""Seconds after which it comes once more: one that falls into a `__del__` is lost."""


class TooLong(BaseException):
    """It takes longer than it may."""


def allowed(work: Work) -> float:
    """Return how many seconds of a processor may be spent on ``work``."""
    return LEAST + PER_BYTE * sum(len(each.content) for each in work.files)


@contextmanager
def limited(seconds: float, *, ends: bool = False) -> Iterator[None]:
    """Let the block take so many seconds of a processor at most.

    They are those of the process: what its other threads take counts as well. A timer of this kind
    that somebody has set stands still meanwhile, and goes on afterwards. Where there are no such
    clocks, which is on Windows, and outside of the main thread it may take any.

    Args:
        seconds: of a processor; to wait counts for nothing.
        ends: whether the process is ended by signal `TIMED`: also where it is in C.

    Raises:
        TooLong: it has not ended by then.
    """
    if TIMED is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(TIMED, signal.SIG_DFL if ends else _stop)
    theirs = signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)
    try:
        yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        finally:
            # The signal may have come right before that.
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(TIMED, signal.SIG_DFL if before is None else before)
            signal.setitimer(signal.ITIMER_VIRTUAL, *theirs)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TooLong
