"""unclosed-body: an answer of HTTP was neither read to its end nor closed.

Looks for: the goroutine that reads a connection of Go's HTTP client, in ``select``. It waits there
until whoever has got the answer is done with its body. Between two requests it waits for bytes
instead, in ``IO wait``.

Why: an answer whose body is not closed keeps its connection, and the two goroutines that serve it,
for ever. Mostly ``defer resp.Body.Close()`` is missing, or stands behind an early return.

Evidence: there are more of them from look to look; they wait for minutes, or ten and more of the
very same in two lists.

Against: an answer that is being read, or streamed, stands the same. But then somebody reads it: so
many as read are taken for theirs, and only what is left is told.

Silence: none is needed in a program that is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._waits import MANY, OLD, grows
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "unclosed-body",
    Cause.UNRELEASED_RESOURCE,
    why="an answer whose body is not closed keeps its connection, and the goroutines that serve it",
    go="close the body of each answer: defer resp.Body.Close() right behind the check of the error",
)
_SERVES = "net/http.(*persistConn).readLoop"
_READS = "net/http.(*bodyEOFSignal).Read"


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield the connections whose answer nobody finishes, if they become more, or stay so."""
    for group in case.groups:
        if group.where.state != "select" or not _stands_in(group, _SERVES):
            continue
        left = group.count - sum(each.count for each in case.groups if _stands_in(each, _READS))
        lasts = group.minutes >= OLD or case.stayed(group) >= MANY
        if left > 0 and (lasts or grows(case, group)):
            yield Suspicion(
                DETAIL,
                group,
                0.6,
                evidence=(
                    "each holds a connection until the body of its answer is closed",
                    f"nobody is reading {left:,} of the answers now",
                ),
                against=("an answer that somebody takes in parts stands the same in between",),
            )


def _stands_in(group: Group, function: str) -> bool:
    return any(frame.function == function for frame in group.stack)
