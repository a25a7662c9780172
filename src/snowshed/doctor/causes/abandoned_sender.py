"""abandoned-sender: a goroutine sends, and who should receive has left.

Looks for: goroutines that wait in ``chan send``, in the program's own code; in a library if that is
proven, or lasts for minutes.

Why: whoever started it has stopped listening, mostly because it has returned early: on a timeout,
on an error, after the first of several answers. An unbuffered channel then holds the sender for
ever, with all that it has.

Evidence: the collector has proven that nobody can receive any more (``goroutineleak``); there are
more from look to look; the very same still wait; the goroutine that started them has ended; many
stand at the same line.

Against: a receiver that is slow looks the same in one look. That is back-pressure, and well; and so
is a generator whose values nobody needs now. So age counts only of ten and more at one line, whose
makers have ended, or which wait for minutes.

Silence: a buffer with a place for each value that will be sent, or a ``select`` with
``ctx.Done()`` around the send.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._python_requests import for_requests
from snowshed.doctor.causes._waits import (
    MANY,
    OLD,
    awaited,
    is_proven,
    orphans,
    said_of_orphans,
    stands_in_program,
    waiters_of_one,
)
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "abandoned-sender",
    Cause.CHANNEL_CASCADE,
    why="whoever should receive has returned early, on a timeout, on an error, or after the "
    "first of several answers, and the channel has no room",
    go="give the channel a buffer for every value that is sent, "
    "or send in a select that also waits for ctx.Done()",
    python="receive until the channel is closed, or send with a timeout",
)
_STATES = frozenset({"chan send", "channel send", "queue put"})


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits for a receiver."""
    for group in case.groups:
        if group.where.state in _STATES and "nil" not in group.state and _is_meant(case, group):
            said = said_of_orphans(case, group)
            own = group.is_python and group.count > 1 and waiters_of_one(group) == 1
            if own:
                said = (*said, "each waits at one of its own, from which nobody takes")
            yield Suspicion(
                DETAIL,
                group,
                0.6 if said else 0.4,
                waiting_is_wrong=_is_wrong(case, group),
                awaited=awaited(case, group),
                evidence=said,
                against=("a receiver that is slow looks the same in a single look",),
            )


def _is_meant(case: Case, group: Group) -> bool:
    old = group.minutes >= OLD and not group.is_python
    return stands_in_program(group) or is_proven(case, group) or old


def _is_wrong(case: Case, group: Group) -> bool:
    """Tell whether no generator and no crowd at a slow receiver stands like that for long."""
    if group.is_python:
        # The stages of a pipeline wait for each other all day, a request for a moment.
        return for_requests(group)
    # Fewer may be generators, one for each of something.
    left = 2 * orphans(case, group) >= group.count
    return group.count >= MANY and (left or group.minutes >= OLD)
