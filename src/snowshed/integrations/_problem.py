"""The answers that snowshed gives itself: problem documents (RFC 9457).

They say what the client can do something about. The cause is in the report and in the log.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.errors import BudgetExceeded, DeadlineExceeded
from snowshed.shed._retry_after import come_back

if TYPE_CHECKING:
    from snowshed.integrations._asgi_types import Send
    from snowshed.integrations._request import RequestScope

__all__ = ["TOO_LATE", "TOO_MANY", "TOO_MUCH", "Problem", "refusal_of", "refuse"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request has no other answer.

    Attributes:
        status: of HTTP.
        title: the words of HTTP for it.
        detail: what the client is told.
        again: whether it is worth trying again.
    """

    status: int
    title: str
    detail: str
    again: bool

    @property
    def body(self) -> bytes:
        """The document."""
        content = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return json.dumps(content).encode()


TOO_MUCH = Problem(
    503,
    "Service Unavailable",
    "The request would have needed more work at once than the service allows.",
    again=True,
)
TOO_MANY = Problem(
    503,
    "Service Unavailable",
    "The service has more to do than it can; this request was not begun.",
    again=True,
)
TOO_LATE = Problem(504, "Gateway Timeout", "The response was not ready in time.", again=False)

# A flood of refusals is no time to make the same document ten thousand times.
_BODIES = {problem: problem.body for problem in (TOO_MUCH, TOO_MANY, TOO_LATE)}


async def refuse(send: Send, problem: Problem, *, retry_after: float | None = None) -> None:
    """Answer with ``problem``.

    Args:
        send: of ASGI.
        problem: which.
        retry_after: seconds, told in whole ones, rounded up; None: some, at random.
    """
    body = _BODIES[problem]
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if problem.again:
        seconds = math.ceil(come_back() if retry_after is None else retry_after)
        headers.append((b"retry-after", str(seconds).encode()))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def refusal_of(error: BaseException | None, request: RequestScope) -> Problem | None:
    """Return the limit of its own by which ``error`` says that the request ended, if it does."""
    if isinstance(error, BudgetExceeded):
        return TOO_MUCH
    if isinstance(error, DeadlineExceeded):
        return TOO_LATE if error.scope == request.name else None
    if isinstance(error, ExceptionGroup):
        found = (refusal_of(each, request) for each in error.exceptions)
        return next((each for each in found if each is not None), None)
    cause = None if error is None else error.__cause__
    return TOO_MUCH if isinstance(cause, BudgetExceeded) else None
