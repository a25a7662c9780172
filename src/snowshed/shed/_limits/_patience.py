"""How long callers wait who have said nothing of a deadline: learned from those who leave.

A client with a timeout of half a second tells nobody. It closes its connection, and the service
that aims at a whole second answers to nobody in a flood: those who leave count as no late answer,
and take what they were charged along, so that the limit is never reached either.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.shed._limits._elasticity import Point

__all__ = ["Patience"]

IMPATIENT = (
    2.0  # times what a request takes without waiting; who leaves sooner has a change of mind
)
MANY = 0.05  # share of the requests of a decision
RECALL = 60.0  # seconds
MOST = 2000


class Patience:
    """The time after which callers leave, while many of them do.

    Attributes:
        seconds: that time; infinite while few leave, and from a minute after the last decision on
            in which many did.
        left: those who have left since the last decision.
    """

    __slots__ = ("_noticed", "left", "seconds")

    def __init__(self) -> None:
        self.seconds = math.inf
        self.left: deque[Point] = deque(maxlen=MOST)
        self._noticed = -math.inf

    def note(self, point: Point, *, usual: float) -> None:
        """Take in one that has left.

        Args:
            point: when, at which load, after which time.
            usual: logarithm of the seconds that a request takes without waiting.
        """
        if point.latency > usual + math.log(IMPATIENT):
            self.left.append(point)

    def decide(self, requests: int, now: float) -> None:
        """Judge those who have left, of so many ``requests``, and forget them."""
        if len(self.left) > MANY * requests:
            ages = sorted(point.latency for point in self.left)
            self.seconds = math.exp(ages[len(ages) // 2])
            self._noticed = now
        elif not 0 <= now - self._noticed <= RECALL:
            self.seconds = math.inf
        self.left.clear()

    def __repr__(self) -> str:
        return f"<Patience {self.seconds:.3f} s>"
