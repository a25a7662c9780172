"""Long work in a thread beside the loop, without making the loop wait.

A thread that only computes gives the interpreter away every 5 ms, and takes it back as soon as the
loop waits for something: each step of the loop then comes up to 5 ms late. A moment's sleep gives
it away at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

__all__ = ["let_go", "polite_pause", "politely"]

T = TypeVar("T")
SLICE = 0.0005
PAUSE = 0.00005
_LOOKED_AT = 20
# Things that are let go of at once: some 0.1 ms.
_LET_GO = 400


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


def politely(
    items: Iterable[T],
    *,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[T]:
    """Yield ``items``, with a `polite_pause` now and then.

    Not for coroutines: it blocks whoever iterates.
    """
    rest = iter(items)
    pause = polite_pause(clock, sleep)
    while few := tuple(islice(rest, _LOOKED_AT)):
        yield from few
        pause()


def let_go(things: list[Any], *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Empty ``things``, which nobody else holds, a few at a time.

    To free a hundred thousand objects takes 10 to 40 ms, in which nobody else has the interpreter.
    """
    while things:
        del things[-_LET_GO:]
        sleep(PAUSE)
