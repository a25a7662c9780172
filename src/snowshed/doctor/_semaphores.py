"""What a goroutine waits for that its runtime only calls ``semacquire``.

Before Go 1.20 a dump had one word for whoever waits for a Mutex or a RWMutex, and before 1.25 the
same one for a WaitGroup: the semaphore that all of them are made of. The calls of ``sync`` that
stand above it in the stack tell them apart, as they always did.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model import Frame, Stack

__all__ = ["waits_for"]

_SEMAPHORE = "semacquire"
_INSIDE = ("sync.", "internal/sync.", "runtime.")
# By the call that the program has made into `sync`, without its "Slow", in small letters.
_CALLS = {
    ("RWMutex", "rlock"): "sync.RWMutex.RLock",
    ("RWMutex", "lock"): "sync.RWMutex.Lock",
    ("Mutex", "lock"): "sync.Mutex.Lock",
    ("WaitGroup", "wait"): "sync.WaitGroup.Wait",
    ("Cond", "wait"): "sync.Cond.Wait",
}


def waits_for(state: str, stack: Stack) -> str:
    """Return ``state``, or what it stands for if it is ``semacquire`` and the calls tell."""
    if state != _SEMAPHORE:
        return state
    # Who wants to write waits for a Mutex of those that do, first: then that is the word, as now.
    words = (_word(frame) for frame in takewhile(_is_inside, stack))
    return next(filter(None, words), state)


def _is_inside(frame: Frame) -> bool:
    return frame.function.startswith(_INSIDE)


def _word(frame: Frame) -> str | None:
    kind, _, method = frame.function.rpartition("(*")[2].partition(").")
    return _CALLS.get((kind, method.removesuffix("Slow").lower()))
