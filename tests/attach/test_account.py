"""What one request did with tasks: whose they were, by which line, how many at once."""

from __future__ import annotations

import asyncio
import sys
import types

import pytest

from _virtual import virtual
from attach._attached import attached
from snowshed.attach import _account
from snowshed.attach._account import Account, Ledger
from snowshed.attach._classify import Classifier, TaskClass
from snowshed.attach._settings import Settings
from snowshed.core._budget import TaskBudget
from snowshed.integrations._request import Policy, RequestScope


def driver(source):
    module = types.ModuleType("asyncpg.made_up")
    exec(source, module.__dict__)
    return module.__dict__["f"]


start_a_reader = driver(
    "import asyncio\n"
    "async def read(): await asyncio.sleep(1)\n"
    "def f(): return asyncio.create_task(read())\n"
)


async def nap(seconds=1.0):
    await asyncio.sleep(seconds)


async def account_of(work, budget=50, **settings):
    """Run ``work`` in a request of its own that is observed; return its account and report."""
    reports = []

    async def handle():
        policy = Policy(budget=budget, enforce=False)
        async with RequestScope("GET /x", policy, timeout=None, budget=budget) as scope:
            await work()
        return scope

    with attached(**settings) as runtime:
        runtime._reporter.write = reports.append
        accounts = []
        original = runtime.request_ended
        runtime.request_ended = lambda *args: accounts.append(args[1]) or original(*args)
        await asyncio.create_task(handle())
        await asyncio.sleep(2)
    return accounts[0], reports[0] if reports else None


# --- detail


@virtual
async def test_below_the_threshold_nothing_is_judged():
    async def work():
        await asyncio.gather(*(nap() for _ in range(9)), start_a_reader())

    account, report = await account_of(work, budget=10)
    assert (account.detailed, account.counts, account.sites) == (False, {}, {})
    assert report is None


@virtual
@pytest.mark.parametrize("sites_from", [0, 1, 5, 8, 20, None, 1000])
async def test_sites_are_known_from_the_threshold_on(sites_from):
    async def work():
        await asyncio.gather(*(nap() for _ in range(30)))

    account, report = await account_of(work, budget=25, sites_from=sites_from)
    sited = 30 - min(sites_from if sites_from is not None else 25, 25)
    assert [(site.function, site.count) for site in report.sites] == [
        (f"{test_sites_are_known_from_the_threshold_on.__name__}.<locals>.work", sited)
    ]
    assert account.unsited == 30 - sited
    assert (report.spawned, report.peak, report.would_refuse) == (30, 30, 5)


@virtual
async def test_the_busiest_lines_come_first_and_a_line_once():
    async def work():
        tasks = []
        for _ in range(3):
            tasks += [asyncio.create_task(nap()), asyncio.create_task(nap())]
        tasks += [asyncio.create_task(nap()) for _ in range(9)]
        await asyncio.gather(*tasks)

    _, report = await account_of(work, budget=1, sites_from=0)
    lines = [(site.line - work.__code__.co_firstlineno, site.count) for site in report.sites]
    assert lines == [(4, 9), (3, 6)]


@virtual
async def test_a_task_without_a_frame_has_its_coroutine_for_a_site():
    """As those that another thread hands over."""

    async def work():
        loop = asyncio.get_running_loop()

        def hand_over():
            return [asyncio.run_coroutine_threadsafe(nap(0), loop) for _ in range(3)]

        futures = await asyncio.to_thread(hand_over)
        await asyncio.gather(*map(asyncio.wrap_future, futures))

    _, report = await account_of(work, budget=1, sites_from=0)
    assert ("nap", 3) in [(site.function, site.count) for site in report.sites]


@virtual
async def test_too_many_sites_are_counted_without_their_lines(monkeypatch):
    monkeypatch.setattr(_account, "SITES_AT_MOST", 2)

    async def work():
        await asyncio.create_task(nap())
        await asyncio.create_task(nap())
        await asyncio.create_task(nap())
        await asyncio.create_task(nap())

    account, _ = await account_of(work, sites_from=0)
    assert (len(account.sites), account.unsited) == (2, 2)
    assert account.counts == {TaskClass.USER: 4}


# --- classes


@virtual
@pytest.mark.parametrize("sites_from", [0, 6, None])
async def test_others_are_taken_out_when_the_account_goes_into_detail(sites_from):
    """The cheap count below the threshold holds everybody's; what is said is the request's own."""

    async def work():
        readers = [start_a_reader() for _ in range(5)]
        await asyncio.gather(*readers, *(nap() for _ in range(12)))

    account, report = await account_of(work, budget=10, sites_from=sites_from)
    assert (report.spawned, report.others, report.would_refuse) == (12, 5, 2)
    assert account.counts == {TaskClass.USER: 12, TaskClass.DRIVER: 5}


@virtual
async def test_others_alone_exceed_no_budget():
    async def work():
        await asyncio.gather(*(start_a_reader() for _ in range(30)))

    account, report = await account_of(work, budget=10)
    assert report is None
    assert account.counts == {TaskClass.DRIVER: 30}


@virtual
async def test_users_can_say_that_a_module_is_a_driver():
    async def work():
        await asyncio.gather(*(nap() for _ in range(30)))

    _, report = await account_of(work, budget=10, driver=(__name__,))
    assert report is None


# --- outliving


@virtual
async def test_outlivers_are_the_requests_own_by_function():
    async def work():
        start_a_reader()
        for _ in range(2):
            asyncio.create_task(nap())
        asyncio.create_task(asyncio.wait_for(nap(), 5))

    _, report = await account_of(work)
    assert report.outlived == 3
    assert [(site.function, site.count) for site in report.outlivers] == [("nap", 3)]
    assert (report.over_budget, report.spawned) == (False, 4)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@pytest.mark.parametrize("sites_from", [0, None])
@virtual
async def test_eager_tasks_outlive_and_are_judged_as_others_are(sites_from):
    async def work():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        start_a_reader()
        for _ in range(3):
            asyncio.create_task(nap())
        loop.set_task_factory(None)

    account, report = await account_of(work, budget=2, sites_from=sites_from)
    assert (report.outlived, report.spawned, report.others) == (3, 3, 1)
    assert account.counts == {TaskClass.USER: 3, TaskClass.DRIVER: 1}


# --- the ledger by itself


def test_a_coroutine_of_no_python_code_is_counted_without_a_site():
    class Compiled:
        """As Cython's: a coroutine without a frame."""

    ledger = Ledger(Classifier(Settings()))
    judged = ledger.judge(Compiled(), None, None)
    assert ledger.counts == {judged: 1}
    assert ledger.sites == {}


def test_an_account_asks_its_budget_for_notice_within_the_limit():
    budget = TaskBudget("x", 20)
    Account(Classifier(Settings()), budget, 1000)
    assert budget.notice == 20
    Account(Classifier(Settings()), budget, 3)
    assert budget.mark == budget.notice == 3
