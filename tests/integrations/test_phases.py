"""A request that ends in any phase, by whatever: no task left, no permit lost, no error unseen."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from _virtual import fail, virtual
from attach._attached import attached
from integrations._exchange import Exchange
from snowshed.core import WeightedSemaphore, current_scope, open_scope
from snowshed.integrations.asgi import RequestScopeMiddleware

PHASES = ["reading", "handling", "fanning out", "in a scope", "responding", "after"]
ENDS = ["client", "deadline", "server", "error", "excess", "nothing"]
PERMITS = 4


class Service:
    """An application whose requests take permits in tasks, and are at work in one phase."""

    def __init__(self, phase, end):
        self.phase = phase
        self.end = end
        self.permits = WeightedSemaphore(PERMITS)
        self.finished = 0

    async def job(self):
        async with self.permits:
            await asyncio.sleep(3)

    async def work(self):
        """Three seconds of it, that the client, the deadline or the server may cut short."""
        kept = [asyncio.create_task(self.job()) for _ in range(2)]
        if self.end == "error":
            kept.append(asyncio.create_task(fail(LookupError("a bug"), 0.5)))
        if self.end == "excess":
            kept += [asyncio.create_task(self.job()) for _ in range(20)]
        try:
            await asyncio.gather(*kept)
        finally:
            # Clean-up that takes its time, and a permit.
            async with self.permits:
                await asyncio.sleep(0.1)

    async def __call__(self, scope, receive, send):
        more = True
        while more:
            more = (await receive()).get("more_body", False)
            await self.at("reading")
        await self.at("handling")
        if self.phase == "fanning out":
            async with asyncio.TaskGroup() as group:
                group.create_task(self.work())
                group.create_task(self.job())
        if self.phase == "in a scope":
            async with open_scope("inner", limit=2) as inner:
                await inner.spawn(self.work)
                await inner.spawn(self.job)
                await current_scope().run_sync(int)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.at("responding")
        await send({"type": "http.response.body", "body": b"ok"})
        await self.at("after")
        self.finished += 1

    async def at(self, phase):
        if phase == self.phase:
            await self.work()


@pytest.mark.parametrize("mode", ["observe", "enforce"])
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("phase", PHASES)
@virtual
async def test_nothing_is_left(phase, end, mode):
    service = Service(phase, end)
    loop = asyncio.get_running_loop()
    exchange = Exchange(b"a", b"b", method="POST")
    enforce = mode == "enforce"
    with attached(mode=mode, budget=8, grace=0.5) as runtime:
        app = RequestScopeMiddleware(
            service,
            enforce=enforce,
            budget=8,
            grace=0.5,
            timeout=1.0 if end == "deadline" else None,
            on_excess="cancel",
        )
        handled = asyncio.create_task(exchange.run(app))
        if end == "client":
            loop.call_later(1.0, exchange.gone.set)
        if end == "server":
            loop.call_later(1.0, handled.cancel)
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await handled
        if enforce:
            # The grace, and the clean-up of what was cancelled; the work itself takes longer.
            await asyncio.sleep(1)
            assert asyncio.all_tasks() == {asyncio.current_task()}
        await asyncio.sleep(30)
        statistics = runtime.statistics()
        assert (statistics.requests, statistics.open_requests) == (1, 0)
        assert statistics.failures == 0
    available = service.permits.statistics()
    assert (available.held, available.waiting) == (0, 0)
    if end == "nothing" or (not enforce and end not in {"server", "error"}):
        assert service.finished == 1
        assert exchange.status == 200
    elif enforce and end == "deadline" and phase not in {"responding", "after"}:
        assert (service.finished, exchange.status) == (0, 504)
    elif enforce and end == "excess" and phase not in {"responding", "after"}:
        assert (service.finished, exchange.status) == (0, 503)
