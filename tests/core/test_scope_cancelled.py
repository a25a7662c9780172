"""A scope whose host is cancelled from outside, interrupted, or thrown away, in every phase."""

from __future__ import annotations

import asyncio
import contextlib
import sys

import pytest

from _virtual import cancelled_at, fail, forever, passes, stubborn, virtual
from snowshed.core import current_scope, open_scope
from snowshed.core._host import COUNT_IS_EXACT
from snowshed.errors import DeadlineExceeded
from snowshed.testing import run_virtual


@virtual
async def test_a_cancellation_from_outside_in_the_block_ends_the_children_and_passes():
    children = []

    async def request():
        async with open_scope("x") as scope:
            children.append(await scope.spawn(forever))
            await forever()

    assert (await cancelled_at(1, request())).cancelled()
    assert children[0].cancelled()


@virtual
async def test_a_cancellation_from_outside_while_leaving_ends_the_children_and_passes():
    children = []

    async def request():
        async with open_scope("x") as scope:
            children.append(await scope.spawn(forever))
        raise AssertionError("not reached")

    task = await cancelled_at(1, request())
    assert task.cancelled()
    assert children[0].cancelled()


@virtual
async def test_each_further_cancellation_while_leaving_reaches_the_children_again():
    async def request():
        async with open_scope("x") as scope:
            await scope.spawn(stubborn, 100)

    task = asyncio.create_task(request())
    loop = asyncio.get_running_loop()
    loop.call_later(1, task.cancel)
    loop.call_later(2, task.cancel)
    await asyncio.wait([task])
    assert task.cancelled()
    assert loop.time() == 2
    assert task.cancelling() == 2


@pytest.mark.skipif(not COUNT_IS_EXACT, reason="nothing shows it before Python 3.13")
@virtual
async def test_a_cancellation_from_outside_that_the_block_swallowed_is_raised_when_it_ends():
    async def request():
        async with open_scope("x"):
            await stubborn(5)
        raise AssertionError("not reached")

    assert (await cancelled_at(1, request())).cancelled()


@virtual
async def test_a_task_group_that_fails_while_it_waits_is_no_cancellation_from_outside():
    """Before Python 3.13 it leaves its own behind in the count of its task."""

    async def grouped(caught):
        async with open_scope("x", timeout=5):
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail(LookupError("mine")))
            except* LookupError:
                if not caught:
                    raise
            if caught == "and waits on":
                await forever()
        return "done"

    with pytest.raises(ExceptionGroup, match="TaskGroup"):
        await asyncio.create_task(grouped(caught=""))
    assert await asyncio.create_task(grouped(caught="and goes on")) == "done"
    with pytest.raises(DeadlineExceeded):
        await asyncio.create_task(grouped(caught="and waits on"))


@virtual
async def test_a_block_that_gave_the_cancellation_back_goes_on():
    async def request():
        async with open_scope("x") as scope:
            try:
                await forever()
            except asyncio.CancelledError:
                asyncio.current_task().uncancel()
            return await (await scope.spawn(asyncio.sleep, 1, "done"))

    assert (await cancelled_at(1, request())).result() == "done"


@virtual
async def test_a_cancellation_from_before_the_scope_is_not_taken_for_a_new_one():
    async def request():
        try:
            await forever()
        except asyncio.CancelledError:
            async with open_scope("clean-up") as scope:
                await scope.spawn(asyncio.sleep, 1)
            async with open_scope("clean-up") as scope:
                scope.cancel("enough")
                await forever()
            return asyncio.current_task().cancelling()

    assert (await cancelled_at(1, request())).result() == 1


@virtual
async def test_an_outside_cancellation_goes_before_a_failure_which_is_kept():
    scopes = []

    async def request():
        async with open_scope("x") as scope:
            scopes.append(scope)
            await scope.spawn(fail, LookupError("child"), 1)
            await stubborn(10)

    task = await cancelled_at(2, request())
    assert task.cancelled()
    assert [str(error) for error in scopes[0].errors] == ["child"]


@virtual
async def test_an_outside_cancellation_goes_before_an_error_of_the_clean_up():
    async def request():
        async with open_scope("x"):
            try:
                await forever()
            finally:
                raise LookupError("clean-up")

    task = asyncio.create_task(request())
    await passes()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert isinstance(caught.value.__context__, LookupError)


@virtual
async def test_failure_deadline_and_outside_cancellation_at_once():
    """Whoever cancelled gets the CancelledError; every request of ours to cancel is given back."""
    counts = []

    async def request(timeout, failure):
        try:
            async with open_scope("x", timeout=timeout) as scope:
                await scope.spawn(fail, LookupError(), failure)
                await forever()
        finally:
            counts.append(asyncio.current_task().cancelling())

    for timeout, failure in ((1, 1), (1, 0.5), (0.5, 1), (2, 2)):
        task = await cancelled_at(1, request(timeout, failure))
        if failure < 1:
            assert isinstance(task.exception(), LookupError)
        elif timeout < 1:
            assert isinstance(task.exception(), DeadlineExceeded)
        else:
            assert task.cancelled()
    assert counts == [1, 0, 0, 1]


@virtual
async def test_outside_cancellation_during_the_clean_up_after_a_failure():
    async def request():
        async with open_scope("x") as scope:
            await scope.spawn(stubborn, 10)
            await scope.spawn(fail, LookupError(), 1)

    task = await cancelled_at(2, request())
    assert task.cancelled()
    assert asyncio.get_running_loop().time() == 2


@virtual
async def test_a_cancelled_error_that_the_block_raised_itself_is_not_ours_to_swallow():
    async def request():
        async with open_scope("x") as scope:
            child = await scope.spawn(forever)
            await passes()
            child.cancel()
            await child

    task = asyncio.create_task(request())
    await asyncio.wait([task])
    assert task.cancelled()


@virtual
async def test_of_two_scopes_that_end_one_after_the_other_each_gives_its_own_back():
    """The first cancellation was swallowed; the second must not be taken for its remains."""
    async with open_scope("outer", timeout=2) as outer:
        async with open_scope("inner") as inner:
            asyncio.get_running_loop().call_later(1, inner.cancel, "first")
            await stubborn(0)
            asyncio.get_running_loop().call_later(0, outer.cancel, "second")
            await forever()
        raise AssertionError("not reached")
    assert asyncio.current_task().cancelling() == 0


@virtual
async def test_cancelled_before_the_block_has_begun():
    async def request():
        async with open_scope("x"):
            await forever()

    task = asyncio.create_task(request())
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


def test_a_keyboard_interrupt_in_a_child_stops_the_program():
    started = []

    async def interrupted():
        raise KeyboardInterrupt

    async def main():
        async with open_scope("x") as scope:
            started.append(await scope.spawn(forever))
            await scope.spawn(interrupted)
            await forever()

    with pytest.raises(KeyboardInterrupt):
        run_virtual(main())
    assert started[0].cancelled()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_stops_the_program_goes_before_failures_and_cancellations(kind):
    scopes = []

    async def main():
        async with open_scope("x") as scope:
            scopes.append(scope)
            await scope.spawn(fail, LookupError("first"), 1)
            try:
                await forever()
            finally:
                asyncio.current_task().cancel()
                raise kind

    with pytest.raises(kind):
        run_virtual(main())
    assert [str(error) for error in scopes[0].errors] == ["first"]


@pytest.mark.allow_task_leaks(reason="a task finds that its coroutine was thrown away")
def test_a_coroutine_that_is_thrown_away_in_the_block_does_not_wait():
    children = []

    async def request():
        async with open_scope("x") as scope:
            children.append(await scope.spawn(forever))
            await asyncio.get_running_loop().create_future()

    loop = asyncio.new_event_loop()
    coro = request()
    task = loop.create_task(coro)
    loop.run_until_complete(asyncio.wait([task], timeout=0.001))
    coro.close()
    assert children[0].cancelling()
    assert current_scope() is None
    task.cancel()
    loop.run_until_complete(asyncio.wait([task, *children]))
    loop.close()


@pytest.mark.allow_task_leaks(reason="a task finds that its coroutine was thrown away")
@pytest.mark.parametrize("ended", ["failed", "cancelled"])
def test_a_coroutine_that_is_thrown_away_goes_whatever_ended_its_scope_before(ended):
    async def request():
        async with open_scope("x") as scope:
            if ended == "failed":
                await scope.spawn(fail, LookupError())
            with contextlib.suppress(asyncio.CancelledError):
                await forever()
            await asyncio.get_running_loop().create_future()

    loop = asyncio.new_event_loop()
    coro = request()
    task = loop.create_task(coro)
    loop.run_until_complete(asyncio.sleep(0))
    if ended == "cancelled":
        task.cancel()
    loop.run_until_complete(asyncio.wait([task], timeout=0.001))
    coro.close()
    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))
    loop.close()


@pytest.mark.allow_task_leaks(reason="a task finds that its coroutine was thrown away")
def test_a_coroutine_that_is_thrown_away_while_leaving_lets_its_children_go():
    children = []

    async def request():
        async with open_scope("x") as scope:
            children.append(await scope.spawn(forever))

    loop = asyncio.new_event_loop()
    coro = request()
    task = loop.create_task(coro)
    loop.run_until_complete(asyncio.wait([task], timeout=0.001))
    coro.close()
    assert children[0].cancelling()
    task.cancel()
    loop.run_until_complete(asyncio.wait([task, *children]))
    loop.close()


@virtual
async def test_an_async_generator_that_is_closed_waits_for_its_tasks():
    children = []

    async def stream():
        async with open_scope("x") as scope:
            children.append(await scope.spawn(stubborn, 3))
            await passes()
            yield 1
            yield 2

    numbers = stream()
    assert await anext(numbers) == 1
    await numbers.aclose()
    assert children[0].done()
    assert asyncio.get_running_loop().time() == 3


@virtual
async def test_a_scope_left_in_another_context_than_entered_leaves_no_scope_behind():
    """As fixtures do, that are generators driven by different tasks."""
    scope = open_scope("x")
    task = asyncio.create_task(scope.__aenter__())
    await task
    await scope.__aexit__(None, None, None)
    assert current_scope() is None


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@virtual
async def test_an_eager_child_that_ends_the_scope_leaves_no_cancellation_behind():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)

    async def end(scope):
        scope.cancel("enough")

    async with open_scope("x") as scope:
        await scope.spawn(end, scope)
    await asyncio.sleep(1)
