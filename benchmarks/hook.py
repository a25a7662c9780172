"""What it costs a service that each of its tasks passes through snowshed's task factory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from benchmarks._runner import Case, Loop, LoopKind, Section
from benchmarks._spawning import BATCH, batch, batches
from snowshed.attach import _installed
from snowshed.attach._runtime import Runtime
from snowshed.attach._settings import Settings
from snowshed.integrations._request import watch_requests
from snowshed.integrations.asgi import RequestScopeMiddleware

NAME = "hook"
GOAL = 1.15
# One more than a batch: what is measured is the hook below the threshold.
BUDGET = BATCH + 1

Scope = MutableMapping[str, Any]


async def _receive() -> Scope:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Scope) -> None:
    pass


async def _request(handle: Callable[[], Awaitable[None]]) -> None:
    """Run ``handle`` as the request of a server that is observed."""

    async def app(_scope: Scope, _receive: object, _send: object) -> None:
        await handle()

    middleware = RequestScopeMiddleware(app, budget=BUDGET, enforce=False)
    await middleware({"type": "http", "method": "GET", "path": "/"}, _receive, _send)


async def _one_request(operations: int) -> None:
    await _request(lambda: batches(operations))


async def _many_requests(operations: int) -> None:
    for _ in range(operations // BATCH):
        await _request(batch)


def sections(loop: LoopKind) -> list[Section]:
    """Return the section of the hook."""
    runtime = Runtime(Settings(budget=BUDGET))
    watch_requests(runtime._watch, runtime._tally)

    def attach(loop: Loop) -> None:
        _installed.install(loop, runtime._decision, runtime.registry.table)

    cases = (
        Case("hook on, outside requests", batches, GOAL, prepare=attach),
        Case("hook on, in a request", _one_request, GOAL, prepare=attach),
        Case(f"hook on, a request for each {BATCH} tasks", _many_requests, prepare=attach),
    )
    return [Section(NAME, Case("create_task", batches), cases, 5000, loop)]
