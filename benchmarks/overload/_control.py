"""How the runner speaks to a service that is under load: a Unix socket beside the HTTP port.

What controls the load stands between the runner and the HTTP port, and must not be measured by
what it lets through. So the service listens on a second socket, for a line of JSON at a time:
``{"brown_out": [begin, end, slower]}`` in monotonic seconds, or ``{"statistics": true}``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from benchmarks.overload._downstream import BrownOut, Downstream
from benchmarks.overload._measures import percentile
from snowshed.shed import AdaptiveLimiter

Message = MutableMapping[str, Any]
EACH = 0.02
# At most this share of the CPU time goes into counting tasks, however many there are.
SHARE = 0.02


class Sampler:
    """Counts live tasks and measures how late the loop is, from the loop itself."""

    def __init__(self) -> None:
        self.peak = 0
        self.limits: list[float] = []
        self.lags: list[float] = []
        self._limiter: AdaptiveLimiter | None = None
        self._due = 0.0

    def start(self) -> None:
        """Begin to sample, for ever."""
        self._again(EACH)

    def _again(self, delay: float) -> None:
        self._due = time.monotonic() + delay
        asyncio.get_running_loop().call_later(delay, self._sample)

    def _sample(self) -> None:
        now = time.monotonic()
        self.lags.append(now - self._due)
        self.peak = max(self.peak, len(asyncio.all_tasks()))
        if self._limiter is not None:
            self.limits.append(self._limiter.limit.limit)
        self._again(max(EACH, (time.monotonic() - now) / SHARE))

    def watch_limiter(self) -> None:
        """Note the limit from now on, if anything in this process has one.

        Under ``snowshed run`` the service knows of no limiter, and must not have to.
        """
        everything = gc.get_objects()
        found = [each for each in everything if type(each) is AdaptiveLimiter]
        self._limiter = found[0] if found else None

    def statistics(self) -> dict[str, Any]:
        """Return what was seen since the start."""
        return {
            "peak_tasks": self.peak,
            "limit": max(self.limits, default=None),
            "lag_ms": percentile(self.lags, 0.99, scale=1000),
        }


class Control:
    """The second socket, opened and closed with the service."""

    def __init__(self, downstream: Downstream) -> None:
        self.sampler = Sampler()
        self._downstream = downstream

    async def lifespan(
        self,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Live as long as the service."""
        await receive()
        path = os.environ.get("OVERLOAD_CONTROL")
        server = None if path is None else await asyncio.start_unix_server(self._answer, path)
        self.sampler.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if server is not None:
            server.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                answer = self.obey(json.loads(line))
                writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out an order and return the answer."""
        if "brown_out" in order:
            self._downstream.brown_out = BrownOut(*order["brown_out"])
            self.sampler.watch_limiter()
        return self.sampler.statistics()
