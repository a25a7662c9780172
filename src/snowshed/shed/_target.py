"""Everything that guards the calls to one downstream, in one object.

Breaker, throttle and retry budget each help alone and can harm together: a retry that is counted as
a request earns further retries, a throttle that still thinks of the outage holds back the probes
that would end it, a retry into an open circuit hides the error that opened it. A target knows all
three and keeps them out of each other's way:

- The breaker is asked first. A probe of it is not held back by the throttle, and when probes have
  closed the circuit the throttle forgets the outage.
- A request counts once, however often it is tried, and only if it was let through.
- A retry that the breaker refuses leaves the caller with the error of the attempt before it.
"""

from __future__ import annotations

import asyncio
import functools
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from snowshed.core import _clock, remaining
from snowshed.core._coroutine import call
from snowshed.errors import CircuitOpen, Overloaded
from snowshed.shed import _figures
from snowshed.shed._breaker import BreakerStatistics, CircuitBreaker
from snowshed.shed._final import mark_final, note_final
from snowshed.shed._guard import Counts, GuardedCall, Outcome, Permit, counts_by_default
from snowshed.shed._retries import Backoff, RetryBudget, RetryStatistics, may_help

if TYPE_CHECKING:
    from snowshed.shed._throttle import AdaptiveThrottle, ThrottleStatistics

__all__ = [
    "Target",
    "TargetStatistics",
    "Targets",
    "TargetsStatistics",
    "shared_targets",
    "target",
]

T = TypeVar("T")
BACKOFF = Backoff()


@dataclass(frozen=True, slots=True)
class TargetStatistics:
    """What the guards of a `Target` looked like at one moment; None for those that it lacks.

    Attributes:
        name: of the target.
        breaker: of its circuit breaker.
        throttle: of its throttle.
        retries: of its retry budget.
    """

    name: str
    breaker: BreakerStatistics | None
    throttle: ThrottleStatistics | None
    retries: RetryStatistics | None


class Target:
    """One downstream and its guards; is itself a `Guard`.

    ::

        prices = Target("prices", breaker=CircuitBreaker("prices"), retries=RetryBudget("prices"))

        async with prices.call():  # one call, guarded
            await ask()
        await prices.run(ask, "tea", attempts=3)  # retried within the budget

    A call must pass its guards once: a function that is given to `run` uses a client that does not
    ask the same target again. One loop, not thread-safe; a call costs under 20 microseconds.

    Args:
        name: of the downstream, for errors, statistics and metrics.
        breaker: its circuit breaker, if any; its ``counts`` says which errors count.
        throttle: its throttle, if any; without a breaker its ``counts`` is asked.
        retries: its retry budget. Without one `run` never retries: there is no retrying without a
            bound.
    """

    def __init__(
        self,
        name: str,
        *,
        breaker: CircuitBreaker | None = None,
        throttle: AdaptiveThrottle | None = None,
        retries: RetryBudget | None = None,
    ) -> None:
        self.name = name
        self.breaker = breaker
        self.throttle = throttle
        self.retries = retries
        first = breaker or throttle
        self._counts: Counts = counts_by_default if first is None else first.counts

    def admit(self) -> Permit:
        """Return a permit for one call, which wants to be told how the call went.

        Raises:
            CircuitOpen: the circuit is open.
            Overloaded: the call was held back; ``reason`` is ``throttled``.
        """
        permit = self._admit()
        if self.retries is not None:
            self.retries.request()
        return permit

    def call(self) -> GuardedCall:
        """Return a block, for ``async with``, that is one guarded call.

        Raises:
            CircuitOpen: on entry, if the circuit is open.
            Overloaded: on entry, if the call was held back.
        """
        return GuardedCall(self)

    async def run(
        self,
        fn: Callable[..., Coroutine[Any, Any, T]],
        *args: Any,
        attempts: int = 3,
        backoff: Backoff = BACKOFF,
    ) -> T:
        """Return what ``await fn(*args)`` returns, trying again where that may help.

        Only for what may be done twice; an answer that is a failure has to be raised. An attempt
        follows on one that failed in a way that counts, within the retry budget, and if the time
        that is left until the deadline is enough for the pause and for another attempt as long as
        the last one. After that the error of the last attempt is raised, marked so that no `Target`
        further up retries it once more, in this service or in those that wait for its answer.

        Args:
            fn: an async function.
            args: its arguments.
            attempts: how often it is called at most, the first time included.
            backoff: how long to wait between attempts.

        Raises:
            CircuitOpen: the circuit is open before the first attempt; never retried.
            Overloaded: the first attempt was held back; never retried.
            TypeError: ``fn`` is no async function.
            ValueError: ``attempts`` is not 1 or more.
        """
        _figures.count(f"target {self.name!r}", "attempts", attempts)
        permit = self.admit()
        failed = 0
        while True:
            started = _clock.now()
            coro = self._begin(permit, fn, args)
            try:
                return await self._end(permit, coro)
            except Exception as error:
                failed += 1
                pause = self._pause(error, failed, attempts, backoff, _clock.now() - started)
                if pause is None:
                    raise
                await asyncio.sleep(pause)
                again = self._admit_again(error)
                if again is None:
                    raise
                permit = again

    def statistics(self) -> TargetStatistics:
        """Return those of each guard, at this moment."""
        return TargetStatistics(
            name=self.name,
            breaker=None if self.breaker is None else self.breaker.statistics(),
            throttle=None if self.throttle is None else self.throttle.statistics(),
            retries=None if self.retries is None else self.retries.statistics(),
        )

    def __repr__(self) -> str:
        guards = [repr(guard) for guard in (self.breaker, self.throttle, self.retries) if guard]
        return f"<Target {self.name!r}: {', '.join(guards) or 'no guards'}>"

    def _begin(
        self, permit: Permit, fn: Callable[..., Coroutine[Any, Any, T]], args: tuple[Any, ...]
    ) -> Coroutine[Any, Any, T]:
        try:
            return call("Target.run", fn, args)
        except BaseException:
            permit.ignore()
            raise

    async def _end(self, permit: Permit, coro: Coroutine[Any, Any, T]) -> T:
        try:
            result = await coro
        except BaseException as error:
            permit.end(error)
            raise
        permit.succeed()
        return result

    def _pause(
        self, error: Exception, failed: int, attempts: int, backoff: Backoff, took: float
    ) -> float | None:
        """Return the seconds to wait before another attempt; None if there is to be none."""
        note_final(error)
        if attempts == 1 or not may_help(error, self._counts):
            return None
        pause = backoff.pause(failed)
        left = remaining()
        if left is not None and left <= pause + took and failed < attempts:
            return None
        if failed >= attempts or self.retries is None or not self.retries.try_retry():
            mark_final(error)
            return None
        return pause

    def _admit_again(self, error: Exception) -> Permit | None:
        """Return a permit for another attempt; None, noted on the error, if it is refused."""
        try:
            return self._admit()
        except (CircuitOpen, Overloaded) as refusal:
            error.add_note(f"not retried: {refusal}")
            mark_final(error)
            return None

    def _admit(self) -> Permit:
        breaker = None if self.breaker is None else self.breaker.admit()
        throttle = None
        if self.throttle is not None:
            probes = breaker is not None and breaker.probe
            try:
                throttle = self.throttle.watch() if probes else self.throttle.admit()
            except Overloaded:
                if breaker is not None:
                    breaker.ignore()
                raise
        settle = functools.partial(self._settle, breaker, throttle)
        return Permit(settle, counts=self._counts, probe=breaker is not None and breaker.probe)

    def _settle(self, breaker: Permit | None, throttle: Permit | None, outcome: Outcome) -> None:
        if throttle is not None:
            throttle._end(outcome)
        if breaker is None or self.breaker is None:
            return
        before = self.breaker.state
        breaker._end(outcome)
        if before == "half_open" and self.breaker.state == "closed" and self.throttle is not None:
            self.throttle.reset()


@dataclass(frozen=True, slots=True)
class TargetsStatistics:
    """What a `Targets` holds.

    Attributes:
        known: targets that it holds.
        limit: targets that it holds at most.
        forgotten: targets that it let go to hold others, ever.
    """

    known: int
    limit: int
    forgotten: int


def with_breaker_and_budget(name: str) -> Target:
    """Return a target with the guards that do no harm unasked: a breaker and a retry budget."""
    return Target(name, breaker=CircuitBreaker(name), retries=RetryBudget(name))


class Targets:
    """The targets of a process by name, so that everybody who calls one shares its guards.

    Bounded, as a name may be a host that a client chose: when it is full, the one that was not
    asked for longest is forgotten, and starts anew if it is asked for again.

    Args:
        limit: targets to hold at most.
        make: makes the target of a name that is new.
    """

    def __init__(
        self, limit: int = 1000, *, make: Callable[[str], Target] = with_breaker_and_budget
    ) -> None:
        self._limit = _figures.count("targets", "limit", limit)
        self._make = make
        self._known: OrderedDict[str, Target] = OrderedDict()
        self._forgotten = 0

    def get(self, name: str, *, make: Callable[[str], Target] | None = None) -> Target:
        """Return the target of that name, made by ``make`` if there is none yet."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = (make or self._make)(name)
            if len(self._known) > self._limit:
                self._known.popitem(last=False)
                self._forgotten += 1
        self._known.move_to_end(name)
        return known

    def known(self) -> tuple[Target, ...]:
        """Return the targets that are held, the one that was not asked for longest first."""
        return tuple(self._known.values())

    def statistics(self) -> TargetsStatistics:
        """Return how many targets are held and how many were forgotten."""
        return TargetsStatistics(len(self._known), self._limit, self._forgotten)

    def __repr__(self) -> str:
        now = self.statistics()
        return f"<Targets: {now.known} of {now.limit}, {now.forgotten} forgotten>"


_shared = Targets()


def target(name: str, *, make: Callable[[str], Target] | None = None) -> Target:
    """Return the target of that name that the whole process shares.

    A thousand at most; see `Targets`. The first one who asks decides what it is made of.

    Args:
        name: of the downstream.
        make: makes the target if there is none yet; None: one with a `CircuitBreaker` and a
            `RetryBudget` as they are by default.
    """
    return _shared.get(name, make=make)


def shared_targets() -> tuple[Target, ...]:
    """Return the targets that the process shares, as metrics and dashboards need them."""
    return _shared.known()
