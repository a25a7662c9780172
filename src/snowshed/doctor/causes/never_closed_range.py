"""never-closed-range: a loop over a channel that nobody closes.

Looks for: goroutines that receive in the program's own code, and of which more shows that it is a
loop. A profile tells ``for v := range ch`` from ``<-ch``, as the first asks the runtime whether the
channel is closed (``chanrecv2``) and the second does not (``chanrecv1``). A dump does not; there it
takes several that one goroutine has started, and that were given the same channel or object:
workers.

Why: ``range`` over a channel ends when it is closed, and not before. Whoever sends has returned,
mostly early or after the last value, and nobody has said that it was the last.

Evidence: the collector has proven that nobody can send or close any more; there are more from look
to look; the goroutine that started them has ended.

Against: a pool of workers that is idle looks the same, so without growth, proof, or a maker that is
gone nothing is told. ``v, ok := <-ch`` is the same to the runtime. Several that wait for one value
each look like workers in a dump. Handlers are not told if the collector was asked and something can
still wake them: there are as many as clients that listen.

Silence: ``defer close(ch)`` in whoever sends; with several senders, in whoever waits for them all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._connections import listens
from snowshed.doctor.causes._signs import given_to
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
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "never-closed-range",
    Cause.CHANNEL_CASCADE,
    why="a range over a channel ends when the channel is closed, and whoever sent has returned "
    "without closing it",
    go="close the channel when the last value is sent: defer close(ch) in the sender, or after "
    "wg.Wait() where there are several",
    python="close the sending side when the last value is sent, so that the loop over the channel "
    "ends",
)
# Those with a question mark behind them may be out of date.
_ADDRESS = re.compile(r"0x[0-9a-f]{8,16}(?!\?|[0-9a-f])")
_ASKS_IF_CLOSED, _DOES_NOT = "runtime.chanrecv2", "runtime.chanrecv1"


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that seems to loop over a channel, and has more than that against it."""
    for group in case.groups:
        if group.state != "chan receive" or not stands_in_program(group):
            continue
        if listens(case, group):
            continue
        said = said_of_orphans(case, group)
        proof = is_proven(case, group)
        confidence, loops = _loops(case, group)
        if confidence and (proof or said or grows(case, group)):
            if case.asked_for_leaks and not proof:
                confidence -= 0.2
            yield Suspicion(
                DETAIL,
                group,
                confidence,
                awaited=awaited(case, group),
                evidence=(*loops, *said),
                against=() if proof else ("an idle worker waits in the same way",),
            )


def _loops(case: Case, group: Group) -> tuple[float, tuple[str, ...]]:
    """Return how sure it is that these are loops, and what says so; 0: nothing does."""
    call = case.call_at(group.where)
    workers = _workers(group)
    said = f"one goroutine has started {workers:,} of them with the same to work on, as workers are"
    if call == _DOES_NOT:
        return 0.0, ()
    if call == _ASKS_IF_CLOSED:
        asks = "they ask the runtime whether the channel is closed, as range does"
        return (0.7, (asks, said)) if workers > 1 else (0.6, (asks,))
    return (0.55, (said,)) if workers > 1 else (0.0, ())


def _workers(group: Group) -> int:
    """Return how many of one maker were given the same address, such as that of a channel."""
    given: Counter[tuple[int | None, str]] = Counter()
    for each in group.members:
        given.update((each.parent, word) for word in set(_ADDRESS.findall(given_to(each))))
    return max(given.values(), default=0)
