"""What another thread can see of an event loop: whether it moves, how late it is, who holds it.

A loop goes round and round: it runs what is ready, then asks the selector for more. A task runs at
most once in a round. So whoever finds the same task current in the same round at two looks knows
that it ran all the time in between, at the price of a counter for each round. The counter sits
around the ``select`` of the loop's selector, on that one object, and also takes the time of each
round, which is how late a timer or an answer can be.

A loop without such a selector (uvloop) is asked for a sign of life instead: a callback through
``call_soon_threadsafe``, only when a look has found a current task, as an idle loop should stay
asleep. No sign until the next look, and the same task: it ran all the time.

Cost: about 0.3 us for each round of the loop; 2 us for a look.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from types import FrameType
from typing import Any
from weakref import ref

from snowshed.observe._sampler._running import handle_in

__all__ = ["Held", "LagStatistics", "LoopMark"]

# The worst is of between one and two of these.
REMEMBERED = 5.0
_NOT_RUNNING = float("inf")
_EMPTY = Context()


@dataclass(frozen=True, slots=True)
class LagStatistics:
    """How late one loop is.

    Attributes:
        worst: seconds of the longest round in the last five to ten seconds, one that goes on
            included. Of a loop without rounds: the longest wait for a sign of life.
        rounds: how often it went round; of others: how often it gave a sign of life.
    """

    worst: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Held:
    """What holds a loop.

    Attributes:
        task: the current task; None: a callback.
        since: when it was first seen, on the clock of the looks.
    """

    task: asyncio.Task[Any] | None
    since: float


class LoopMark:
    """One loop, as the watch thread sees it.

    Args:
        loop: referred to weakly.
        thread: identifier of the thread that runs it.
        clock: seconds; the clock of the looks.

    Attributes:
        counts_rounds: whether the rounds are counted, rather than signs of life asked for.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        thread: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.thread = thread
        self._loop = ref(loop)
        self._clock = clock
        self.rounds = 0
        self.idle = True
        self.began = _NOT_RUNNING
        self.worst = 0.0
        self._worst_before = 0.0
        self._rolled = clock()
        self._asked_at: float | None = None
        self._seen: tuple[int, object] | None = None
        self._since = 0.0
        # Weakly, both: what a selector holds has callbacks, and these the loop. One that somebody
        # has dropped without closing it would stay for ever, with its sockets.
        self._selector, self._select = _count_rounds(loop, self)
        self.counts_rounds = self._select() is not None

    def __repr__(self) -> str:
        return f"<LoopMark thread={self.thread} rounds={self.rounds} worst={self.worst:.3f}>"

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop; None if it is closed or gone."""
        loop = self._loop()
        return None if loop is None or loop.is_closed() else loop

    @property
    def _running_loop(self) -> asyncio.AbstractEventLoop | None:
        loop = self.loop
        return loop if loop is not None and loop.is_running() else None

    def remove(self) -> None:
        """Leave the loop as it was."""
        selector, ours = self._selector(), self._select()
        self.counts_rounds = False
        # Unless somebody else has put theirs around it since, and would lose it with this one.
        if ours is not None and getattr(selector, "select", None) is ours:
            del selector.select

    def look(self, now: float) -> Held | None:
        """Return what has held the loop since the last look at least; None: nothing has.

        Called from the watch thread.
        """
        self._roll(now)
        loop = self._running_loop
        if loop is None:
            self._seen = self._asked_at = None
            return None
        task = asyncio.current_task(loop)
        moved = self._has_moved(loop, task)
        who: object = ref(task) if task is not None else None
        if task is None and not moved and self.counts_rounds and self._seen is not None:
            # A callback, or one after the other.
            who = handle_in(_frame_of(self.thread))
        seen = (self.rounds, who)
        if moved or seen != self._seen:
            self._seen, self._since = seen, now
            return None
        return Held(task, self._since) if who else None

    def _has_moved(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any] | None) -> bool:
        if self.counts_rounds:
            return self.idle or self._seen is None or self._seen[0] != self.rounds
        unanswered = self._asked_at is not None
        if not unanswered and task is not None:
            self._asked_at = self._clock()
            with contextlib.suppress(RuntimeError):  # it was closed just now
                loop.call_soon_threadsafe(self._answer, context=_EMPTY)
        return not unanswered

    def _answer(self) -> None:
        asked = self._asked_at
        if asked is not None:
            self.worst = max(self.worst, self._clock() - asked)
            self._asked_at = None
        self.rounds += 1

    def _roll(self, now: float) -> None:
        if now - self._rolled >= REMEMBERED:
            self._rolled = now
            self._worst_before, self.worst = self.worst, 0.0

    def statistics(self, now: float) -> LagStatistics:
        """Return how late the loop is; from any thread."""
        began = self._going_on_since() if self._running_loop is not None else None
        going_on = 0.0 if began is None else now - began
        return LagStatistics(max(self.worst, self._worst_before, going_on), self.rounds)

    def _going_on_since(self) -> float | None:
        if not self.counts_rounds:
            return self._asked_at
        return None if self.idle else self.began


def _frame_of(thread: int) -> FrameType | None:
    return sys._current_frames().get(thread)


def _nothing() -> None:
    return None


def _count_rounds(
    loop: asyncio.AbstractEventLoop, mark: LoopMark
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Count the rounds of ``loop`` in ``mark``.

    Returns:
        Weak references to its selector and to what counts; both give None if it cannot be done.
    """
    selector: Any = getattr(loop, "_selector", None)
    original = getattr(selector, "select", None)
    if original is None:
        return _nothing, _nothing
    clock = mark._clock

    def select(timeout: float | None = None) -> Any:
        lasted = clock() - mark.began
        if lasted > mark.worst:  # noqa: PLR1730 - in each round of the loop
            mark.worst = lasted
        mark.idle = True
        try:
            return original(timeout)
        finally:
            mark.began = clock()
            mark.rounds += 1
            mark.idle = False

    try:
        weak = ref(selector)
        selector.select = select
    except (AttributeError, TypeError):
        return _nothing, _nothing
    return weak, ref(select)
