"""What becomes of a spawn that has to be decided about: counted, noted, late, or refused."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import types

import pytest

from _virtual import forever, passes, virtual
from attach._attached import attached
from snowshed.core import _hooks, current_scope, open_scope
from snowshed.errors import BudgetExceeded
from snowshed.integrations._request import Policy, RequestScope


def request(budget=3, *, enforce=True, **policy):
    policy = Policy(budget=budget, enforce=enforce, **policy)
    return RequestScope("GET /x", policy, timeout=None, budget=budget)


async def in_request(work, budget=3, *, enforce=True, **policy):
    """Run ``work`` in a request that has a task of its own, as servers do."""

    async def handle():
        async with request(budget, enforce=enforce, **policy):
            return await work()

    return await asyncio.create_task(handle())


def driver(source):
    """A function of a module that is known as a driver."""
    module = types.ModuleType("asyncpg.made_up")
    exec(source, module.__dict__)
    return module.__dict__["f"]


start_a_reader = driver(
    "import asyncio\n"
    "async def read(): await asyncio.sleep(1)\n"
    "def f(): return asyncio.create_task(read())\n"
)


def naps(count):
    return [asyncio.create_task(asyncio.sleep(1, n)) for n in range(count)]


async def results(tasks):
    found = await asyncio.gather(*tasks, return_exceptions=True)
    return ["refused" if isinstance(each, BudgetExceeded) else each for each in found]


# --- room or none


@virtual
@pytest.mark.parametrize("mode", ["observe", "enforce"])
async def test_over_budget_a_task_is_refused_only_where_that_is_enforced(mode):
    async def work():
        return await results(naps(5))

    with attached(mode=mode) as runtime:
        seen = await in_request(work, enforce=mode == "enforce")
    statistics = runtime.statistics()
    if mode == "enforce":
        assert seen == [0, 1, 2, "refused", "refused"]
        assert (statistics.refused, statistics.would_refuse) == (2, 0)
    else:
        assert seen == [0, 1, 2, 3, 4]
        assert (statistics.refused, statistics.would_refuse) == (0, 2)


@virtual
async def test_a_request_that_is_only_observed_is_not_enforced_by_a_runtime_that_enforces():
    async def work():
        return await results(naps(5))

    with attached(mode="enforce") as runtime:
        assert await in_request(work, enforce=False) == [0, 1, 2, 3, 4]
    assert runtime.statistics().would_refuse == 2


@virtual
async def test_room_is_exact_however_many_have_ended():
    """A count by callbacks would lag behind by one pass of the loop."""

    async def work():
        for _ in range(20):
            assert "refused" not in await results(naps(3))

    with attached(mode="enforce") as runtime:
        await in_request(work)
    assert runtime.statistics().refused == 0


@virtual
async def test_a_refusal_says_who_how_many_and_what_to_do():
    async def work():
        tasks = naps(4)
        with pytest.raises(BudgetExceeded) as caught:
            await tasks[3]
        await asyncio.wait(tasks)
        return caught.value

    with attached(mode="enforce"):
        error = await in_request(work)
    assert (error.scope, error.live, error.budget) == ("GET /x", 3, 3)
    assert "start fewer at once" in str(error)


@virtual
async def test_a_refusal_is_told_to_who_listens():
    heard = []

    async def work():
        await results(naps(5))

    _hooks.on_refusal(lambda *what: heard.append(what))
    try:
        with attached(mode="enforce"):
            await in_request(work)
    finally:
        _hooks.on_refusal(None)
    assert heard == [("GET /x", 3, 3)] * 2


# --- scopes inside a request


@virtual
async def test_a_task_in_an_inner_scope_counts_in_both():
    async def work():
        async with open_scope("inner", budget=5) as inner:
            tasks = naps(3)
            live = (current_scope().statistics().live, inner._budget.parent.live_count())
            more = await results([*tasks, *naps(1)])
        return live, more

    with attached(mode="enforce"):
        assert await in_request(work) == ((3, 3), [0, 1, 2, "refused"])


@virtual
async def test_an_inner_scope_refuses_what_it_has_no_room_for():
    async def work():
        async with open_scope("inner", budget=2):
            seen = await results(naps(3))
        return seen, await results(naps(3))

    with attached(mode="enforce") as runtime:
        assert await in_request(work) == ([0, 1, "refused"], [0, 1, 2])
    assert runtime.statistics().refused == 1


@virtual
async def test_an_inner_scope_refuses_no_driver_whose_tasks_fill_it():
    async def work():
        async with open_scope("inner", budget=2) as inner:
            readers = [start_a_reader() for _ in range(4)]
            seen = await results([*naps(2), *readers])
            live = inner.statistics().spawned
        return seen, live

    with attached(mode="enforce") as runtime:
        assert await in_request(work, budget=50) == ([0, 1, None, None, None, None], 2)
    assert runtime.statistics().refused == 0


# --- whose it is


@virtual
async def test_drivers_take_no_room_from_the_request():
    async def work():
        readers = [start_a_reader() for _ in range(5)]
        return await results([*naps(3), *readers, *naps(1)])

    with attached(mode="enforce"):
        assert await in_request(work) == [0, 1, 2, *[None] * 5, "refused"]


@virtual
async def test_a_driver_may_outlive_the_request():
    """Pools do: their monitors are started by the first request that uses them, for ever."""

    async def work():
        return start_a_reader()

    with attached(mode="enforce", sites_from=0, grace=0.1) as runtime:
        reader = await in_request(work, grace=0.1)
        await asyncio.sleep(0.5)
        assert not reader.done()
        await reader
    assert runtime.statistics().outlived == 0


# --- late


@virtual
async def test_a_task_of_a_request_that_is_over_is_late_and_nothing_else(caplog):
    async def work():
        return contextvars.copy_context()

    with attached(mode="enforce") as runtime, caplog.at_level(logging.INFO, "snowshed.request"):
        context = await in_request(work, budget=1)
        for _ in range(5):
            await context.run(asyncio.get_running_loop().create_task, passes())
        await context.run(start_a_reader)
        await asyncio.sleep(2)
    statistics = runtime.statistics()
    assert (statistics.late, statistics.refused, statistics.outlived) == (5, 0, 0)
    # The line is told once, not each time.
    lines = [r.getMessage() for r in caplog.records]
    assert len(lines) == 1
    assert lines[0].startswith("task started after its request had ended site=")
    assert "test_turnstile.py:" in lines[0]


# --- threads


def test_a_loop_in_a_thread_neither_counts_nor_ends_the_request():
    async def elsewhere():
        return await results(naps(9))

    async def work():
        def run():
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                return runner.run(elsewhere())

        return await asyncio.to_thread(run)

    async def main():
        with attached(mode="enforce") as runtime:

            def attached_loop():
                loop = asyncio.new_event_loop()
                runtime.install(loop)
                return loop

            nonlocal loop_factory
            loop_factory = attached_loop
            seen = await in_request(work, on_excess="cancel")
            return seen, runtime.statistics()

    loop_factory = None
    seen, statistics = asyncio.run(main())
    assert seen == list(range(9))
    assert (statistics.refused, statistics.failures) == (0, 0)


# --- its own failure


@virtual
@pytest.mark.parametrize("broken", ["of_frame", "of_coroutine"])
async def test_a_judge_that_fails_is_logged_once_and_everything_is_counted(
    broken, monkeypatch, caplog
):
    async def work():
        readers = [start_a_reader() for _ in range(2)]
        seen = await results([*naps(10), *readers])
        return seen, current_scope().statistics().spawned

    def fails(*_args):
        raise LookupError("a bug of ours")

    with attached(mode="enforce") as runtime:
        monkeypatch.setattr(runtime._classifier, broken, fails)
        seen, spawned = await in_request(work)
        await in_request(work)
    assert seen == [*range(10), None, None]
    assert spawned >= 10
    assert runtime.statistics().failures >= 1
    told = [r for r in caplog.records if "judging tasks" in r.getMessage()]
    assert len(told) == 1
    assert told[0].exc_info is not None


@virtual
async def test_switched_off_a_late_task_still_runs(monkeypatch):
    async def work():
        await results(naps(5))
        return contextvars.copy_context()

    def fails(*_args):
        raise LookupError("a bug of ours")

    with attached(mode="enforce") as runtime:
        monkeypatch.setattr(runtime._classifier, "of_frame", fails)
        context = await in_request(work)
        await context.run(asyncio.get_running_loop().create_task, passes())
        assert await context.run(current_scope_later) is None


async def current_scope_later():
    task = asyncio.create_task(forever())
    await passes()
    task.cancel()
    return current_scope()
