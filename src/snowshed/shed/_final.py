"""Whether trying again is of no use: said on an error, and by a request to who asked for it.

Where each of three services tries three times, the last one is asked 27 times. Only one of them
should retry: the one next to what fails. The others have to be told that it was done, and an error
tells nobody but its own process: over a network it becomes a status, and a new error.

So a request has a mark too. What marks an error as final also marks the request in whose context
that happens; a server that fails such a request says so in its answer, and `is_final` knows the
errors that client libraries make of that answer.

=========  =============================  ==================================
protocol   said by                        with answers of
=========  =============================  ==================================
HTTP       ``snowshed-retry: never``      status 500 and above
gRPC       ``grpc-retry-pushback-ms: -1`` any status but OK (gRFC A6)
=========  =============================  ==================================
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextvars import ContextVar

__all__ = [
    "FINAL_MARK",
    "NEVER",
    "PUSHBACK_NAME",
    "PUSHBACK_NEVER",
    "RETRY_NAME",
    "FinalMark",
    "is_final",
    "mark_final",
    "note_answer",
    "note_final",
]

RETRY_NAME, NEVER = "snowshed-retry", "never"
PUSHBACK_NAME, PUSHBACK_NEVER = "grpc-retry-pushback-ms", "-1"


class FinalMark:
    """One request's.

    Attributes:
        final: whether what it did ended in an error that is of no use to be tried again.
    """

    __slots__ = ("final",)

    def __init__(self) -> None:
        self.final = False

    def __repr__(self) -> str:
        return f"<FinalMark {'final' if self.final else 'not final'}>"


FINAL_MARK: ContextVar[FinalMark | None] = ContextVar("snowshed_final_mark", default=None)
"""The mark of the request in whose context the code runs; None outside, and while observing."""


def mark_final(error: BaseException) -> None:
    """Mark that retrying was done below, or is of no use, so that nobody above does it again.

    Marks ``error``, and the request in whose context this is called: if the request fails, a server
    that handles requests in enforcing scopes tells its client not to retry, by the header
    ``snowshed-retry: never`` (gRPC: ``grpc-retry-pushback-ms: -1``).
    """
    with contextlib.suppress(AttributeError, TypeError):  # a class of errors with slots
        error._snowshed_final = True  # type: ignore[attr-defined]
    _mark_request()


def is_final(error: BaseException) -> bool:
    """Tell whether `mark_final` was called on ``error``, here or in the service that answered.

    Of a service this is known by errors that have its answer: ``HTTPStatusError`` of httpx and
    httpx2, ``ClientResponseError`` of aiohttp, ``AioRpcError`` of gRPC, and others of that shape.
    An error that is raised anew from such a one has to be marked by who raises it.
    """
    if getattr(error, "_snowshed_final", False) is True:
        return True
    try:
        return _headers_say_so(error) or _trailers_say_so(error)
    except Exception:  # noqa: BLE001 - an error of a shape that nobody knows says nothing
        return False


def note_final(error: BaseException) -> None:
    """Mark the request in whose context this is called, if ``error`` is final."""
    if is_final(error):
        _mark_request()


def note_answer(said: Callable[[str], str | None]) -> None:
    """Mark the request in whose context this is called, if an answer that it got says so.

    Args:
        said: returns the value of a header, or None.
    """
    if said(RETRY_NAME) == NEVER:
        _mark_request()


def _mark_request() -> None:
    mark = FINAL_MARK.get()
    if mark is not None:
        mark.final = True


def _headers_say_so(error: BaseException) -> bool:
    for holder in (getattr(error, "response", None), error):
        get = getattr(getattr(holder, "headers", None), "get", None)
        if get is not None and get(RETRY_NAME) == NEVER:
            return True
    return False


def _trailers_say_so(error: BaseException) -> bool:
    trailers = getattr(error, "trailing_metadata", None)
    if not callable(trailers):
        return False
    return any(
        name == PUSHBACK_NAME and str(value).startswith("-") for name, value in trailers() or ()
    )
