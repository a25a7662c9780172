"""What it costs a service that each of its tasks passes through snowshed's task factory.

The factory counts each task in the budget of its request, and notes it by the line that made it.
Below 20,000 tasks in a second each is noted. Above, one of 32 is, as in any service that makes
tasks as fast as this benchmark does: so that is the state that has a goal. What noting each one
costs shows beside it, and as what a service pays that makes 20,000 tasks in a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from benchmarks._runner import Case, Loop, LoopKind, Round, Row, Section, row_of
from benchmarks._spawning import BATCH, batch, batches, noop
from snowshed.attach import _installed
from snowshed.attach._runtime import Runtime
from snowshed.attach._settings import Settings
from snowshed.integrations._request import watch_requests
from snowshed.integrations.asgi import RequestScopeMiddleware
from snowshed.observe._registry._table import ALL_NOTED_UP_TO, SKIP, SiteTable

NAME = "hook"
GOAL = 1.15
FLOOD = "one of 32 noted"
EACH = "each task noted"
# One more than a batch: what is measured is the hook below the threshold.
BUDGET = BATCH + 1

Scope = MutableMapping[str, Any]
Attach = Callable[[Loop], SiteTable]


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


async def _gathered(operations: int) -> None:
    """Start tasks as handlers with a fan-out do: the line that asks is further up the stack."""
    for _ in range(operations // BATCH):
        await asyncio.gather(*(noop() for _ in range(BATCH)))


def attaching() -> tuple[Attach, Attach]:
    """Return what attaches a loop so that each task is noted, and so that one of 32 is."""
    runtime = Runtime(Settings(budget=BUDGET))
    watch_requests(runtime._watch, runtime._tally)

    def attach(loop: Loop) -> SiteTable:
        table = runtime.registry.table(loop)
        _installed.install(loop, runtime._decision, lambda _: table)
        return table

    def attach_in_flood(loop: Loop) -> SiteTable:
        table = attach(loop)
        table._note_all_but(SKIP)
        return table

    return attach, attach_in_flood


def sections(loop: LoopKind) -> list[Section]:
    """Return the section of the hook, and one for tasks that a helper of asyncio starts."""
    each, flood = attaching()
    cases = tuple(
        Case(f"{state}, {where}", work, goal, prepare=prepare)
        for state, prepare, goals in ((FLOOD, flood, GOAL), (EACH, each, None))
        for where, work, goal in (
            ("outside requests", batches, goals),
            ("in a request", _one_request, goals),
            (f"a request for each {BATCH} tasks", _many_requests, None),
        )
    )
    gathered = (
        Case(f"{FLOOD}, by gather", _gathered, prepare=flood),
        Case(f"{EACH}, by gather", _gathered, prepare=each),
    )
    return [
        Section(NAME, Case("create_task", batches), cases, 5000, loop, _shares),
        Section(f"{NAME}: gather", Case("asyncio.gather", _gathered), gathered, 5000, loop),
    ]


def _shares(section: Section, spent: list[Round]) -> list[Row]:
    """Return what the hook takes of a core at the highest rate at which each task is noted."""
    bare = section.baseline.name
    return [
        row_of(
            [100 * ALL_NOTED_UP_TO * (one[case.name] - one[bare]) for one in spent],
            section=f"{NAME}: at {ALL_NOTED_UP_TO:,} tasks in a second",
            name=f"{case.name}, in per cent",
            loop=section.loop,
            goal=None,
            baseline="a hundredth of a core",
        )
        for case in section.cases
        if case.name.startswith(EACH)
    ]
