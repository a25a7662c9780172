"""Stops calling what does not answer, and finds out when it answers again.

A dependency that hangs holds everybody who calls it. Each caller waits for its own timeout, holds
its connection and its tasks meanwhile, and what is still well falls by what is not. A breaker
counts how calls end; when too many fail or are slow it opens, and calls fail at once with
`CircuitOpen`. After a while it lets a few probes through, and their outcome decides.

The decisions are in `_circuit`; here is what applies them: the clock, the permits, the listeners.
"""

from __future__ import annotations

import functools
import inspect
import logging
import math
import random
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from snowshed.core import _clock
from snowshed.errors import CircuitOpen
from snowshed.shed import _figures
from snowshed.shed._circuit import BreakerState, Circuit, Rules, Ticket
from snowshed.shed._guard import GuardedCall, Judge, Patience, Permit, counts_by_default
from snowshed.shed._window import LastCalls, LastSeconds

if TYPE_CHECKING:
    from types import TracebackType

    from snowshed.shed._guard import Outcome

__all__ = ["BreakerStatistics", "CircuitBreaker", "Transition"]

P = ParamSpec("P")
T = TypeVar("T")

LAST_CALLS = 100
MINIMUM_CALLS = 20

logger = logging.getLogger("snowshed.shed")

# What each task, and each context, has entered. A breaker that kept the permit itself would keep
# one for all the tasks that are in its block at the same time.
_ENTERED: ContextVar[tuple[tuple[CircuitBreaker, Permit], ...]] = ContextVar("entered", default=())


@dataclass(frozen=True, slots=True)
class Transition:
    """A circuit that went from one state to another.

    Attributes:
        breaker: name of the breaker.
        before: the state that it was in.
        after: the state that it is in now.
        why: what led to it, with the figures.
    """

    breaker: str
    before: BreakerState
    after: BreakerState
    why: str


@dataclass(frozen=True, slots=True)
class BreakerStatistics:
    """What a `CircuitBreaker` looked like at one moment.

    Attributes:
        name: of the breaker.
        state: ``closed``, ``open``, ``half_open``, ``forced_open`` or ``disabled``.
        why: what led to the state.
        calls: calls that it is judged by: those of its window, or the probes that have answered.
        failed: how many of them failed.
        slow: how many of them were slow.
        admitted: calls that were let through, ever.
        refused: calls that were refused, ever.
        ignored: calls of which nothing was learned, ever.
        late: calls that ended in another state than they were begun in, ever.
        lost: probes that had not answered in time and counted as failed, ever.
        opened: how often it has opened.
        probes_out: probes that have not answered yet.
        retry_after: seconds until a call may be let through; 0 if one may be now.
    """

    name: str
    state: BreakerState
    why: str
    calls: int
    failed: int
    slow: int
    admitted: int
    refused: int
    ignored: int
    late: int
    lost: int
    opened: int
    probes_out: int
    retry_after: float


class CircuitBreaker:
    """Refuses calls to a dependency while they fail or are slow.

    Three ways to use it, all for many tasks at once::

        prices = CircuitBreaker("prices", last_seconds=10, slow_call_duration=0.5)

        async with prices:  # raises CircuitOpen
            await ask()


        @prices
        async def ask(): ...


        permit = prices.admit()  # for client libraries; see Guard

    A call counts when it ends, so each needs a timeout or a deadline of its own. One loop, not
    thread-safe. A call costs under 10 microseconds, and neither a task nor a timer.

    Semantics: resilience4j's ``CircuitBreaker``; the reference lists the differences.

    Args:
        name: of the dependency, for errors, statistics and metrics.
        last_calls: judge by that many calls; 100 unless ``last_seconds`` is given.
        last_seconds: judge by the calls that ended in that many seconds instead. Right where
            traffic is low or uneven: a hundred calls may reach back for hours.
        minimum_calls: open only if at least that many are in the window; None: 20, or as many as
            the window holds.
        failure_rate: open if this share of them failed, above 0 and up to 1.
        slow_call_duration: a call that took more seconds than that is slow; infinity: none is.
        slow_call_rate: open if this share of them was slow, above 0 and up to 1.
        open_for: seconds until probes are let through.
        backoff: factor by which this grows with each opening that follows on failed probes, 1 to
            10; 1: not at all.
        max_open_for: seconds that it never grows beyond, if that is more than ``open_for``.
        jitter: share of it, 0 to 1, that is left out at random, so that a fleet does not probe in
            step.
        probes: calls that are let through in the half-open state. The rates apply to them.
        probe_timeout: seconds after which a probe that has not answered counts as failed.
        counts: tells of an error whether it counts as a failure. By default each `Exception` does,
            except what snowshed itself refused; a cancellation does not, unless it came from the
            deadline and the call had the time in which others succeed.
        draw: source of randomness, a function that returns 0 to 1.

    Raises:
        ValueError: an argument is out of its range, or ``minimum_calls`` can never be reached.
    """

    def __init__(
        self,
        name: str,
        *,
        last_calls: int | None = None,
        last_seconds: float | None = None,
        minimum_calls: int | None = None,
        failure_rate: float = 0.5,
        slow_call_duration: float = 60.0,
        slow_call_rate: float = 1.0,
        open_for: float = 10.0,
        backoff: float = 1.0,
        max_open_for: float = 300.0,
        jitter: float = 0.1,
        probes: int = 10,
        probe_timeout: float = 60.0,
        counts: Callable[[BaseException], bool] = counts_by_default,
        draw: Callable[[], float] = random.random,
    ) -> None:
        owner = f"breaker {name!r}"
        window, minimum = _judged_by(owner, last_calls, last_seconds, minimum_calls)
        rules = Rules(
            failure_rate=_figures.share(owner, "failure_rate", failure_rate),
            slow_call_rate=_figures.share(owner, "slow_call_rate", slow_call_rate),
            slow_call_duration=_figures.within(
                owner, "slow_call_duration", slow_call_duration, 0, math.inf
            ),
            minimum_calls=minimum,
            probes=_figures.count(owner, "probes", probes),
            probe_timeout=_figures.positive(owner, "probe_timeout", probe_timeout),
            open_for=_figures.positive(owner, "open_for", open_for),
            backoff=_figures.within(owner, "backoff", backoff, 1, 10),
            max_open_for=_figures.positive(owner, "max_open_for", max_open_for),
            jitter=_figures.within(owner, "jitter", jitter, 0, 1),
        )
        self.name = name
        self.counts = Judge(counts, owner)
        self._circuit = Circuit(rules, window, draw=draw, on_change=self._changed)
        self._patience = Patience()
        self._listeners: list[Callable[[Transition], object]] = []
        self._admitted = self._refused = self._ignored = 0

    @property
    def state(self) -> BreakerState:
        """The state now."""
        return self._circuit.look(_clock.now())

    def admit(self) -> Permit:
        """Return a permit for one call, which wants to be told how the call went.

        Raises:
            CircuitOpen: the circuit is open, or half-open with all its probes out.
        """
        now = _clock.now()
        ticket = self._circuit.admit(now)
        if ticket is None:
            self._refused += 1
            raise CircuitOpen(self.name, *self._circuit.refusal(now))
        self._admitted += 1
        settle = functools.partial(self._settle, ticket)
        return Permit(settle, counts=self.counts, probe=ticket.probe)

    def __call__(
        self, fn: Callable[P, Coroutine[Any, Any, T]]
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        """Return ``fn``, an async function, as one that is called through the breaker.

        Raises:
            TypeError: ``fn`` is no async function. What it returned would look like a success.
        """
        if not inspect.iscoroutinefunction(fn):
            msg = (
                f"breaker {self.name!r} decorates async functions, and {fn!r} is none; "
                "in other code use admit()"
            )
            raise TypeError(msg)

        @functools.wraps(fn)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            async with GuardedCall(self):
                return await fn(*args, **kwargs)

        return guarded

    async def __aenter__(self) -> Permit:
        permit = self.admit()
        _ENTERED.set((*_ENTERED.get(), (self, permit)))
        return permit

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        entered = _ENTERED.get()
        for place in range(len(entered) - 1, -1, -1):
            breaker, permit = entered[place]
            if breaker is self:
                _ENTERED.set(entered[:place] + entered[place + 1 :])
                permit.end(error)
                return
        # Left in another context than entered, as generator-based fixtures do: the permit is lost
        # with that context, and gives its place back.

    def on_transition(
        self, listener: Callable[[Transition], object]
    ) -> Callable[[Transition], object]:
        """Call ``listener`` at each change of state; returns it, so it decorates too.

        It is called at once, in the task that caused the change, and must not take long. One that
        raises is logged once and removed.
        """
        self._listeners.append(listener)
        return listener

    def force_open(self) -> None:
        """Refuse every call until `reset`."""
        self._circuit.force("forced_open", "forced open by hand; reset() lets calls through")

    def disable(self) -> None:
        """Let every call through, whatever happens, until `reset`."""
        self._circuit.force("disabled", "disabled by hand; reset() makes it judge again")

    def reset(self) -> None:
        """Close the circuit and forget what was counted."""
        self._circuit.force("closed", "closed by hand")

    def statistics(self) -> BreakerStatistics:
        """Return the state and what it is judged by, at this moment.

        Changes nothing and calls no listener, so metrics may ask in their own thread: the open
        state that is over shows as ``half_open``, and becomes it at the next call.
        """
        now = _clock.now()
        circuit = self._circuit.seen(now)
        calls, failed, slow = circuit.counts(now)
        return BreakerStatistics(
            name=self.name,
            state=circuit.state,
            why=circuit.why,
            calls=calls,
            failed=failed,
            slow=slow,
            admitted=self._admitted,
            refused=self._refused,
            ignored=self._ignored,
            late=circuit.late,
            lost=circuit.lost,
            opened=circuit.opened,
            probes_out=circuit.probes_out,
            retry_after=circuit.retry_after(now),
        )

    def __repr__(self) -> str:
        now = self.statistics()
        figures = f"{now.failed} failed and {now.slow} slow of {now.calls}, {now.refused} refused"
        return f"<CircuitBreaker {self.name!r}: {now.state}, {figures}>"

    def _settle(self, ticket: Ticket, outcome: Outcome) -> None:
        now = _clock.now()
        took = now - ticket.started
        if outcome == "succeeded":
            self._patience.learn(took)
            self._circuit.record(ticket, failed=False, now=now)
        elif self._patience.blames(outcome, took):
            self._circuit.record(ticket, failed=True, now=now)
        else:
            self._ignored += 1
            self._circuit.give_back(ticket)

    def _changed(self, before: BreakerState, after: BreakerState, why: str) -> None:
        if before == after:
            return
        level = logging.WARNING if after in {"open", "forced_open"} else logging.INFO
        logger.log(level, "circuit %r went from %s to %s: %s", self.name, before, after, why)
        transition = Transition(self.name, before, after, why)
        for listener in tuple(self._listeners):
            try:
                listener(transition)
            except Exception:
                if listener in self._listeners:
                    self._listeners.remove(listener)
                logger.exception("a listener of circuit %r failed and was removed", self.name)


def _judged_by(
    owner: str, last_calls: int | None, last_seconds: float | None, minimum_calls: int | None
) -> tuple[LastCalls | LastSeconds, int]:
    """Return the window, and the calls that have to be in it before the circuit may open."""
    minimum = MINIMUM_CALLS if minimum_calls is None else minimum_calls
    _figures.count(owner, "minimum_calls", minimum)
    if last_seconds is not None:
        if last_calls is not None:
            msg = f"{owner}: give last_calls or last_seconds, not both"
            raise ValueError(msg)
        return LastSeconds(_figures.positive(owner, "last_seconds", last_seconds)), minimum
    size = _figures.count(owner, "last_calls", LAST_CALLS if last_calls is None else last_calls)
    if minimum_calls is None:
        minimum = min(minimum, size)
    if minimum > size:
        msg = (
            f"{owner} would never open: minimum_calls is {minimum} and last_calls only {size}; "
            "lower the one or raise the other"
        )
        raise ValueError(msg)
    return LastCalls(size), minimum
