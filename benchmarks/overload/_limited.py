"""The service under rival limits, as middleware that counts requests.

The rules are those of ``snowshed.shed``, with the defaults of where they come from. A request that
they do not admit gets a 503 at once.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from benchmarks.overload import _service
from benchmarks.overload._scenarios import OBJECTIVE
from snowshed.shed import Gradient2Limit, Limit, Sample, Tick, VegasLimit, WindowedLimit

if TYPE_CHECKING:
    from benchmarks.overload._service import Message, Receive, Send

TICK = 0.1
HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"4"), (b"retry-after", b"1")]


class Limited:
    """Lets in as many requests at once as ``limit`` says."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.used = 0
        self._since = self._changed = time.monotonic()
        self._peak = self._finished = 0
        self._area = 0.0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve or refuse."""
        if scope["type"] == "lifespan":
            _service.control.sampler.limit_of = lambda: self.limit.limit
            asyncio.get_running_loop().call_later(TICK, self._tick)
            await _service.app(scope, receive, send)
        elif self.used < int(self.limit.limit):
            await self._serve(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": 503, "headers": HEADERS})
            await send({"type": "http.response.body", "body": b"full"})

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        began = time.monotonic()
        self._change(began, 1)
        inflight = self.used
        try:
            await _service.app(scope, receive, send)
        finally:
            now = time.monotonic()
            self._change(now, -1)
            self._finished += 1
            self.limit.on_sample(Sample(now, now - began, OBJECTIVE, inflight, 1, dropped=False))

    def _change(self, now: float, by: int) -> None:
        self._area += self.used * (now - self._changed)
        self._changed = now
        self.used += by
        self._peak = max(self._peak, self.used)

    def _tick(self) -> None:
        now = time.monotonic()
        self._change(now, 0)
        elapsed = now - self._since
        self.limit.on_tick(Tick(now, elapsed, self.used, self._peak, self._area, self._finished))
        self._since, self._peak, self._area, self._finished = now, self.used, 0.0, 0
        asyncio.get_running_loop().call_later(TICK, self._tick)


# As its README has it: wrapped in a window.
gradient2 = Limited(WindowedLimit(Gradient2Limit()))
vegas = Limited(VegasLimit())
