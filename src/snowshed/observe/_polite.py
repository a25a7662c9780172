"""Long work in a thread beside the loop, without making the loop wait.

A thread that only computes gives the interpreter away every 5 ms, and takes it back as soon as the
loop waits for something: each step of the loop then comes up to 5 ms late. A moment's sleep gives
it away at once. And a loop that has something to do half of the time needs half of it: a thread
that leaves it less has its requests queue up, for as long as it works. So it works a third of the
time at most, a quarter of a millisecond at once.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

__all__ = ["let_go", "polite_imports", "polite_pause", "politely"]

T = TypeVar("T")
SLICE = 0.00025
PAUSE = 0.0005
_LOOKED_AT = 10
# Things that are let go of at once: some 0.1 ms.
_LET_GO = 400


def polite_pause(
    clock: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep
) -> Callable[[], None]:
    """Return what sleeps half a millisecond whenever a quarter has gone by since it last did."""
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


@contextmanager
def polite_imports(
    pause: float = PAUSE, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Let whoever imports something in this thread pause before each module.

    A package of forty modules holds the interpreter for a tenth of a second, one of them for a few
    milliseconds.

    Args:
        pause: seconds.
        sleep: takes them.
    """
    thread = threading.get_ident()
    pauses = _Pauses(lambda: sleep(pause) if threading.get_ident() == thread else None)
    sys.meta_path.insert(0, pauses)
    try:
        yield
    finally:
        sys.meta_path.remove(pauses)


class _Pauses:
    """Finds no module, and takes its time about it."""

    def __init__(self, pause: Callable[[], None]) -> None:
        self._pause = pause

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        del name, path, target
        self._pause()
