"""When a circuit opens, probes and closes: a state machine that is told what time it is.

It has no clock, no lock and no event loop, and it never waits for an event to move on: what time
alone decides (the open state is over, a probe will not answer any more) is decided by whoever looks
next. So nothing can be forgotten that was to wake it, and a circuit that nobody asks says the truth
when somebody does.

The rules are those of resilience4j's circuit breaker, but for four that answer what its users, and
those of others, report:

1. *A probe that never answers does not hold its place for ever.* After ``probe_timeout`` it counts
   as failed; a probe that was dropped unanswered gives its place back at once.
2. *The half-open state ends as soon as its outcome is certain.* One slow probe does not keep nine
   good ones waiting.
3. *Only what was begun in a state counts in it.* A call that was begun before the circuit opened
   neither closes nor opens it again when it ends at last. It is counted as late.
4. *A minimum of calls that can never be reached is refused* instead of never opening.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from snowshed.shed._window import CallCounts, CallWindow

__all__ = ["BreakerState", "Circuit", "Rules", "Ticket"]

BreakerState = Literal["closed", "open", "half_open", "forced_open", "disabled"]
NO_CALLS = CallCounts(0, 0, 0)
ENOUGH_DOUBLINGS = 64


@dataclass(frozen=True, slots=True)
class Rules:
    """The figures of a circuit; see `CircuitBreaker` for what they mean."""

    failure_rate: float
    slow_call_rate: float
    slow_call_duration: float
    minimum_calls: int
    probes: int
    probe_timeout: float
    open_for: float
    backoff: float
    max_open_for: float
    jitter: float


class Ticket:
    """A call that was let through: when, and in which life of the circuit."""

    __slots__ = ("generation", "probe", "started")

    def __init__(self, generation: int, started: float, *, probe: bool) -> None:
        self.generation = generation
        self.started = started
        self.probe = probe


def why_open(counts: CallCounts, rules: Rules, of: int, what: str) -> str | None:
    """Return why the circuit has to open, if ``counts`` are too bad for ``of`` calls."""
    if counts.failed >= rules.failure_rate * of:
        limit = f"{rules.failure_rate:.0%}"
        return f"{counts.failed} of {counts.calls} {what} failed (limit {limit})"
    if counts.slow >= rules.slow_call_rate * of:
        limit = f"{rules.slow_call_rate:.0%}"
        took = f"took more than {rules.slow_call_duration:g} s"
        return f"{counts.slow} of {counts.calls} {what} {took} (limit {limit})"
    return None


def will_close(counts: CallCounts, rules: Rules) -> bool:
    """Tell whether the circuit would close even if each probe that is left failed."""
    left = rules.probes - counts.calls
    worst = CallCounts(rules.probes, counts.failed + left, counts.slow + left)
    return why_open(worst, rules, rules.probes, "") is None


def time_open(rules: Rules, openings: int, draw: float) -> float:
    """Return the seconds for which the circuit opens the ``openings``-th time in a row.

    Args:
        rules: the figures.
        openings: 1 or more.
        draw: a number from 0 to 1; a share of ``jitter`` of it is taken off.
    """
    grown = rules.open_for * rules.backoff ** min(openings - 1, ENOUGH_DOUBLINGS)
    return min(grown, max(rules.max_open_for, rules.open_for)) * (1 - rules.jitter * draw)


class Circuit:
    """The state of one circuit.

    Attributes:
        state: as of the last time that somebody looked; `look` first.
        why: what led to the state, in words.
        opened: how often it has opened.
        late: calls that ended in another state than they were begun in.
        lost: probes that had not answered in time.
    """

    __slots__ = (
        "_ahead",
        "_draw",
        "_generation",
        "_in_a_row",
        "_on_change",
        "_out",
        "_probed",
        "_rules",
        "_until",
        "_window",
        "late",
        "lost",
        "opened",
        "state",
        "why",
    )

    def __init__(
        self,
        rules: Rules,
        window: CallWindow,
        *,
        draw: Callable[[], float],
        on_change: Callable[[BreakerState, BreakerState, str], object],
    ) -> None:
        self.state: BreakerState = "closed"
        self.why = ""
        self.opened = self.late = self.lost = 0
        self._rules = rules
        self._window = window
        self._draw = draw
        self._on_change = on_change
        self._generation = 0
        self._in_a_row = 0  # openings without a closed state between
        self._until = 0.0
        self._probed = NO_CALLS
        # Probes, oldest first. A permit that is dropped takes its own out, at any moment.
        self._out: dict[Ticket, bool] = {}
        self._ahead = 0.0  # the draw for when the probes open it, so that `seen` can tell

    @property
    def probes_out(self) -> int:
        """Probes that have not answered."""
        return len(self._out)

    def counts(self, now: float) -> CallCounts:
        """Return the calls that the state is judged by."""
        return self._probed if self.state == "half_open" else self._window.counts(now)

    def look(self, now: float) -> BreakerState:
        """Do what time has decided and return the state."""
        if self.state == "half_open" and self._out:
            self._lose_old_probes(now)
        if self.state == "open" and now >= self._until:
            self._become("half_open", "the open state is over; probes decide")
        return self.state

    def seen(self, now: float) -> Circuit:
        """Return a copy with what time has decided done to it; nothing is done here.

        For who only wants to know, in any thread: nobody is told of a change.
        """
        seen = copy.copy(self)
        seen._out = dict.fromkeys(tuple(self._out), True)
        seen._window = _Counted(self._window.counts(now))
        seen._on_change, seen._draw = _tell_nobody, _draw_nothing
        seen.look(now)
        return seen

    def admit(self, now: float) -> Ticket | None:
        """Return a ticket for a call, or None if it may not be made."""
        state = self.look(now)
        if state in {"closed", "disabled"}:
            return Ticket(self._generation, now, probe=False)
        if state != "half_open" or self._probed.calls + len(self._out) >= self._rules.probes:
            return None
        ticket = Ticket(self._generation, now, probe=True)
        self._out[ticket] = True
        return ticket

    def refusal(self, now: float) -> tuple[str, float]:
        """Return why a call was refused just now, and when to try again."""
        waiting = f"{self.probes_out} probes are out and have not answered"
        why = waiting if self.state == "half_open" else self.why
        return why, self.retry_after(now)

    def retry_after(self, now: float) -> float:
        """Return the seconds after which a call that was refused may be let through."""
        if self.state == "open":
            return max(self._until - now, 0.0)
        out = tuple(self._out)
        if self.state == "half_open" and out:
            answers_by = out[0].started + self._rules.probe_timeout
            return min(max(answers_by - now, 0.0), self._rules.open_for)
        return self._rules.open_for if self.state == "forced_open" else 0.0

    def record(self, ticket: Ticket, *, failed: bool, now: float) -> None:
        """Note that a call ended, and do what follows from it."""
        self.look(now)
        slow = now - ticket.started > self._rules.slow_call_duration
        if ticket.generation != self._generation:
            self.late += 1
        elif self._out.pop(ticket, False):
            self._count_probe(failed=failed, slow=slow)
            self._judge_probes(now)
        elif ticket.probe:
            self.late += 1
        elif self.state == "closed":
            self._window.add(failed=failed, slow=slow, now=now)
            self._judge_calls(now)

    def give_back(self, ticket: Ticket) -> None:
        """Note that a call ended of which nothing is known; changes no state."""
        self._out.pop(ticket, None)

    def force(self, state: BreakerState, why: str) -> None:
        """Go to ``state`` by hand, forgetting what was counted."""
        self._in_a_row = 0
        self._become(state, why)

    def _judge_calls(self, now: float) -> None:
        counts = self._window.counts(now)
        if counts.calls >= self._rules.minimum_calls:
            why = why_open(counts, self._rules, counts.calls, "calls")
            if why is not None:
                self._open(now, why)

    def _judge_probes(self, now: float) -> None:
        why = why_open(self._probed, self._rules, self._rules.probes, "probes")
        if why is not None:
            self._open(now, why)
        elif will_close(self._probed, self._rules):
            self._in_a_row = 0
            calls, failed, slow = self._probed
            self._become("closed", f"of {calls} probes {failed} failed and {slow} were slow")

    def _lose_old_probes(self, now: float) -> None:
        timeout = self._rules.probe_timeout
        for probe in tuple(self._out):
            if now - probe.started < timeout or not self._out.pop(probe, False):
                continue
            self.lost += 1
            self._count_probe(failed=True, slow=True)
            self._judge_probes(probe.started + timeout)
            if self.state != "half_open":
                return

    def _count_probe(self, *, failed: bool, slow: bool) -> None:
        calls, failures, slow_calls = self._probed
        self._probed = CallCounts(calls + 1, failures + failed, slow_calls + slow)

    def _open(self, now: float, why: str) -> None:
        self._in_a_row += 1
        self.opened += 1
        draw = self._ahead if self.state == "half_open" else self._draw()
        self._until = now + time_open(self._rules, self._in_a_row, draw)
        self._become("open", why)

    def _become(self, state: BreakerState, why: str) -> None:
        if state == "half_open":
            self._ahead = self._draw()
        before, self.state = self.state, state
        self.why = why
        self._generation += 1
        self._out.clear()
        self._probed = NO_CALLS
        self._window.clear()
        # Last, and with nothing to be done after it: a listener may use the circuit.
        self._on_change(before, state, why)


class _Counted:
    """The calls of a window, as they were counted once."""

    __slots__ = ("_counts",)

    def __init__(self, counts: CallCounts) -> None:
        self._counts = counts

    def add(self, *, failed: bool, slow: bool, now: float) -> None:
        """Count nothing more."""

    def counts(self, now: float) -> CallCounts:
        """Return what was counted."""
        del now
        return self._counts

    def clear(self) -> None:
        """Forget it."""
        self._counts = NO_CALLS


def _tell_nobody(before: BreakerState, after: BreakerState, why: str) -> None:
    """Take the place of who is told of changes."""


def _draw_nothing() -> float:
    """Take the place of a draw that is not looked at."""
    return 0.0
