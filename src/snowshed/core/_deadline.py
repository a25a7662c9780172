"""One number says until when: the deadline, on the monotonic clock, inherited by everything below.

A timeout that each call chooses for itself adds up to nothing: ten calls of one second each make a
request of ten. A deadline is absolute, so it can be handed on: a child's is the earlier of its
parent's and its own (Go's ``context.WithDeadline``, gRPC's deadline propagation).

Work is cancelled a little *before* the caller gives up, if a reserve is set: clean-up (return the
connection, roll back, answer 504) needs time too, and what starts at the deadline ends after it.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Deadline(NamedTuple):
    """Until when a scope may work, and who said so.

    Attributes:
        at: monotonic seconds at which the work is cancelled.
        hard: monotonic seconds at which the clean-up should have ended too; ``at`` plus reserve.
        scope: name of the scope that set it.
        timeout: seconds that this scope had from its entry until ``at``.
    """

    at: float
    hard: float
    scope: str
    timeout: float

    def remaining(self, now: float) -> float:
        """Return the seconds left for work, never below 0."""
        return max(self.at - now, 0.0)

    def for_cleanup(self, now: float) -> Deadline | None:
        """Return the deadline of clean-up when work's has passed: the reserve's end, if any.

        Without a reserve clean-up has no deadline, as what follows an `asyncio.timeout` has none.
        """
        if now >= self.hard:
            return None
        return self._replace(at=self.hard, timeout=self.hard - now)


def resolve(
    inherited: Deadline | None,
    *,
    scope: str,
    now: float,
    timeout: float | None,
    deadline: float | None,
    reserve: float,
) -> Deadline | None:
    """Return the tightest of the inherited deadline, ``now + timeout`` and ``deadline``.

    Args:
        inherited: the parent's deadline, kept whole (with its owner) when it is the tightest.
        scope: name of the scope that asks.
        now: monotonic seconds.
        timeout: seconds from now.
        deadline: monotonic seconds.
        reserve: seconds of the scope's own time that are kept back for clean-up.
    """
    # Written without min() and infinities: it is a part of entering a scope.
    hard = deadline
    if timeout is not None and (deadline is None or now + timeout < deadline):
        hard = now + timeout
    if hard is None:
        return inherited
    at = hard - reserve
    if inherited is not None and inherited.at <= at:
        return inherited
    if at == math.inf:
        return None
    return Deadline(at, hard, scope, at - now if at > now else 0.0)
