"""The service under rival limits, as middleware that counts requests.

The rules are those of ``snowshed.shed``, with the defaults of where they come from. A request is
one unit, whatever it starts; one that is not admitted gets a 503 at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.overload import _service
from benchmarks.overload._scenarios import OBJECTIVE
from snowshed.errors import Overloaded
from snowshed.shed import AdaptiveLimiter, Gradient2Limit, Limit, VegasLimit, WindowedLimit

if TYPE_CHECKING:
    from benchmarks.overload._service import Message, Receive, Send

HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"4"), (b"retry-after", b"1")]


class Limited:
    """Lets in as many requests at once as ``limit`` says."""

    def __init__(self, name: str, limit: Limit) -> None:
        self.limiter = AdaptiveLimiter(name, limit=limit, objective=OBJECTIVE)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve or refuse."""
        if scope["type"] == "lifespan":
            await _service.app(scope, receive, send)
            return
        try:
            grant = self.limiter.admit()
        except Overloaded:
            await send({"type": "http.response.start", "status": 503, "headers": HEADERS})
            await send({"type": "http.response.body", "body": b"full"})
            return
        with grant:
            await _service.app(scope, receive, send)


# As its README has it: wrapped in a window.
gradient2 = Limited("gradient2", WindowedLimit(Gradient2Limit()))
vegas = Limited("vegas", VegasLimit())
