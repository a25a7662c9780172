"""The service of `_live_app` with rules in front of it, by hand: what an integration has to do."""

from __future__ import annotations

import time
from typing import Any

from _live_app import app

from snowshed.shed import Meter, RuleRunner, RulesFile, current_effects, sampled_out

ROUTE = "GET /"
meter = Meter()
runner = RuleRunner(RulesFile("rules.toml"), meter=meter)


async def guarded(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        runner.start()
        await _serve(scope, receive, send)


async def _serve(scope: Any, receive: Any, send: Any) -> None:
    began = time.monotonic()
    effect = current_effects().of(ROUTE)
    name = dict(scope["headers"]).get(b"x-request-id", b"").decode()
    if sampled_out(name, effect.sample):
        meter.refused(ROUTE, began, "sampled")
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    status = 0

    async def note(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)
        await send(message)

    meter.admitted(ROUTE, began)
    await app(scope, receive, note)
    now = time.monotonic()
    meter.finished(ROUTE, now, now - began, status >= 500)
