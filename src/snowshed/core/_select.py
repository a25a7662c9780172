"""Wait for whichever of several operations can be done first, and do exactly that one.

A task that must read from two channels cannot just await the first: while it waits there, the
second may have had an element for an hour. Two helper tasks and `asyncio.wait` look like a way
out; they cost two tasks for each element, and lose one whenever both are done and only one is
looked at.
`select` waits in all places at once and takes from one of them::

    match await select(orders.on_receive(), results.on_send(answer), timeout=1.0):
        case 0, order:
            await handle(order)
        case 1, _:
            answer = await next_answer()
        case None, _:
            log.info("idle for a second")

Prior art and the choices made
------------------------------
*Go* picks at random among the clauses that are ready; *Kotlin* takes the first of them, and has
``selectUnbiased`` for the other rule. Bias is the more useful default: it says "the stop signal
before more work" by mere order, and the same program does the same thing twice. A clause that is
always ready then starves those after it, hence ``unbiased=True``.

*Go's* ``default`` is ``timeout=0`` here: what can be done at once is done, or nothing is. That the
time is over is one of the outcomes a `select` is written to tell apart, so it is an index (None)
and not an exception, as ``case <-time.After(d)`` in Go and ``onTimeout`` in Kotlin.

*A closed channel* in a clause raises what the plain operation would raise, and the other clauses
are left alone. Go's rule (a closed channel is always ready with a zero value) makes loops spin when
one forgets to test for it. Where the end is just one more event, say so:
``orders.on_receive(at_end=None)`` gives None instead, as ``next(iterator, None)`` does, and the
loop drops that clause.

*Atomicity* comes from one future that all clauses of a `select` share: whoever completes one
operation sets it, and from that instant no other channel sees a live waiter. No lock order is
needed, so two selects that face each other in opposite order cannot livelock, and a `select` that
both sends to and receives from one channel cannot meet itself; Kotlin's first algorithm had both
faults.

*Cancellation.* A cancelled `select` has received nothing: an element reserved for it goes to the
next receiver. It has sent nothing either, unless a receiver took the element in the very instant
before the cancellation arrived; what was received cannot be unreceived. An element that was not
sent still belongs to the caller and is never reported as undelivered.

Rejected: a dictionary of callbacks (Kotlin's builder), because Python lambdas cannot await;
channel pairs instead of clause objects (aiochan's ``(channel, value)`` tuples), because they cannot
be typed; an exception for the time-out, see above.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Sequence
from contextvars import Context
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from snowshed.core import _clock
from snowshed.core._channel._waiters import NOTHING, Turn, Waiter

if TYPE_CHECKING:
    from snowshed.core._channel import Clause

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


@overload
async def select(
    first: Clause[A],
    second: Clause[B],
    /,
    *,
    timeout: None = None,
    deadline: None = None,
    unbiased: bool = False,
) -> tuple[Literal[0], A] | tuple[Literal[1], B]: ...
@overload
async def select(
    first: Clause[A],
    second: Clause[B],
    /,
    *,
    timeout: float | None = None,
    deadline: float | None = None,
    unbiased: bool = False,
) -> tuple[Literal[0], A] | tuple[Literal[1], B] | tuple[None, None]: ...
@overload
async def select(
    first: Clause[A],
    second: Clause[B],
    third: Clause[C],
    /,
    *,
    timeout: None = None,
    deadline: None = None,
    unbiased: bool = False,
) -> tuple[Literal[0], A] | tuple[Literal[1], B] | tuple[Literal[2], C]: ...
@overload
async def select(
    first: Clause[A],
    second: Clause[B],
    third: Clause[C],
    /,
    *,
    timeout: float | None = None,
    deadline: float | None = None,
    unbiased: bool = False,
) -> tuple[Literal[0], A] | tuple[Literal[1], B] | tuple[Literal[2], C] | tuple[None, None]: ...
@overload
async def select(
    *clauses: Clause[A],
    timeout: None = None,
    deadline: None = None,
    unbiased: bool = False,
) -> tuple[int, A]: ...
@overload
async def select(
    *clauses: Clause[A],
    timeout: float | None = None,
    deadline: float | None = None,
    unbiased: bool = False,
) -> tuple[int, A] | tuple[None, None]: ...
async def select(
    *clauses: Clause[Any],
    timeout: float | None = None,
    deadline: float | None = None,
    unbiased: bool = False,
) -> tuple[Any, Any]:
    """Do exactly one of ``clauses``: the first that is possible, or the first that becomes so.

    Costs one attempt per clause when something is possible at once, and one place in line per
    clause otherwise. The semantics are those of Kotlin's ``select`` with Go's names.

    Args:
        clauses: operations, most urgent first. With two or three clauses the checker knows which
            value belongs to which index; with more, or with a list, all values have one type.
        timeout: seconds to wait; 0 does what can be done at once and never waits.
        deadline: time on the monotonic clock (`time.monotonic`) until which to wait; a deadline
            that has passed counts as ``timeout=0``. With both, the earlier one holds.
        unbiased: try the clauses in random order, so that none can starve the others.

    Returns:
        The index of the clause that was done and its value (the element for a receive, None for a
        send), or ``(None, None)`` when the time was over first; then nothing was done.

    Raises:
        EndOfChannel: a receiving clause was tried whose channel has ended; if it was closed with a
            cause, that cause.
        ClosedResourceError: a clause was tried whose channel was closed on its own side or
            cancelled by its receivers.
        ValueError: ``timeout`` is negative or not a number, or there is nothing to wait for.
    """
    wait = _time_left(timeout, deadline)
    if not clauses and wait is None:
        msg = "select() without a clause and without a timeout would wait for ever"
        raise ValueError(msg)
    if any(clause.must_rest() for clause in clauses):
        await asyncio.sleep(0)
    order = list(enumerate(clauses))
    if unbiased:
        random.shuffle(order)
    for index, clause in order:
        value = clause.attempt()
        if value is not NOTHING:
            return index, value
    if wait is not None and wait <= 0:
        await asyncio.sleep(0)  # who polls in a loop waits for others to act: let them
        return None, None
    return await _first_of(order, wait)


def _time_left(timeout: float | None, deadline: float | None) -> float | None:
    if timeout is not None and not timeout >= 0:
        msg = f"timeout must be 0 or more seconds, got {timeout!r}"
        raise ValueError(msg)
    if deadline is not None:
        left = deadline - _clock.now()
        timeout = left if timeout is None else min(timeout, left)
    return None if timeout == math.inf else timeout


async def _first_of(
    order: Sequence[tuple[int, Clause[Any]]], wait: float | None
) -> tuple[int | None, Any]:
    turn: Turn = asyncio.Future()
    waiters = [(index, clause, clause.park(turn)) for index, clause in order]
    timer = None if wait is None else _wake_after(wait, turn)
    winner: Waiter[Any] | None = None
    try:
        winner = await turn
    finally:
        if timer is not None:
            timer.cancel()
        for _, clause, waiter in waiters:
            if waiter is not winner:
                clause.leave(waiter)
    return next(
        ((index, clause.finish(winner)) for index, clause, waiter in waiters if waiter is winner),
        (None, None),
    )


def _wake_after(seconds: float, turn: Turn) -> asyncio.TimerHandle:
    # An empty context: a cancelled timer stays in the loop's heap until it is due, and would keep
    # the context of the whole request alive so long.
    return turn.get_loop().call_later(seconds, _time_over, turn, context=Context())


def _time_over(turn: Turn) -> None:
    if not turn.done():
        turn.set_result(None)
