"""One request of a server that is not ASGI: admitted, put into a scope, and told why it ended.

aiohttp and gRPC differ in what a request looks like and in how it is answered; what lies between
is the same, and here. A protocol says what it knows (`Caller`), hands over the work, and makes its
own answer of a `Refused`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from snowshed.core._budget import CURRENT
from snowshed.errors import BudgetExceeded, DeadlineExceeded, Overloaded
from snowshed.integrations._headers import baggage_of, tightened
from snowshed.integrations._observed import LightRequest, ObservedRequest
from snowshed.integrations._request import Policy, RequestScope, is_around_this_task
from snowshed.shed._baggage import set_baggage
from snowshed.shed._criticality import TrustedPeers

if TYPE_CHECKING:
    from snowshed.core._hooks import Level

__all__ = [
    "Admission",
    "Caller",
    "Grant",
    "Incoming",
    "Refused",
    "checked_policy",
    "is_in_request",
    "refusal_of",
]

T = TypeVar("T")
Why = Literal["late", "budget", "overloaded"]
RETRY_AFTER = 1.0
# For the client, who can do nothing about scopes; the cause is in the report.
DETAILS: dict[Why, str] = {
    "late": "The response was not ready in time.",
    "budget": "The request would have needed more work at once than the service allows.",
    "overloaded": "The service has more to do than it can; this request was not begun.",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """What a protocol knows of a request that has come.

    Attributes:
        method: the verb, or what the protocol has in its place.
        path: as it was asked for.
        headers: names in lower case.
        peer: address of the other end of the connection, without the port; None: it has none.
        route: the template of the path; empty if there is none.
        time_left: seconds that the protocol itself gives the request; None: any time.
    """

    method: str
    path: str
    headers: Sequence[tuple[bytes, bytes]]
    peer: str | None = None
    route: str = ""
    time_left: float | None = None


class Grant(Protocol):
    """The leave to handle one request.

    Attributes:
        budget: live tasks that it was granted; None: what the policy says.
        level: ``light`` if it should give a light answer.
        timeout: seconds until the response must have begun; None: what the policy says.
    """

    @property
    def budget(self) -> int | None:
        """See above."""
        ...

    @property
    def level(self) -> Level:
        """See above."""
        ...

    @property
    def timeout(self) -> float | None:
        """See above."""
        ...

    def finish(self, request: Any, *, failed: bool) -> None:
        """Take the leave back; called once."""
        ...


class Admission(Protocol):
    """Says which requests are begun at all."""

    def offer(
        self,
        method: str,
        path: str,
        headers: Iterable[tuple[bytes, bytes]],
        time_left: float | None,
    ) -> Grant:
        """Return the leave to handle a request.

        Raises:
            Overloaded: it should not be begun.
        """
        ...


class Refused(Exception):  # noqa: N818 - never leaves a server: it becomes an answer
    """A request that ends by the limits of the service.

    Attributes:
        why: ``late``, ``budget`` or ``overloaded``.
        detail: what its client is told.
        retry_after: seconds after which it is worth trying again; None: no use in that.
    """

    def __init__(self, why: Why, retry_after: float | None = RETRY_AFTER) -> None:
        super().__init__(why, retry_after)
        self.why: Why = why
        self.detail = DETAILS[why]
        self.retry_after = None if why == "late" else retry_after


def checked_policy(
    owner: str,
    *,
    budget: int | None,
    timeout: float | None,
    enforce: bool,
    on_excess: Literal["reject", "cancel"],
    after_budget: int,
    grace: float,
) -> Policy:
    """Return the policy; ``owner`` is named in errors.

    Raises:
        ValueError: a budget or time that is not positive.
    """
    for what, value in (("budget", budget), ("timeout", timeout), ("after_budget", after_budget)):
        if value is not None and not value > 0:
            msg = f"{owner}: {what} must be positive, not {value!r}"
            raise ValueError(msg)
    return Policy(
        budget=budget,
        timeout=timeout,
        enforce=enforce,
        on_excess=on_excess,
        after_budget=after_budget,
        grace=grace,
    )


def refusal_of(error: BaseException | None, request: RequestScope) -> Why | None:
    """Return why ``error`` says that the request ended by its own limits; None: it did not."""
    if isinstance(error, BudgetExceeded):
        return "budget"
    if isinstance(error, DeadlineExceeded):
        return "late" if error.scope == request.name else None
    if isinstance(error, ExceptionGroup):
        found = (refusal_of(each, request) for each in error.exceptions)
        return next((each for each in found if each is not None), None)
    cause = None if error is None else error.__cause__
    return "budget" if isinstance(cause, BudgetExceeded) else None


class Incoming:
    """What is done with each request of one server.

    Args:
        policy: what is asked of it.
        admission: which ones are begun at all; None: all.
        trusted: networks of callers that may raise the class of a request.

    Raises:
        ValueError: a network that is none.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        admission: Admission | None = None,
        trusted: Iterable[str] = (),
    ) -> None:
        self.policy = policy
        self._admission = admission
        self._trusted = TrustedPeers(trusted)

    async def observe(self, caller: Caller, work: Callable[[], Awaitable[T]]) -> T:
        """Count the tasks of a request, and change nothing."""
        request = LightRequest(name_of, caller, self.policy)
        token = CURRENT.set(request)
        try:
            answer = await work()
        except BaseException as error:
            await request.fail(error)
            raise
        else:
            request.end_response()
            if request.opened is not None:
                await request.opened.__aexit__(None, None, None)
            return answer
        finally:
            request.end()
            CURRENT.reset(token)

    async def handle(
        self, caller: Caller, work: Callable[[RequestScope, Level], Awaitable[T]]
    ) -> T | None:
        """Return the answer of ``work(scope, level)``; None if its scope was cancelled instead.

        Raises:
            Refused: it ended by its limits, before a response had begun.
        """
        trusted = bool(self._trusted) and self._trusted.trusts(caller.peer)
        # Also if it carries nothing: the context may be that of the request before.
        set_baggage(baggage_of(caller.headers, trusted=trusted))
        request, grant = self._admit(caller)
        failed = True
        try:
            answer = await self._in_scope(request, "normal" if grant is None else grant.level, work)
            failed = False
        finally:
            if grant is not None:
                grant.finish(request, failed=failed)
        return answer

    def _admit(self, caller: Caller) -> tuple[RequestScope, Grant | None]:
        policy = self.policy
        allowed = _least(policy.timeout, caller.time_left)
        timeout, budget = tightened(caller.headers, timeout=allowed, budget=policy.budget)
        grant = None
        if self._admission is not None:
            try:
                grant = self._admission.offer(caller.method, caller.path, caller.headers, timeout)
            except Overloaded as error:
                raise Refused("overloaded", error.retry_after) from error
            timeout, budget = _least(timeout, grant.timeout), _least(budget, grant.budget)
        request = RequestScope(name_of(caller), policy, timeout=timeout, budget=budget)
        request.info = caller
        return request, grant

    async def _in_scope(
        self,
        request: RequestScope,
        level: Level,
        work: Callable[[RequestScope, Level], Awaitable[T]],
    ) -> T | None:
        answer = None
        begun = False
        try:
            async with request:
                try:
                    answer = await work(request, level)
                finally:
                    begun = request.phase != "handling"
                request.end_response()
        except Exception as error:
            why = None if begun else refusal_of(error, request)
            if why is None:
                raise
            raise Refused(why) from error
        return answer


def is_in_request() -> bool:
    """Tell whether the running task is one that handles a request in its scope already."""
    around = CURRENT.get()
    if isinstance(around, ObservedRequest):
        return is_around_this_task(around)
    return any(
        isinstance(each.scope, RequestScope) and is_around_this_task(each)
        for each in around.lineage()
    )


def name_of(caller: Caller) -> str:
    """Return the name of a request, for its report."""
    return f"{caller.method} {caller.path}"


N = TypeVar("N", int, float)


def _least(first: N | None, second: N | None) -> N | None:
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)
