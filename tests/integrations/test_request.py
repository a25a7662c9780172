"""The scope of a request: what it leaves behind, what it inherits, and how it is accounted for."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref

import pytest

from _virtual import forever, passes, virtual
from attach._attached import attached
from snowshed.core import current_scope, open_scope, remaining
from snowshed.core._budget import CURRENT
from snowshed.integrations._request import Policy, RequestScope, watch_requests


def request(name="GET /x", *, timeout=None, budget=3, **policy):
    return RequestScope(name, Policy(budget=budget, **policy), timeout=timeout, budget=budget)


class Note:
    """A watcher that takes every task for the request's own."""

    def __init__(self):
        self.reports = []

    def own(self, tasks):
        return [task for task in tasks if isinstance(task, asyncio.Task) and not task.done()]

    def ended(self, request, outlived):
        self.reports.append((request.name, request.reason, len(outlived)))


@pytest.fixture
def note():
    note = Note()
    watch_requests(lambda request: note)
    yield note
    watch_requests(None)


async def outlive(log, seconds=10**6):
    try:
        await asyncio.sleep(seconds)
    finally:
        log.append(asyncio.get_running_loop().time())


# --- what it leaves behind


@virtual
@pytest.mark.parametrize("how", ["returns", "fails", "is cancelled", "is too late"])
async def test_what_outlives_a_request_is_cancelled_after_the_grace(how):
    log = []

    async def handle():
        async with request(grace=2.0, timeout=1.0) as scope:
            asyncio.create_task(outlive(log))
            await asyncio.sleep(0.5)
            if how == "fails":
                raise LookupError
            if how == "is cancelled":
                scope.cancel("enough")
            if how == "is too late":
                await forever()

    with attached(mode="enforce"):
        await asyncio.gather(asyncio.create_task(handle()), return_exceptions=True)
        await asyncio.sleep(10)
    assert log == [3.0 if how == "is too late" else 2.5]


@virtual
async def test_what_ends_within_the_grace_is_not_touched():
    log = []

    async def handle():
        async with request(grace=2.0):
            asyncio.create_task(outlive(log, 1.5))

    with attached(mode="enforce"):
        await asyncio.create_task(handle())
        await asyncio.sleep(10)
    assert log == [1.5]


@virtual
async def test_detached_work_may_go_on():
    log = []

    async def handle():
        async with request(grace=1.0) as scope:
            scope.detach(outlive, log, 50)

    with attached(mode="enforce") as runtime:
        await asyncio.create_task(handle())
        await asyncio.sleep(100)
    assert log == [50.0]
    assert runtime.statistics().outlived == 0


@virtual
async def test_observed_nothing_that_outlives_is_cancelled():
    log = []

    async def handle():
        async with request(grace=1.0, enforce=False):
            asyncio.create_task(outlive(log, 50))

    with attached() as runtime:
        await asyncio.create_task(handle())
        await asyncio.sleep(100)
    assert log == [50.0]
    assert runtime.statistics().outlived == 1


@virtual
async def test_a_host_that_does_not_end_loses_what_it_waits_for_after_the_grace():
    log = []

    async def handle():
        async with request(grace=2.0) as scope:
            work = asyncio.create_task(outlive(log))
            asyncio.get_running_loop().call_later(1, scope.cancel, "enough")
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work])  # holds on to it

    with attached(mode="enforce"):
        await asyncio.create_task(handle())
    assert log == [3.0]


@virtual
async def test_a_request_that_was_ended_is_not_kept_for_its_grace(note):
    class Info:
        pass

    async def handle():
        scope = request(grace=60.0)
        scope.info = Info()
        gone.append(weakref.ref(scope.info))
        async with scope:
            scope.cancel("enough")
            await forever()

    gone = []
    await asyncio.create_task(handle())
    gc.collect()
    assert gone[0]() is None


def test_a_request_that_is_thrown_away_after_its_loop_says_nothing(note):
    """At the end of a program coroutines are closed when there is no loop any more."""

    async def handle():
        async with request():
            asyncio.create_task(passes(2))
            await asyncio.get_running_loop().create_future()

    async def main():
        return asyncio.create_task(handle())

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # of asyncio: the task was pending
    task = loop.run_until_complete(main())
    for _ in range(5):
        loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    task.get_coro().close()
    assert len(note.reports) == 1


# --- what it inherits


@virtual
async def test_the_next_request_of_a_connection_inherits_nothing_from_the_former():
    """python/cpython#140947: its task may be made in the context of one that has not ended."""
    seen = []

    async def second():
        async with request("second", budget=5):
            seen.append((current_scope().name, remaining(), CURRENT.get().parent))
            for _ in range(5):
                current_scope().spawn_nowait(asyncio.sleep, 1)

    async def first():
        async with request("first", timeout=9.0, budget=1) as scope:
            task = asyncio.create_task(second(), context=contextvars.copy_context())
            await asyncio.sleep(0.5)
            seen.append(scope.statistics().live)
            await asyncio.sleep(1)
        await task

    await asyncio.create_task(first())
    assert seen == [("second", None, None), 0]


@virtual
async def test_a_request_inside_a_scope_of_its_own_task_counts_in_both():
    around, inside = open_scope("around", budget=2, timeout=5), request("inside", budget=9)
    async with around, inside:
        await inside.spawn(forever)
        assert around.statistics().live == inside.statistics().live == 1
        assert remaining() == pytest.approx(5)
        inside.cancel("enough")


# --- phases


@virtual
async def test_a_deadline_holds_until_the_response_begins():
    async with request(timeout=1.0) as scope:
        assert remaining() == pytest.approx(1.0)
        scope.begin_response()
        assert remaining() is None
        await asyncio.sleep(5)
        scope.begin_response()
    assert scope.reason is None


@virtual
async def test_tasks_that_live_at_the_response_are_counted_without_those_of_others():
    async with request(budget=20, after_budget=7) as scope:
        assert scope.live_at_response == 0
        tasks = [await scope.spawn(asyncio.sleep, 1) for _ in range(3)]
        scope.end_response()
        assert scope.live_at_response == 3
        assert scope.statistics().budget == 7
        await asyncio.wait(tasks)
        scope.end_response()
    scope.end_response()
    assert scope.live_at_response == 3


# --- accounts


@virtual
async def test_each_request_is_reported_once_however_it_ends(note):
    async def handle(end):
        async with request(timeout=1.0) as scope:
            if end == "fails":
                raise LookupError("x")
            if end == "cancel":
                scope.cancel("enough")
            await asyncio.sleep(0 if end == "ok" else 9)

    for end in ("ok", "fails", "cancel", "late"):
        await asyncio.gather(asyncio.create_task(handle(end)), return_exceptions=True)
    assert [reason for _, reason, _ in note.reports] == [
        None,
        "scope 'GET /x' failed: LookupError('x')",
        "enough",
        "the deadline of scope 'GET /x' passed",
    ]


@virtual
async def test_without_a_watcher_nothing_is_accounted_for():
    async with request() as scope:
        assert scope.watcher is None
        asyncio.create_task(asyncio.sleep(0))
        await passes()
    assert scope.statistics().spawned == 0
