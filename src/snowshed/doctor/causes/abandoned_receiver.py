"""abandoned-receiver: a goroutine receives, and who should send or close has left.

Looks for: goroutines that wait in ``chan receive`` or in a ``select``, in the program's own code;
in a library if that is proven.

Why: whoever should send has returned without sending and without closing the channel, on a path
that nobody thought of.

Evidence: the collector has proven that nobody can send any more (``goroutineleak``); there are more
from look to look; the goroutine that started them has ended; those that it has started are stuck;
requests have waited there for minutes.

Against: this is also what every idle worker does, so without growth or proof it is only worth
a mention if its maker has gone. A pool of workers that is idle is not reported at all. Nor is who
waits for what is to be sent over a connection that another reads, or in a ``select`` of a handler:
there are as many of them as there are clients that listen. And that handlers become more that
receive outside of one, as ``<-ctx.Done()`` does, is nothing against them if the collector was asked
and something can still wake them.

Silence: close the channel where the sender ends (``defer close(ch)``), so that receivers end too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._connections import Connections, held_up, listens
from snowshed.doctor.causes._stuck import stuck_children
from snowshed.doctor.causes._waits import (
    awaited,
    grows,
    is_proven,
    said_of_orphans,
    stands_in_program,
)
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "abandoned-receiver",
    Cause.CHANNEL_CASCADE,
    why="whoever should send has returned without sending, and without closing the channel",
    go="close the channel when the sender ends (defer close(ch)), "
    "or receive in a select that also waits for ctx.Done()",
    python="close the sending side when it ends, or receive with a timeout",
)
_STATES = frozenset({"chan receive", "channel receive", "select"})
_AGAINST = ("an idle worker waits in the same way",)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits for a sender and has more than its idleness against it."""
    connections = Connections(case)
    for group in case.groups:
        if group.where.state not in _STATES or "nil" in group.state:
            continue
        inside = stands_in_program(group)
        children = stuck_children(case, group) if inside else None
        said = said_of_orphans(case, group)
        held = () if group.where.state == "select" else held_up(group)
        proven, more = is_proven(case, group), grows(case, group)
        told = said or children or held or proven or more
        # As many as there are connections, and clients that listen.
        of_clients = connections.write(group) or (listens(case, group) and (more or not held))
        if of_clients and not proven:
            continue
        if group.leaked or (inside and told):
            yield Suspicion(
                DETAIL,
                group,
                0.5 if said or children else 0.3,
                awaited=awaited(case, group),
                evidence=(*said, *held, *(children[:1] if children else ())),
                against=() if proven else _AGAINST,
                related=children[1] if children else (),
            )
