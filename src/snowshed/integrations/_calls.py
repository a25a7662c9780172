"""Making outgoing calls with what `_outgoing` plans for them and with the guards' consent.

One `Calls` stands behind each client: it plans a call, asks the guards, and tells them how it went.
A failure of its own is logged once, and from then on calls are made as if it were not there.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from snowshed.core import _clock
from snowshed.errors import CircuitOpen, DeadlineExceeded, Overloaded
from snowshed.integrations._outgoing import SLACK, Plan, plan, situation
from snowshed.shed._guard import Guard, Permit

__all__ = ["Call", "CallStatistics", "Calls", "Guards", "Hosts", "OutOfTime", "within"]

T = TypeVar("T")
Guards = Mapping[str, Guard] | Callable[[Any], "Guard | Iterable[Guard] | None"]
Hosts = Iterable[str] | Callable[[str], bool]

# Answers that say: not you, but I am the trouble. 502 is what a proxy makes of a failed connection.
FAILURES = frozenset({429, 502, 503, 504})
NOTHING = Plan({})

logger = logging.getLogger("snowshed.calls")


@dataclass(frozen=True, slots=True)
class CallStatistics:
    """What went out through one client.

    Attributes:
        calls: calls that were to be made.
        told: those that carried at least one header of ours.
        bounded: those that had a deadline.
        expired: those that were not made, as no time was left for them.
        refused: those that were not made, as a guard refused them.
        late: those that were ended, as the deadline came before the answer.
    """

    calls: int
    told: int
    bounded: int
    expired: int
    refused: int
    late: int


class OutOfTime(Exception):  # noqa: N818 - never leaves a client: it becomes the library's own
    """The time for a call is over; the text says why."""


class Call:
    """One call that is being made.

    Attributes:
        headers: what to set on it.
        timeout: seconds that are left for it; None: any time.
        until: monotonic seconds when these are over; infinite without a deadline.
        scope: name of the scope whose deadline that is.
    """

    __slots__ = ("_permits", "headers", "scope", "timeout", "until")

    def __init__(self, planned: Plan, permits: list[Permit]) -> None:
        self.headers = planned.headers
        self.timeout = planned.timeout
        self.until = math.inf if planned.timeout is None else _clock.now() + planned.timeout
        self.scope = planned.scope
        self._permits = permits

    @property
    def is_guarded(self) -> bool:
        """True if somebody wants to be told how it went."""
        return bool(self._permits)

    def cap(self, timeout: float | None) -> float | None:
        """Return ``timeout``, or what is left for the call, if that is less."""
        if self.timeout is None:
            return timeout
        left = self.timeout + SLACK
        return left if timeout is None else min(timeout, left)

    def answered(self, status: int) -> None:
        """The head of a response has come, with this HTTP status."""
        self.end(failed=status in FAILURES)

    def end(self, *, failed: bool) -> None:
        """The call is over."""
        for permit in self._permits:
            if failed:
                permit.fail()
            else:
                permit.succeed()

    def raised(self, error: BaseException) -> None:
        """The call was ended by ``error``."""
        for permit in self._permits:
            permit.end(error)

    def expired(self) -> None:
        """The call was ended by the deadline."""
        for permit in self._permits:
            permit.expire()

    def stopped(self) -> None:
        """The call was ended by its caller: by the deadline if that is over, or by its will."""
        if _clock.now() >= self.until - SLACK:
            self.expired()
            return
        for permit in self._permits:
            permit.ignore()


class Calls:
    """What is done to the calls of one client.

    Args:
        guards: a guard for each host, ``{"api.example.com": breaker}``, or a function that takes
            the library's request and returns a guard, several, or None.
        hosts: who is told about the request: names, ``.example.com`` for all below it, ``*`` for
            all, or a function of the name. None: everybody.
    """

    def __init__(self, *, guards: Guards | None = None, hosts: Hosts | None = None) -> None:
        self._guards = guards
        self._tells = _teller(hosts)
        self._off = False
        self._calls = self._told = self._bounded = 0
        self._expired = self._refused = self._late = 0

    def __repr__(self) -> str:
        state = "switched off" if self._off else f"{self._calls} calls, {self._told} told"
        return f"<Calls: {state}>"

    def statistics(self) -> CallStatistics:
        """Return the counts so far."""
        return CallStatistics(
            calls=self._calls,
            told=self._told,
            bounded=self._bounded,
            expired=self._expired,
            refused=self._refused,
            late=self._late,
        )

    def begin(
        self,
        request: Any,
        what: str,
        names: tuple[str, ...],
        *,
        said: Callable[[str], str | None],
        own_timeout: float | None = None,
    ) -> Call:
        """Return the call that is to be made.

        Args:
            request: the library's own, for the guards.
            what: verb and target, for errors.
            names: of the target; the last one is its host.
            said: returns the caller's own value of a header, or None.
            own_timeout: seconds after which the caller gives up by itself.

        Raises:
            DeadlineExceeded: no time is left for it.
            CircuitOpen: a guard refuses it.
            Overloaded: a guard refuses it.
        """
        self._calls += 1
        planned = self._plan(what, said, own_timeout)
        if planned.headers:
            if self._tells is not None and not self._tells(names[-1]):
                planned = planned._replace(headers={})
            else:
                self._told += 1
        if planned.timeout is not None:
            self._bounded += 1
        if self._guards is None:
            return Call(planned, [])
        return Call(planned, self._admit(self._guards, request, names))

    def _plan(
        self, what: str, said: Callable[[str], str | None], own_timeout: float | None
    ) -> Plan:
        if self._off:
            return NOTHING
        try:
            now = _clock.now()
            return plan(situation(), now=now, what=what, said=said, own_timeout=own_timeout)
        except DeadlineExceeded:
            self._expired += 1
            raise
        except Exception:
            self._off = True
            logger.exception("snowshed failed at planning a call; calls go out without it")
            return NOTHING

    def _admit(self, guards: Guards, request: Any, names: tuple[str, ...]) -> list[Permit]:
        permits: list[Permit] = []
        try:
            for guard in _guards_of(guards, request, names):
                permits.append(guard.admit())  # noqa: PERF401 - what was admitted must be known
        except BaseException as error:
            if isinstance(error, (CircuitOpen, Overloaded)):
                self._refused += 1
            for permit in permits:
                permit.ignore()
            raise
        return permits

    async def wait(self, call: Call, what: str, answer: Awaitable[T]) -> T:
        """Return what ``answer`` gives in the time of ``call``; tell the guards if it fails.

        Raises:
            OutOfTime: it did not come in time.
        """
        try:
            if call.timeout is None:
                return await answer
            return await within(call.timeout + SLACK, answer)
        except OutOfTime:
            self._late += 1
            call.expired()
        except BaseException as error:
            call.raised(error)
            raise
        raise OutOfTime(
            f"{what}: no answer within {call.timeout:.3f} s, which was all that the deadline of "
            f"scope {call.scope!r} had left"
        )


async def within(seconds: float, answer: Awaitable[T]) -> T:
    """Return what ``answer`` gives within ``seconds``; raise `OutOfTime` otherwise."""
    bound = asyncio.timeout(seconds)
    try:
        async with bound:
            return await answer
    except TimeoutError:
        if not bound.expired():
            raise
        raise OutOfTime from None


def _teller(hosts: Hosts | None) -> Callable[[str], bool] | None:
    if hosts is None or callable(hosts):
        return hosts
    if isinstance(hosts, str):
        msg = f"hosts must be several names or a function, not {hosts!r}; write [{hosts!r}]"
        raise TypeError(msg)
    named = frozenset(each.lower() for each in hosts)
    if "*" in named:
        return None
    below = tuple(each for each in named if each.startswith("."))
    return lambda host: host.lower() in named or host.lower().endswith(below)


def _guards_of(guards: Guards, request: Any, names: tuple[str, ...]) -> Iterable[Guard]:
    found: Guard | Iterable[Guard] | None
    if isinstance(guards, Mapping):
        found = next((guards[name] for name in names if name in guards), None)
    else:
        found = guards(request)
    if found is None:
        return ()
    return found if isinstance(found, Iterable) else (found,)
