"""A service on which the standard rules can be seen to fire and to clear.

It fails, burns and exhausts its pool as its caller wants, and tells what it was asked to leave out.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from typing import Any
from urllib.parse import parse_qs

from snowshed.shed import RuleEvent, degraded, register_pool, rule_hook

hooks: list[str] = []
pool = {"exhausted": False}
register_pool("db", lambda: pool["exhausted"])


@rule_hook("last-good")
async def last_good(event: RuleEvent) -> None:
    hooks.append(event.event)


class Fire:
    """Keeps processors busy, without holding the loop."""

    THREADS = 8  # on a busy machine fewer would not get a whole processor
    LONGEST = 60.0

    def __init__(self) -> None:
        self.out = threading.Event()
        for _ in range(self.THREADS):
            threading.Thread(target=self._burn, daemon=True).start()

    def _burn(self) -> None:
        end = time.monotonic() + self.LONGEST
        block = bytes(1 << 20)
        while not self.out.is_set() and time.monotonic() < end:
            hashlib.sha256(block).digest()


fires: list[Fire] = []


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    query = {name: value[0] for name, value in parse_qs(scope["query_string"].decode()).items()}
    if query.get("burn") == "yes":
        fires.append(Fire())
    if query.get("burn") == "no":
        fires.pop().out.set()
    if "exhausted" in query:
        pool["exhausted"] = query["exhausted"] == "yes"
    answer = {"reviews": not degraded("reviews"), "hooks": hooks}
    status = 500 if query.get("fail") == "yes" else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
