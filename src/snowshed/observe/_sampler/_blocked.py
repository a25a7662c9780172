"""Which line blocks a loop, for how long, and how often.

``time.sleep`` in a coroutine, a big ``json.loads``, a query by a driver that does not await: all
tasks of the loop stand still, and each of their timeouts blames somebody else. The line that does
it is on the stack while it does it, for whoever looks from another thread.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.model import Frame
from snowshed.observe._sampler._running import Culprit

if TYPE_CHECKING:
    from collections.abc import Callable, Set

    from snowshed.observe._sampler._lag import Held, LoopMark

__all__ = ["Blockage", "Blockages", "BlockedBy"]

LINES_AT_MOST = 200
STILL_BLOCKED = 5.0
SHOWN = 20
UNKNOWN = Culprit(Frame("(unknown)", "", 0), "")

logger = logging.getLogger("snowshed.blocked")


@dataclass(frozen=True, slots=True)
class BlockedBy:
    """A line that has blocked loops.

    Attributes:
        frame: the line.
        call: what it calls, as the source has it; empty if that cannot be told.
        events: how often it blocked.
        seconds: for how long, together.
        longest: seconds of the longest time.
    """

    frame: Frame
    call: str
    events: int
    seconds: float
    longest: float


@dataclass(slots=True)
class Blockage:
    """A loop that is blocked now.

    Attributes:
        since: when it was first seen.
        culprit: the line; `UNKNOWN` if there was none to be seen.
        request: the route that the task works for; empty if for none.
        told: whether the log has it already.
    """

    since: float
    culprit: Culprit
    request: str
    told: bool = False


class Blockages:
    """Keeps account of blocked loops, and writes to the logger ``snowshed.blocked``.

    It writes at the end of each blockage, and after 5 s if it has not ended by then; about the same
    line of code at most once in ``log_interval``. Lines of code beyond the first 200 are counted
    together.

    Args:
        after: seconds for which a step may hold the loop.
        log_interval: seconds.
    """

    def __init__(self, after: float, log_interval: float) -> None:
        self._after = after
        self._log_interval = log_interval
        self._now: dict[LoopMark, Blockage] = {}
        self._lines: dict[Culprit, list[float]] = {}
        self._written: dict[Culprit, float] = {}
        self.events = 0
        self.seconds = 0.0
        self.longest = 0.0
        self.suppressed = 0

    def see(
        self,
        mark: LoopMark,
        held: Held | None,
        now: float,
        who: Callable[[Held], tuple[Culprit | None, str]],
    ) -> None:
        """Note what a look has found.

        Args:
            mark: the loop.
            held: what holds it.
            now: seconds.
            who: tells the line and the request; called once for each blockage.
        """
        current = self._now.get(mark)
        if current is not None and (held is None or held.since != current.since):
            del self._now[mark]
            self._end(current, now)
            current = None
        if held is None or now - held.since < self._after:
            return
        if current is None:
            culprit, request = who(held)
            current = self._now[mark] = Blockage(held.since, culprit or UNKNOWN, request)
        if not current.told and now - held.since >= STILL_BLOCKED:
            current.told = True
            self._write("the loop has been blocked for", current, now)

    def end_all_but(self, marks: Set[LoopMark], now: float) -> None:
        """End what blocked a loop that is not among ``marks``: it was closed right after."""
        for mark in self._now.keys() - marks if self._now else ():
            self._end(self._now.pop(mark), now)

    def _end(self, blockage: Blockage, now: float) -> None:
        seconds = now - blockage.since
        self.events += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)
        line = blockage.culprit
        if line not in self._lines and len(self._lines) >= LINES_AT_MOST:
            line = UNKNOWN
        total = self._lines.setdefault(line, [0, 0.0, 0.0])
        total[:] = [total[0] + 1, total[1] + seconds, max(total[2], seconds)]
        self._write("the loop was blocked for", blockage, now)

    def _write(self, what: str, blockage: Blockage, now: float) -> None:
        culprit = blockage.culprit
        last = self._written.get(culprit)
        if last is not None and now - last < self._log_interval:
            self.suppressed += 1
            return
        if len(self._written) >= LINES_AT_MOST:
            self._written.clear()
        self._written[culprit] = now
        request = f" (request {blockage.request})" if blockage.request else ""
        seconds = now - blockage.since
        logger.warning("%s %.2f s at %s%s", what, seconds, culprit, request)

    def lines(self) -> tuple[BlockedBy, ...]:
        """Return the lines that blocked for the longest time together, 20 at most."""
        rows = (
            BlockedBy(culprit.frame, culprit.call, int(events), seconds, longest)
            for culprit, (events, seconds, longest) in list(self._lines.items())
        )
        return tuple(sorted(rows, key=lambda row: -row.seconds)[:SHOWN])
