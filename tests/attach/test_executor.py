"""Thread jobs that code submits without knowing of scopes count in the request's budget."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from snowshed.attach import _executor
from snowshed.attach._executor import count_thread_jobs
from snowshed.attach._task_factory import Verdict
from snowshed.core import open_scope
from snowshed.errors import BudgetExceeded


class CountsAll:
    """A turnstile that refuses what has no room, and counts the rest."""

    def decide(self, budget, loop, coro):
        full = next((b for b in budget.lineage() if not b.has_room()), None)
        return Verdict.COUNT if full is None else BudgetExceeded(full.name, 0, full.limit)


@pytest.fixture
def failures(monkeypatch):
    failures: list[str] = []
    original = ThreadPoolExecutor.submit
    count_thread_jobs(concurrent.futures.thread, CountsAll(), failures.append)
    yield failures
    ThreadPoolExecutor.submit = original


def test_a_job_is_live_until_its_thread_has_ended(failures):
    release = threading.Event()

    async def main():
        loop = asyncio.get_running_loop()
        async with open_scope("request") as scope:
            jobs = [loop.run_in_executor(None, release.wait) for _ in range(3)]
            during = scope.statistics().live
            release.set()
            await asyncio.gather(*jobs)
            return during, scope.statistics().live

    assert asyncio.run(main()) == (3, 0)
    assert failures == []


def test_a_job_over_budget_fails_and_the_others_are_no_orphans(failures):
    release = threading.Event()
    ran = []

    def job(n):
        release.wait()
        ran.append(n)

    async def main():
        loop = asyncio.get_running_loop()
        async with open_scope("request", budget=2):
            jobs = [loop.run_in_executor(None, job, n) for n in range(5)]
            release.set()
            return await asyncio.gather(*jobs, return_exceptions=True)

    results = asyncio.run(main())
    assert [type(result) for result in results] == [type(None)] * 2 + [BudgetExceeded] * 3
    assert sorted(ran) == [0, 1]


def test_a_job_of_run_sync_counts_once(failures):
    async def main():
        async with open_scope("request") as scope:
            await scope.run_sync(lambda: None)
            return scope.statistics().spawned

    assert asyncio.run(main()) == 1


def test_outside_of_scopes_and_in_other_threads_nothing_is_counted(failures):
    def submit_from_thread(pool):
        return pool.submit(int).result()

    async def main():
        with ThreadPoolExecutor(2) as pool:
            pool.submit(int).result()
            async with open_scope("request") as scope:
                await asyncio.to_thread(submit_from_thread, pool)
                # The job of to_thread itself is the only one.
                return scope.statistics().spawned

    assert asyncio.run(main()) == 1


def test_a_failure_of_ours_switches_the_hook_off_and_the_job_runs(failures, monkeypatch):
    def broken(turnstile, fn):
        raise RuntimeError("injected")

    monkeypatch.setattr(_executor, "_judge", broken)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: 42).result() == 42
        assert pool.submit(lambda: 43).result() == 43
    assert failures == ["counting thread jobs"]
