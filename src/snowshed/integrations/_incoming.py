"""One request of a server that is not ASGI: let in, put into a scope, and told why it ended.

aiohttp and gRPC differ in what a request looks like and in how it is answered; what lies between
is the same, and here. A protocol says what it knows (`Caller`), hands over the work, and makes its
own answer of a `Refused`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from snowshed.core._budget import CURRENT
from snowshed.errors import Overloaded
from snowshed.integrations._entrance import Entrance
from snowshed.integrations._observed import LightRequest, ObservedRequest
from snowshed.integrations._problem import TOO_LATE, TOO_MANY, Problem, refusal_of
from snowshed.integrations._request import Policy, RequestScope, is_around_this_task
from snowshed.shed._criticality import TrustedPeers
from snowshed.shed._final import note_final
from snowshed.shed._retry_after import come_back

if TYPE_CHECKING:
    from snowshed.shed._admission import Admission, Admitted

__all__ = ["GONE", "Caller", "Incoming", "Refused", "is_in_request"]

T = TypeVar("T")
GONE = "the client has gone"


@dataclass(frozen=True, slots=True)
class Caller:
    """What a protocol knows of a request that has come.

    Attributes:
        method: the verb, or what the protocol has in its place.
        path: as it was asked for.
        headers: names in lower case.
        peer: address of the other end of the connection, without the port; None: it has none.
        template: of the path; None if there is none.
        time_left: seconds that the protocol itself gives the request; None: any time.
    """

    method: str
    path: str
    headers: Sequence[tuple[bytes, bytes]]
    peer: str | None = None
    template: str | None = None
    time_left: float | None = None


class Refused(Exception):  # noqa: N818 - never leaves a server: it becomes an answer
    """A request that ends by the limits of the service.

    Attributes:
        problem: which limit, and what its client is told.
        retry_after: seconds after which it is worth trying again; None: no use in that.
    """

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(problem.title)
        self.problem = problem
        again = come_back() if retry_after is None else retry_after
        self.retry_after = again if problem.again else None


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
        # An admission needs a scope, whether it refuses or only counts.
        self.only_watches = not policy.enforce and admission is None
        self._entrance = Entrance(policy, admission=admission, trusted=TrustedPeers(trusted))

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
        self,
        caller: Caller,
        work: Callable[[RequestScope, Admitted | None], Awaitable[T]],
        *,
        has_failed: Callable[[T | None, BaseException | None], bool],
    ) -> T | None:
        """Return the answer of ``work(scope, admitted)``; None if its scope was cancelled instead.

        Args:
            caller: the request.
            work: what is done in its scope.
            has_failed: tells of an answer or an error whether it is a failure of the service.

        Raises:
            Refused: it ended by its limits, before a response had begun.
        """
        try:
            request, admitted = self._entrance.let_in(
                caller.method,
                caller.path,
                caller.headers,
                peer=caller.peer,
                time_left=caller.time_left,
            )
        except Overloaded as error:
            raise Refused(TOO_MANY, error.retry_after) from error
        request.info = caller
        ended: _Ended[T] = _Ended()
        try:
            return await self._in_scope(request, admitted, work, ended)
        finally:
            if admitted is not None:
                admitted.finish(
                    request,
                    failed=ended.refused or has_failed(ended.answer, ended.error),
                    late=ended.late,
                    gone=not ended.begun and _has_gone(request, ended.error),
                    template=caller.template,
                )

    async def _in_scope(
        self,
        request: RequestScope,
        admitted: Admitted | None,
        work: Callable[[RequestScope, Admitted | None], Awaitable[T]],
        ended: _Ended[T],
    ) -> T | None:
        try:
            async with request:
                try:
                    ended.answer = await work(request, admitted)
                finally:
                    ended.begun = request.phase != "handling"
                if admitted is not None:
                    admitted.answered()
                request.end_response()
        except BaseException as error:
            ended.error = error
            note_final(error)
            problem = None
            if self.policy.enforce and isinstance(error, Exception) and not ended.begun:
                problem = refusal_of(error, request)
            ended.refused = problem is not None or isinstance(error, Refused)
            ended.late = problem is TOO_LATE
            if problem is None:
                raise
            raise Refused(problem) from error
        return ended.answer


class _Ended(Generic[T]):
    """How a request has ended."""

    __slots__ = ("answer", "begun", "error", "late", "refused")

    def __init__(self) -> None:
        self.answer: T | None = None
        self.error: BaseException | None = None
        self.begun = False
        self.refused = self.late = False


def _has_gone(request: RequestScope, error: BaseException | None) -> bool:
    return request.reason == GONE or isinstance(error, asyncio.CancelledError)


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
