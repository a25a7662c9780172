"""Holds back what would be refused anyway, in proportion, before it costs anything.

Refusing is cheap, but not free: a service that is asked ten times what it can do may spend all its
time on saying no. Its clients know, from what it said lately, how likely a no is; so they say it
themselves, in proportion, and keep asking just often enough to notice when it gets better. Where a
breaker is all or nothing, this is a matter of degree: a target that can do a third of what it is
asked gets about twice that third.

The formula is that of Google's *Site Reliability Engineering*, "Handling Overload"::

    p = max(0, (requests - k * accepts) / (requests + 1))

Requests that were held back count as requests, so with k = 2 a target is asked at most about twice
as often as it accepts. Three things are ours:

1. *A call counts when it has ended.* Counted when they begin, a hundred calls in flight look like a
   hundred that were refused.
2. *Now and then one is let through whatever the odds.* What is held back makes the odds worse, and
   after a long outage they would leave next to nothing to notice the end by.
3. *A few calls prove nothing.* Under ``minimum_calls`` nothing is held back.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.core import _clock
from snowshed.errors import Overloaded
from snowshed.shed import _figures
from snowshed.shed._guard import Judge, Patience, Permit, counts_by_default
from snowshed.shed._window import RecentCounts

if TYPE_CHECKING:
    from snowshed.shed._guard import Outcome

__all__ = ["AdaptiveThrottle", "ThrottleStatistics", "rejection"]

REQUESTS, ACCEPTS = 0, 1


def rejection(requests: int, accepts: int, k: float) -> float:
    """Return the share of calls to hold back, 0 to 1."""
    return max(0.0, (requests - k * accepts) / (requests + 1))


@dataclass(frozen=True, slots=True)
class ThrottleStatistics:
    """What an `AdaptiveThrottle` looked like at one moment.

    Attributes:
        name: of the throttle.
        requests: calls in the window that ended or were held back.
        accepts: how many of them succeeded.
        rejection: share of calls that is held back, 0 to 1.
        admitted: calls that were let through, ever.
        refused: calls that were held back, ever.
        ignored: calls of which nothing was learned, ever.
    """

    name: str
    requests: int
    accepts: int
    rejection: float
    admitted: int
    refused: int
    ignored: int


class AdaptiveThrottle:
    """Refuses a share of the calls to a target, as large as the share that the target refuses.

    One loop, not thread-safe; a call costs under 10 microseconds.

    After an outage of everything the rate of calls grows by about a factor of five in each window.
    Where that is too slow take a shorter window, or a `CircuitBreaker` in the same `Target`, which
    sets the throttle back when it closes.

    Semantics: client-side throttling in Google's *Site Reliability Engineering*.

    Args:
        name: of the target, for errors, statistics and metrics.
        k: how many calls are made for each that is accepted, 1 or more. Larger notices recovery
            sooner, and asks a target more that is down.
        window: seconds that it looks back.
        minimum_calls: hold nothing back with fewer calls in the window.
        probe_every: seconds after which a call is let through whatever the odds.
        counts: tells of an error whether it counts as a refusal; see `CircuitBreaker`.
        draw: source of randomness, a function that returns 0 to 1.

    Raises:
        ValueError: an argument is out of its range.
    """

    def __init__(
        self,
        name: str,
        *,
        k: float = 2.0,
        window: float = 120.0,
        minimum_calls: int = 10,
        probe_every: float = 1.0,
        counts: Callable[[BaseException], bool] = counts_by_default,
        draw: Callable[[], float] = random.random,
    ) -> None:
        owner = f"throttle {name!r}"
        self.name = name
        self.counts = Judge(counts, owner)
        self._k = _figures.within(owner, "k", k, 1, 1000)
        self._window = _figures.positive(owner, "window", window)
        self._minimum = _figures.count(owner, "minimum_calls", minimum_calls)
        self._probe_every = _figures.positive(owner, "probe_every", probe_every)
        self._draw = draw
        self._recent = RecentCounts(2, window=window)
        self._patience = Patience()
        self._last_pass = 0.0
        self._admitted = self._refused = self._ignored = 0

    def admit(self) -> Permit:
        """Return a permit for one call, which wants to be told how the call went.

        Raises:
            Overloaded: the call is held back; ``reason`` is ``throttled``.
        """
        now = _clock.now()
        if self._holds_back(now):
            raise self._refusal(now)
        return self.watch()

    def watch(self) -> Permit:
        """Return a permit without asking the odds, for a call that is made in any case."""
        now = self._last_pass = _clock.now()
        self._admitted += 1
        settle = functools.partial(self._settle, now)
        return Permit(settle, counts=self.counts)

    def reset(self) -> None:
        """Forget what was counted, as one who knows that the target is well again."""
        self._recent.clear()

    def statistics(self) -> ThrottleStatistics:
        """Return what was counted and what follows from it, at this moment."""
        now = _clock.now()
        requests, accepts = self._recent.totals(now)
        return ThrottleStatistics(
            name=self.name,
            requests=requests,
            accepts=accepts,
            rejection=self._rejection(now),
            admitted=self._admitted,
            refused=self._refused,
            ignored=self._ignored,
        )

    def __repr__(self) -> str:
        now = self.statistics()
        counted = f"{now.accepts} of {now.requests} accepted"
        return f"<AdaptiveThrottle {self.name!r}: holds back {now.rejection:.0%}, {counted}>"

    def _rejection(self, now: float) -> float:
        requests, accepts = self._recent.totals(now)
        return 0.0 if requests < self._minimum else rejection(requests, accepts, self._k)

    def _holds_back(self, now: float) -> bool:
        share = self._rejection(now)
        if share <= 0 or now - self._last_pass >= self._probe_every:
            return False
        return self._draw() < share

    def _refusal(self, now: float) -> Overloaded:
        self._refused += 1
        self._recent.add(REQUESTS, now)
        requests, accepts = self._recent.totals(now)
        what = (
            f"throttle {self.name!r} holds back {self._rejection(now):.0%} of the calls: "
            f"{accepts} of {requests} in {self._window:g} s were accepted"
        )
        return Overloaded(what, "throttled", self._probe_every)

    def _settle(self, started: float, outcome: Outcome) -> None:
        now = _clock.now()
        took = now - started
        if outcome == "succeeded":
            self._patience.learn(took)
            self._recent.add(ACCEPTS, now)
        elif not self._patience.blames(outcome, took):
            self._ignored += 1
            return
        self._recent.add(REQUESTS, now)
