"""Letting a loop run beside the thread that looks at its tasks."""

from __future__ import annotations

import time
from collections.abc import Callable

from snowshed.observe._polite import PAUSE, SLICE


def polite_pause(
    clock: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep
) -> Callable[[], None]:
    """Return what sleeps for 50 us whenever half a millisecond has gone by since it last did."""
    until = clock() + SLICE

    def pause() -> None:
        nonlocal until
        if clock() >= until:
            sleep(PAUSE)
            until = clock() + SLICE

    return pause
