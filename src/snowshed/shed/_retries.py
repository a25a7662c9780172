"""How many retries a target can be asked for, by everybody together.

"Retry up to three times" sounds harmless. When a target fails everything, it is asked three times
as much just then; in a chain of three services, each of which does so, it is asked 27 times as
much, and does not come back. What has to be bounded is not the retries of a request but the share
of retries in all requests: with a budget of a tenth a failing target gets a tenth more, and a
hiccup is retried as before.

A budget bounds one hop. Along a chain the tenths would still multiply, so an error says whether it
was retried already (`mark_final`, `is_final`; also over a network): who is asked last retries,
nobody above does.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from snowshed.core import _clock
from snowshed.errors import DeadlineExceeded, SnowshedError
from snowshed.shed import _figures
from snowshed.shed._final import is_final
from snowshed.shed._window import RecentCounts

__all__ = [
    "Backoff",
    "RetryBudget",
    "RetryStatistics",
    "allows",
    "may_help",
]

REQUESTS, RETRIES = 0, 1
ROUNDING = 1e-9


def allows(requests: int, retries: int, ratio: float, floor: float) -> bool:
    """Tell whether one more retry keeps within ``ratio`` of the requests, or within ``floor``."""
    return retries + 1 <= max(ratio * requests, floor) + ROUNDING


def may_help(error: BaseException, counts: Callable[[BaseException], bool]) -> bool:
    """Tell whether another attempt may succeed where this one raised ``error``.

    Not where snowshed itself refused (`CircuitOpen`, `Overloaded`, `BudgetExceeded`): asking again
    at once is what the refusal is to prevent. An attempt whose own timeout passed may help.
    """
    if is_final(error) or not isinstance(error, Exception):
        return False
    if isinstance(error, SnowshedError):
        return isinstance(error, DeadlineExceeded)
    return counts(error)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before another attempt: full jitter, doubling.

    Clients that failed together and wait equally long come back together. The wait is drawn from 0
    to its bound instead, and the bound doubles with each attempt (AWS Architecture Blog,
    "Exponential Backoff And Jitter").

    Attributes:
        first: seconds that the first wait is at most.
        longest: seconds that any wait is at most.
        draw: source of randomness, a function that returns 0 to 1.
    """

    first: float = 0.1
    longest: float = 5.0
    draw: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        _figures.within("backoff", "first", self.first, 0, 3600)
        _figures.within("backoff", "longest", self.longest, 0, 3600)

    def pause(self, failed: int) -> float:
        """Return the seconds to wait after ``failed`` attempts, 1 or more."""
        bound = min(self.first * 2.0 ** min(failed - 1, 64), self.longest)
        return bound * self.draw()


@dataclass(frozen=True, slots=True)
class RetryStatistics:
    """What a `RetryBudget` looked like at one moment.

    Attributes:
        name: of the budget.
        requests: requests in the window.
        retries: retries in the window.
        available: retries that may be made now.
        allowed: retries that were allowed, ever.
        refused: retries that were refused, ever.
    """

    name: str
    requests: int
    retries: int
    available: int
    allowed: int
    refused: int


class RetryBudget:
    """Allows retries as a share of the requests to one target, whoever makes them.

    One for each target, shared by everything in the process that calls it::

        budget.request()  # once for each request
        ...
        if budget.try_retry():  # before each further attempt
            ...

    The promise: a retry is allowed only if, with it, the retries of the window are at most
    ``ratio`` times its requests, or ``min_per_second`` times its seconds if that is more.

    One loop, not thread-safe; a call costs about a microsecond.

    Semantics: Finagle's ``RetryBudget``, except that the minimum is a floor (as Envoy's) and not
    added to the share, so that the share is what a busy target sees.

    Args:
        name: of the target, for statistics and metrics.
        ratio: retries for each request, 0 or more.
        min_per_second: retries a second that are allowed however few requests there are, as a
            client that asks once a minute has no share to speak of. 0: none.
        window: seconds that requests count for.

    Raises:
        ValueError: an argument is out of its range.
    """

    def __init__(
        self,
        name: str,
        *,
        ratio: float = 0.1,
        min_per_second: float = 1.0,
        window: float = 10.0,
    ) -> None:
        owner = f"retry budget {name!r}"
        self.name = name
        self._ratio = _figures.within(owner, "ratio", ratio, 0, 1000)
        rate = _figures.within(owner, "min_per_second", min_per_second, 0, 1_000_000)
        self._floor = rate * _figures.positive(owner, "window", window)
        self._recent = RecentCounts(2, window=window)
        self._allowed = self._refused = 0

    def request(self) -> None:
        """Note a request: its first attempt, not its retries."""
        self._recent.add(REQUESTS, _clock.now())

    def try_retry(self) -> bool:
        """Take one retry out of the budget; False if none is left, and nothing is taken."""
        now = _clock.now()
        requests, retries = self._recent.totals(now)
        if not allows(requests, retries, self._ratio, self._floor):
            self._refused += 1
            return False
        self._recent.add(RETRIES, now)
        self._allowed += 1
        return True

    def statistics(self) -> RetryStatistics:
        """Return what was counted and what is left, at this moment."""
        requests, retries = self._recent.totals(_clock.now())
        bound = int(max(self._ratio * requests, self._floor) + ROUNDING)
        return RetryStatistics(
            name=self.name,
            requests=requests,
            retries=retries,
            available=max(bound - retries, 0),
            allowed=self._allowed,
            refused=self._refused,
        )

    def __repr__(self) -> str:
        now = self.statistics()
        spent = f"{now.retries} retries for {now.requests} requests, {now.available} left"
        return f"<RetryBudget {self.name!r}: {spent}>"
