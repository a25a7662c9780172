"""The line in which callers wait their turn: first come, first served, and cancellable.

Every primitive that can be full keeps such a line, and three mistakes are made each time one is
written by hand. A caller that was cancelled stays in the line, and a turn is given to nobody. A
caller is cancelled between being given its turn and running, and what it was given is lost. A
caller that leaves from the middle costs a walk along the line, and a thousand timeouts at once
cost a million steps.

The queue below keeps the line; what a turn is worth stays with its owner::

    place = queue.join(amount)
    try:
        await place
    except BaseException:
        if queue.leave(place):
            ...  # the turn had come: take back what was given
        raise

`BaseException`, because a coroutine also ends by `GeneratorExit` when its loop is torn down.

An owner may refuse somebody by setting an exception as the outcome of the turn; that is no turn
either. A task that is cancelled still stands in the line until it runs, and an entry that was left
stays until the front reaches it or half of the line is such entries. Neither is given a turn.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque

# Number of arrival (unique, so that lines can be merged in order), future to wait on, amount.
Place = tuple[int, "asyncio.Future[None]", int]

_arrivals = itertools.count()


class WaitQueue(deque[Place]):
    """Callers that wait, in order of arrival, each for an amount of one thing.

    A deque, so that asking whether it is empty, which is part of everybody's fast path, costs
    nothing; the methods below are the whole of its use. Each costs amortized O(1).
    """

    __slots__ = ("_left",)

    def __init__(self) -> None:
        super().__init__()
        self._left = 0

    def join(self, amount: int = 1) -> asyncio.Future[None]:
        """Stand at the end of the line; await the result to wait for the turn."""
        # Not `loop.create_future()`: it makes the same future, a fifth of an acquire slower.
        turn: asyncio.Future[None] = asyncio.Future()
        self.append((next(_arrivals), turn, amount))
        return turn

    def leave(self, turn: asyncio.Future[None]) -> bool:
        """Step out of the line; tell whether the turn had come already."""
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            return True
        self._left += 1
        if not turn.cancelled() or self._left > len(self) // 2:
            self._sweep(turn)
        return False

    def serve(self, available: int) -> int:
        """Give turns from the front while ``available`` suffices; return the amount given.

        Stops at the first that does not fit, even if a later one would: this is what keeps a
        large request from starving beside many small ones.
        """
        rest = available
        while self and rest > 0:
            _, turn, amount = self[0]
            if not turn.done():
                if amount > rest:
                    break
                rest -= amount
                turn.set_result(None)
            self.popleft()
        return available - rest

    def waiting(self) -> int:
        """Count the callers that still wait. Costs O(length)."""
        return sum(not turn.done() for _, turn, _ in self)

    def _sweep(self, leaver: asyncio.Future[None]) -> None:
        staying = [place for place in self if place[1] is not leaver and not place[1].done()]
        self.clear()
        self.extend(staying)
        self._left = 0
