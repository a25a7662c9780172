"""Blocking calls are counted until their thread ends, and clean-up always finds a thread."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from contextvars import ContextVar

import pytest

from _virtual import fail, forever, passes, virtual
from snowshed.core import open_scope
from snowshed.core._threads import THREADS, permits
from snowshed.errors import BudgetExceeded, ClosedResourceError, DeadlineExceeded

REQUEST: ContextVar[str] = ContextVar("request")


def boom():
    raise LookupError("in the thread")


@virtual
async def test_run_sync_runs_on_a_thread_in_the_callers_context():
    REQUEST.set("r1")

    def blocking(a, b):
        return a + b, REQUEST.get(), threading.current_thread() is threading.main_thread()

    async with open_scope("x") as scope:
        assert await scope.run_sync(blocking, 1, 2) == (3, "r1", False)


@virtual
async def test_an_error_comes_to_the_caller_and_is_no_failure_of_the_scope_if_handled():
    async with open_scope("x") as scope:
        with pytest.raises(LookupError, match="in the thread"):
            await scope.run_sync(boom)
    assert scope.statistics().failed == 0
    assert scope.errors == ()


@virtual
async def test_a_job_counts_until_its_thread_has_ended_whoever_gave_up_on_it():
    go_on = threading.Event()
    async with open_scope("x", budget=1) as scope:
        waiting = asyncio.create_task(scope.run_sync(go_on.wait, 5))
        await passes()
        assert scope.statistics().live == 1
        waiting.cancel()
        await passes()
        assert waiting.cancelled()
        assert scope.statistics().live == 1
        with pytest.raises(BudgetExceeded):
            await scope.run_sync(int)
        go_on.set()
    assert scope.statistics().live == 0
    assert scope.statistics().spawned == 1


@virtual
async def test_a_scope_waits_for_its_threads_even_when_it_is_cancelled():
    go_on = threading.Event()
    ended = []

    def blocking():
        go_on.wait(5)
        ended.append(True)

    async with open_scope("x") as scope:
        await scope.spawn(scope.run_sync, blocking)
        await passes()
        scope.cancel("enough")
        threading.Timer(0.01, go_on.set).start()
    assert ended == [True]


@virtual
async def test_an_error_that_nobody_waits_for_any_more_is_not_reported_as_never_retrieved():
    go_on = threading.Event()

    def blocking():
        go_on.wait(5)
        raise LookupError

    async with open_scope("x") as scope:
        await scope.spawn(scope.run_sync, blocking)
        await passes()
        scope.cancel("enough")
        go_on.set()
    assert scope.errors == ()


@virtual
async def test_jobs_that_wait_for_a_thread_count_too_and_their_wait_can_be_cancelled():
    go_on = threading.Event()
    async with open_scope("x", budget=THREADS + 1) as scope:
        jobs = [asyncio.create_task(scope.run_sync(go_on.wait, 5)) for _ in range(THREADS + 1)]
        await passes()
        assert scope.statistics().live == THREADS + 1
        with pytest.raises(BudgetExceeded):
            await scope.run_sync(int)
        jobs[-1].cancel()
        await passes()
        assert scope.statistics().live == THREADS
        assert permits().ordinary.statistics().waiting == 0
        go_on.set()
        await asyncio.gather(*jobs[:-1])
    assert permits().ordinary.available == THREADS


@virtual
async def test_a_job_that_waited_for_a_thread_is_refused_when_the_scope_has_ended():
    go_on = threading.Event()
    async with open_scope("busy", budget=None) as busy:
        jobs = [await busy.spawn(busy.run_sync, go_on.wait, 5) for _ in range(THREADS)]
        await passes()
        async with open_scope("x") as scope:
            stranger = asyncio.create_task(scope.run_sync(int))
            await passes()
        go_on.set()
        with pytest.raises(ClosedResourceError, match="scope 'x' is closed"):
            await stranger
        await asyncio.gather(*jobs)
    assert permits().ordinary.available == THREADS


@virtual
async def test_all_threads_busy_with_waiting_for_what_clean_up_gives_back():
    """The FastAPI deadlock: each thread waits for a connection, and the code that would give one
    back waits for a thread."""
    connections = threading.Semaphore(1)

    async def request(scope):
        await scope.run_sync(connections.acquire, True, 5)
        try:
            await passes()
        finally:
            await scope.run_sync(connections.release, cleanup=True)

    async with open_scope("x", budget=None) as scope:
        for _ in range(THREADS + 5):
            await scope.spawn(request, scope)
    assert scope.statistics().spawned == 3 * (THREADS + 5)
    assert permits().ordinary.available == THREADS
    assert permits().cleanup.available == 1


@virtual
async def test_clean_up_is_let_in_over_the_budget():
    async with open_scope("x", budget=1) as scope:
        await scope.spawn(forever)
        with pytest.raises(BudgetExceeded):
            await scope.run_sync(int)
        assert await scope.run_sync(int, cleanup=True) == 0
        scope.cancel("enough")


@pytest.mark.parametrize("ending", ["deadline", "cancel", "failure"])
@virtual
async def test_in_a_scope_that_is_ending_only_clean_up_gets_a_thread(ending):
    log = []

    async def work(scope):
        try:
            await forever()
        finally:
            with pytest.raises(ClosedResourceError, match="'x' is ending"):
                await scope.run_sync(log.append, "work")
            await scope.run_sync(log.append, "clean-up", cleanup=True)

    try:
        async with open_scope("x", timeout=2) as scope:
            await scope.spawn(work, scope)
            await passes()
            if ending == "cancel":
                scope.cancel("enough")
            elif ending == "failure":
                await scope.spawn(fail, LookupError(), 1)
            await work(scope)
    except (DeadlineExceeded, LookupError):
        assert ending != "cancel"
    assert log == ["clean-up", "clean-up"]
    with pytest.raises(ClosedResourceError):
        await scope.run_sync(int, cleanup=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_worker_has_threads_of_its_own():
    code = """if True:
        import asyncio, os
        from snowshed import open_scope

        async def main():
            async with open_scope("x") as scope:
                assert await scope.run_sync(os.getpid) == os.getpid()

        asyncio.run(main())
        pid = os.fork()
        asyncio.run(asyncio.wait_for(main(), 10))
        if pid:
            raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)


def test_each_loop_has_permits_of_its_own_and_takes_them_along():
    async def main():
        return permits()

    first, second = asyncio.run(main()), asyncio.run(main())
    assert first is not second
