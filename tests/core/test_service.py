"""Detached work outlives its request, belongs to the service, and its error is not lost."""

# ruff: noqa: PT012 - a scope with its whole block is what raises

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from contextvars import ContextVar

import pytest

from _virtual import fail, forever, passes, virtual
from snowshed.core import _service, current_scope, open_scope, remaining
from snowshed.core._service import DETACHED_BUDGET, DetachedStatistics, service_scope
from snowshed.errors import BudgetExceeded, DeadlineExceeded

REQUEST: ContextVar[str] = ContextVar("request")


@virtual
async def test_detached_work_outlives_the_scope_and_keeps_only_the_context():
    REQUEST.set("r1")
    seen = []

    async def mail():
        await asyncio.sleep(5)
        seen.append((REQUEST.get(), current_scope(), remaining()))
        return "sent"

    with pytest.raises(DeadlineExceeded):
        async with open_scope("x", budget=1, timeout=1) as scope:
            task = scope.detach(mail, name="mail")
            assert scope.statistics().live == 0
            await forever()
    assert await task == "sent"
    assert task.get_name() == "mail"
    assert seen == [("r1", None, None)]


@virtual
async def test_a_scope_that_has_ended_may_still_detach():
    async with open_scope("x") as scope:
        pass
    await scope.detach(passes)


def test_an_error_of_detached_work_is_logged_and_counted(caplog):
    @virtual
    async def main():
        async with open_scope("x") as scope:
            task = scope.detach(fail, LookupError("lost?"), name="mail")
        await asyncio.wait([task])
        await passes()
        assert service_scope().statistics() == DetachedStatistics(
            live=0, spawned=1, failed=1, refused=0, budget=DETACHED_BUDGET
        )

    with caplog.at_level(logging.ERROR, "snowshed.detached"):
        main()
    assert [record.message for record in caplog.records] == ["detached task mail failed"]
    assert caplog.records[0].exc_info[0] is LookupError


@virtual
async def test_detached_work_has_a_budget_of_its_own(monkeypatch):
    async with open_scope("x") as scope:
        tasks = [scope.detach(forever) for _ in range(DETACHED_BUDGET)]
        with pytest.raises(BudgetExceeded, match="'detached' holds 1000 live tasks"):
            scope.detach(forever)
        tasks[0].cancel()
        await passes()
        scope.detach(forever)
    assert service_scope().statistics().refused == 1
    assert repr(service_scope()) == "<ServiceScope live=1000 failed=0>"
    await service_scope().aclose()
    assert service_scope().statistics().live == 0


@virtual
async def test_scopes_in_detached_work_count_in_its_budget():
    async def work():
        async with open_scope("inner") as scope:
            await scope.spawn(forever)

    async with open_scope("x") as scope:
        scope.detach(work)
        await passes()
        assert service_scope().statistics().live == 2
    await service_scope().aclose()


@virtual
async def test_results_of_detached_work_are_not_kept():
    class Result:
        pass

    alive = weakref.WeakSet()

    async def work():
        result = Result()
        alive.add(result)
        return result

    async with open_scope("x") as scope:
        for _ in range(100):
            scope.detach(work)
        await passes()
        gc.collect()
        assert len(alive) == 0


@virtual
async def test_aclose_cancels_what_is_left_and_accepts_new_work():
    async with open_scope("x") as scope:
        task = scope.detach(forever)
        await service_scope().aclose()
        assert task.cancelled()
        await scope.detach(passes)


def test_a_closed_loop_is_forgotten():
    async def main():
        service_scope()
        return weakref.ref(asyncio.get_running_loop())

    first = asyncio.run(main())
    asyncio.run(main())
    gc.collect()
    assert first() is None
    assert sum(loop.is_closed() for loop in _service._scopes) <= 1
