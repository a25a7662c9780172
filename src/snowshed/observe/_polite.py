"""Long work in a thread beside the loop, without making the loop wait.

A thread that only computes gives the interpreter away every 5 ms, and takes it back as soon as the
loop waits for something: each step of the loop then comes up to 5 ms late. A moment's sleep gives
it away at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["politely"]

T = TypeVar("T")
SLICE = 0.0005
PAUSE = 0.00005
_LOOKED_AT = 20


def politely(
    items: Iterable[T],
    *,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[T]:
    """Yield ``items``, and sleep for 50 us whenever half a millisecond has gone by.

    Not for coroutines: it blocks whoever iterates.
    """
    rest = iter(items)
    until = clock() + SLICE
    while few := tuple(islice(rest, _LOOKED_AT)):
        yield from few
        if clock() >= until:
            sleep(PAUSE)
            until = clock() + SLICE
