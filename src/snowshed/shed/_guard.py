"""What a circuit breaker, a throttle and a whole target have in common: they let a call go, or not.

A client that calls something needs two moments of each guard: *before* the call, to be told whether
it may be made, and *after* it, to tell how it went. Those two are `Guard.admit` and `Permit`, so a
client library is guarded by code that knows nothing of breakers::

    permit = guard.admit()  # raises CircuitOpen or Overloaded: nothing was sent
    try:
        response = await send(request)
    except BaseException as error:
        permit.end(error)
        raise
    permit.fail() if response.status >= 500 else permit.succeed()

Three traps that guards elsewhere fell into are closed here, once for all of them:

1. *A permit that nobody ends.* The task was cancelled between two awaits, a generator was thrown
   away. Such a permit ends itself when it is collected, so that no place stays taken.
2. *A permit that is ended twice.* The response fails after its status was good. The first word
   counts.
3. *Blaming the target for our own haste.* A client that gives each request one millisecond would
   open everybody's circuit. When our deadline ended the call, the guard is told that, and only that
   (`Permit.expire`); it blames the target if the call had the time in which calls succeed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

from snowshed.core import remaining
from snowshed.errors import DeadlineExceeded, SnowshedError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = [
    "Counts",
    "Guard",
    "GuardedCall",
    "Judge",
    "Outcome",
    "Patience",
    "Permit",
    "counts_by_default",
]

Outcome = Literal["succeeded", "failed", "ignored", "expired"]
Counts = Callable[[BaseException], bool]

# A client library that was given what is left as its timeout raises about as it is over.
EPSILON = 0.001
LEARNING = 0.1

logger = logging.getLogger("snowshed.shed")


class Guard(Protocol):
    """Says whether a call may be made: a `CircuitBreaker`, an `AdaptiveThrottle`, a `Target`."""

    def admit(self) -> Permit:
        """Return a permit for one call, at once.

        Raises:
            CircuitOpen: a circuit is open.
            Overloaded: the call was throttled; ``reason`` is ``throttled``.
        """
        ...


def counts_by_default(error: BaseException) -> bool:
    """Tell whether ``error`` says something about the target: each `Exception` but our refusals.

    What snowshed itself refused in this process (`BudgetExceeded`, `Overloaded`, the `CircuitOpen`
    of something further down) was no fault of the target. Cancellations, `KeyboardInterrupt` and
    the like are no `Exception`.
    """
    return isinstance(error, Exception) and not isinstance(error, SnowshedError)


class Permit:
    """The leave to make one call, which wants to be told how the call went.

    Exactly one of the methods counts: the first. A permit that is dropped without any counts as
    ignored. They never raise.

    Attributes:
        probe: True if the call tests whether the target has recovered.
    """

    __slots__ = ("_counts", "_settle", "probe")

    def __init__(
        self,
        settle: Callable[[Outcome], object],
        *,
        counts: Counts = counts_by_default,
        probe: bool = False,
    ) -> None:
        self._settle: Callable[[Outcome], object] | None = settle
        self._counts = counts
        self.probe = probe

    def succeed(self) -> None:
        """The target did what it was asked; a wrong request that it refused is a success too."""
        self._end("succeeded")

    def fail(self) -> None:
        """The target did not do what it was asked, and that was its fault."""
        self._end("failed")

    def ignore(self) -> None:
        """The call says nothing about the target; it gives its place back and is not counted."""
        self._end("ignored")

    def expire(self) -> None:
        """Our own deadline ended the call.

        A failure if the call had at least the time in which calls succeed; ignored otherwise.
        """
        self._end("expired")

    def end(self, error: BaseException | None) -> None:
        """Say how the call went from what it raised, None being a success.

        An error as our deadline passes is `expire`; one that counts is `fail`; any other `ignore`.
        """
        if error is None:
            self._end("succeeded")
        elif self._settle is not None:
            self._end(outcome_of(error, self._counts, remaining()))

    def _end(self, outcome: Outcome) -> None:
        settle, self._settle = self._settle, None
        if settle is not None:
            settle(outcome)

    def __del__(self) -> None:
        self._end("ignored")

    def __repr__(self) -> str:
        state = "ended" if self._settle is None else "probe" if self.probe else "out"
        return f"<Permit: {state}>"


def outcome_of(error: BaseException, counts: Counts, left: float | None) -> Outcome:
    """Return what ``error`` means for the target, ``left`` seconds before our deadline."""
    if isinstance(error, (Exception, asyncio.CancelledError)) and (
        isinstance(error, DeadlineExceeded) or (left is not None and left <= EPSILON)
    ):
        return "expired"
    return "failed" if counts(error) else "ignored"


class Judge:
    """Asks somebody's predicate what an error means; one that fails itself is asked no more.

    It is logged once, and from then on errors count as they do by default.
    """

    __slots__ = ("_counts", "_owner")

    def __init__(self, counts: Counts, owner: str) -> None:
        self._counts = counts
        self._owner = owner

    def __call__(self, error: BaseException) -> bool:
        try:
            return self._counts(error)
        except Exception:
            self._counts = counts_by_default
            logger.exception("%s: `counts` failed and was replaced by the default", self._owner)
            return counts_by_default(error)


class Patience:
    """How long calls take that succeed, to judge those that our deadline ended.

    A moving mean of about the last ten. The mean and not something larger: a target that hangs has
    to be noticed by callers with little time too. And not something smaller: of calls that get the
    mean at least, about half succeed, so that short deadlines alone do not open a circuit whose
    failure rate is one half.

    Attributes:
        typical: seconds; None before the first.
    """

    __slots__ = ("typical",)

    def __init__(self) -> None:
        self.typical: float | None = None

    def learn(self, took: float) -> None:
        """Note that a call succeeded after ``took`` seconds."""
        typical = self.typical
        self.typical = took if typical is None else typical + LEARNING * (took - typical)

    def blames(self, outcome: Outcome, took: float) -> bool:
        """Tell whether a call that took ``took`` seconds counts as a failure of the target."""
        had_time = self.typical is None or took >= self.typical
        return outcome == "failed" or (outcome == "expired" and had_time)


class GuardedCall:
    """A block of code that is one guarded call; each use is an object of its own.

    ``async with`` admits on entry, raising what `Guard.admit` raises, and ends the permit with what
    the block raised.
    """

    __slots__ = ("_guard", "_permit")

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def __aenter__(self) -> Permit:
        self._permit = self._guard.admit()
        return self._permit

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._permit.end(error)
