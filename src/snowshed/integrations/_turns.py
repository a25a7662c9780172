"""How long a request has waited for the event loop before anybody could look at it.

When the loop itself is the bottleneck, requests do not pile up in flight: each runs to its end in
one step, and those behind it wait in the socket, where nobody counts them. What can be counted is
how long a *turn* of the loop takes: a request that is looked at now came, at the worst, when the
turn before this one began.

While requests come, one callback in each turn notes when the turn reached it; a turn without a
request ends the chain, so that an idle loop stays idle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context

__all__ = ["LoopTurns"]


class LoopTurns:
    """Watches the turns of one loop while requests come.

    Costs one callback for each turn in which a request came.

    Args:
        loop: the loop.
        clock: monotonic seconds.
    """

    __slots__ = ("_asked", "_began", "_clock", "_context", "_loop", "_previous", "_watching")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float]) -> None:
        self._loop = loop
        self._clock = clock
        self._context = Context()
        self._previous = self._began = 0.0
        self._watching = self._asked = False

    def waited(self) -> float:
        """Return the seconds that the request which is looked at now has waited, at most.

        0 for the first one after a silence. To be called when a request is looked at, once.
        """
        self._asked = True
        if self._watching:
            return max(self._clock() - self._previous, 0.0)
        self._watching = True
        self._previous = self._began = self._clock()
        self._loop.call_soon(self._turn, context=self._context)
        return 0.0

    def _turn(self) -> None:
        if not self._asked:
            self._watching = False
            return
        self._asked = False
        self._previous = self._began
        self._began = self._clock()
        self._loop.call_soon(self._turn, context=self._context)

    def __repr__(self) -> str:
        state = "watching" if self._watching else "idle"
        return f"<LoopTurns {state}, the last took {self._began - self._previous:.3f} s>"
