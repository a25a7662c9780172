"""Freeing tasks that wait, through others, for themselves.

A awaits b, and b awaits a. asyncio allows it, both wait for ever, and nothing that asyncio offers
gets them out: `Task.cancel` asks whatever the task waits for to be cancelled, which asks what that
one waits for, around and around until a `RecursionError`. So `asyncio.run` cannot even shut down.

What does get them out is to wake one of them as if what it awaits had failed. Its ``await`` raises,
its ``finally`` blocks run, it ends or goes on as its code says, and the others see what comes of
it, as they would have anyway. That is done with the callback that the task itself has left with
what it awaits, so the task cannot tell it from a real failure.

Nothing here runs by itself. It changes what a program does, so somebody has to ask for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextvars import Context
from typing import Any, TypeAlias

from snowshed.errors import WouldDeadlock
from snowshed.observe._snapshot._cycles import cycles
from snowshed.observe._snapshot._futures import GATHERED

logger = logging.getLogger("snowshed.waits")

_Task: TypeAlias = "asyncio.Task[Any]"
# Checking a ring once more is done in the loop, which must not be held up by it.
_RING_AT_MOST = 1_000
_NAMED_AT_MOST = 8


def await_cycles(tasks: Iterable[_Task]) -> list[tuple[_Task, ...]]:
    """Find tasks that can only be ended by one another.

    Edges that count are those that asyncio itself shows: a task that awaits a task, directly or
    with `asyncio.gather`. A ring that a member of it may leave on its own, since it gathers another
    task too, is none; neither is one through a lock or a queue, or through `asyncio.wait_for`
    before Python 3.12: it can be cancelled.

    Args:
        tasks: all that may be part of a cycle, of one loop.

    Returns:
        The members of each. They may have changed as soon as this returns, unless it was called in
        the thread of their loop.

    Cost: O(tasks), about 1 us each. Changes nothing.
    """
    known = list(tasks)
    numbers = {id(task): number for number, task in enumerate(known)}
    # What is not among the tasks gets a number of its own, which leads nowhere.
    edges = {
        number: [numbers.get(id(each), -1) for each in _awaited_by(task)]
        for number, task in enumerate(known)
    }
    return [
        tuple(known[number] for number in group)
        for group in cycles(edges)
        if _is_closed(group, edges)
    ]


def break_cycles(loop: asyncio.AbstractEventLoop, tasks: Iterable[_Task]) -> Future[int]:
    """Free the tasks that only wait for one another, by failing one ``await`` of each cycle.

    That ``await`` raises `WouldDeadlock`. Each cycle is looked at once more in the thread of the
    loop, right before that, and left alone if it is none any more. What was done is logged as a
    warning by ``snowshed.waits``.

    Args:
        loop: the loop of the tasks.
        tasks: all that may be part of a cycle. Looked through in the calling thread, which may be
            any; the loop sees only the cycles that were found, one in each pass.

    Returns:
        How many cycles were broken, once the loop has got to it; there is no answer if it is
        stopped or closed before that, so whoever waits in another thread needs a timeout.

    Raises:
        RuntimeError: the loop is closed.
    """
    rings: list[tuple[_Task, ...]] = []
    for ring in await_cycles(tasks):
        if len(ring) <= _RING_AT_MOST:
            rings.append(ring)
        else:
            logger.warning(
                "an await cycle of %d tasks is left alone: at most %d", len(ring), _RING_AT_MOST
            )
    broken: Future[int] = Future()
    loop.call_soon_threadsafe(_break_next, loop, rings, broken, 0)
    return broken


def may_be_in_cycle(task: asyncio.Task[Any]) -> bool:
    """Tell whether ``task`` waits for tasks; only such can be part of a cycle. Costs 0.1 us."""
    return isinstance(_waits_for(task), (asyncio.Task, GATHERED))


def _is_closed(group: Sequence[int], edges: Mapping[int, Collection[int]]) -> bool:
    inside = set(group)
    return all(inside.issuperset(edges[number]) for number in group)


def _break_next(
    loop: asyncio.AbstractEventLoop,
    rings: list[tuple[_Task, ...]],
    broken: Future[int],
    so_far: int,
) -> None:
    if not rings:
        if broken.set_running_or_notify_cancel():
            broken.set_result(so_far)
        return
    ring = rings.pop()
    try:
        for still in await_cycles(ring):
            so_far += _break(still)
    except Exception:
        logger.exception("an await cycle could not be broken: %s", _named(ring))
    loop.call_soon(_break_next, loop, rings, broken, so_far)


def _break(ring: Sequence[_Task]) -> bool:
    # Of a `gather`, the others that it gathers would be left behind.
    chosen = min(ring, key=lambda task: not isinstance(_waits_for(task), asyncio.Task))
    wakeup = _take_wakeup(chosen)
    if wakeup is None:
        logger.warning(
            "an await cycle cannot be broken: nothing tells how its tasks are woken: %s",
            _named(ring),
        )
        return False
    wake, context = wakeup
    others = "itself" if len(ring) == 1 else _named([task for task in ring if task is not chosen])
    failed: asyncio.Future[Any] = chosen.get_loop().create_future()
    failed.set_exception(
        WouldDeadlock(
            f"task {_name_of(chosen)} awaits, perhaps through others, itself: {others}",
            "have it not await what awaits it; hand the result over through a future",
        )
    )
    logger.warning(
        "broke an await cycle of %d tasks, which wait for each other for ever: %s; "
        "the await of task %s raises WouldDeadlock",
        len(ring),
        _named(ring),
        _name_of(chosen),
    )
    context.run(wake, failed)
    return True


def _take_wakeup(task: _Task) -> tuple[Callable[[asyncio.Future[Any]], object], Context] | None:
    """Take back the callback that a task left with what it waits for."""
    waits_for = _waits_for(task)
    for callback, context in getattr(waits_for, "_callbacks", None) or ():
        if getattr(callback, "__self__", None) is task:
            waits_for.remove_done_callback(callback)
            return callback, context
    return None


def _waits_for(task: _Task) -> Any:
    return getattr(task, "_fut_waiter", None)


def _awaited_by(task: _Task) -> Sequence[asyncio.Future[Any]]:
    waits_for = _waits_for(task)
    if isinstance(waits_for, asyncio.Task):
        return [waits_for]
    if isinstance(waits_for, GATHERED):
        return [child for child in waits_for._children if not child.done()]
    return []


def _name_of(task: _Task) -> str:
    try:
        return repr(task.get_name())
    except Exception:  # noqa: BLE001 - a task of the service's own kind may raise anything
        return f"<without a name at {id(task):#x}>"


def _named(tasks: Sequence[_Task]) -> str:
    names = ", ".join(map(_name_of, tasks[:_NAMED_AT_MOST]))
    more = len(tasks) - _NAMED_AT_MOST
    return f"{names} and {more} more" if more > 0 else names
