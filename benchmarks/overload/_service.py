"""The service: a plain ASGI application whose answer takes some parallel calls and some CPU.

It knows nothing of any controller. With ``OVERLOAD_LIGHT`` set it has a light answer and asks
snowshed which one to give; with ``OVERLOAD_NEXT`` it calls the next service instead.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from benchmarks.overload._control import Control
from benchmarks.overload._downstream import Downstream
from benchmarks.overload._hop import Next
from benchmarks.overload._scenarios import CPU, KINDS

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SERVED = {kind.path: kind for kind in KINDS}
LIGHT = "OVERLOAD_LIGHT" in os.environ
HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"2")]

downstream = Downstream()
control = Control(downstream)
following = Next(int(os.environ["OVERLOAD_NEXT"])) if "OVERLOAD_NEXT" in os.environ else None


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Serve each kind of request on its path."""
    if scope["type"] == "lifespan":
        await control.lifespan(receive, send)
        return
    status = 200
    compute(CPU)
    if following is None:
        await fan_out(scope["path"])
    else:
        status = await following.get(scope["path"])
    await send({"type": "http.response.start", "status": status, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"ok"})


async def fan_out(path: str) -> None:
    """Make the calls of the kind of request that is served there, and wait for all of them."""
    kind = SERVED[path]
    calls = kind.tasks
    if LIGHT:
        from snowshed import current_scope

        around = current_scope()
        calls = calls if around is None else around.choose(calls, kind.light)
    await asyncio.gather(*(downstream.call() for _ in range(calls)))


def compute(seconds: float) -> None:
    """Use so much CPU time, whatever else the core has to do."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
