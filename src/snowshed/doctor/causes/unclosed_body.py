"""unclosed-body: an answer of HTTP was neither read to its end nor closed.

Looks for: the goroutine that reads a connection of Go's HTTP client, in ``select``. It waits there
until whoever has got the answer is done with its body. Between two requests it waits for bytes
instead, in ``IO wait``.

Why: an answer whose body is not closed keeps its connection, and the two goroutines that serve it,
for ever. Mostly ``defer resp.Body.Close()`` is missing, or stands behind an early return.

Evidence: there are more of them from look to look.

Against: an answer that is being read, or streamed, stands the same.

Silence: none is needed in a program that is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "unclosed-body",
    Cause.UNRELEASED_RESOURCE,
    why="an answer whose body is not closed keeps its connection, and the goroutines that serve it",
    go="close the body of each answer: defer resp.Body.Close() right behind the check of the error",
)
_READS = "net/http.(*persistConn).readLoop"


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield the connections whose answer somebody has not finished, if they become more."""
    for group in case.groups:
        reads = any(frame.function == _READS for frame in group.stack)
        growth = case.growth(group.where) if reads and group.where.state == "select" else None
        if growth is not None and growth.grows:
            yield Suspicion(
                DETAIL,
                group,
                0.6,
                evidence=("each holds a connection until the body of its answer is closed",),
                against=("an answer that is being streamed stands the same",),
            )
