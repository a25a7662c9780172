"""What the service depends on: a queue before a fixed number of servers, in the loop's timers.

Whoever calls takes the next place, and the place stays taken when the caller goes away: a database
does not notice either. When work begins and ends is settled at the call, so a loop that lags makes
callers late and the downstream no slower.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import random
import time
from typing import NamedTuple

from benchmarks.overload._scenarios import SERVERS, SERVICE, SIGMA


class BrownOut(NamedTuple):
    """From when until when, in monotonic seconds, work takes so many times as long."""

    begin: float
    end: float
    slower: float


NEVER = BrownOut(math.inf, math.inf, 1.0)


class Downstream:
    """First in, first out, before ``servers`` that take log-normal times of mean ``service``."""

    def __init__(
        self,
        *,
        servers: int = SERVERS,
        service: float = SERVICE,
        sigma: float = SIGMA,
        seed: int = 1,
    ) -> None:
        self.brown_out = NEVER
        self._free = [0.0] * servers
        self._draw = random.Random(seed)
        self._sigma = sigma
        # So that the mean, not the median, is `service`.
        self._mu = math.log(service) - sigma * sigma / 2

    def reserve(self, now: float) -> float:
        """Take the next place and return when its work will have ended."""
        begin = max(now, self._free[0])
        service = self._draw.lognormvariate(self._mu, self._sigma)
        if self.brown_out.begin <= begin < self.brown_out.end:
            service *= self.brown_out.slower
        heapq.heapreplace(self._free, begin + service)
        return begin + service

    async def call(self) -> None:
        """Take the next place and wait for the end of its work."""
        now = time.monotonic()
        await asyncio.sleep(self.reserve(now) - now)
