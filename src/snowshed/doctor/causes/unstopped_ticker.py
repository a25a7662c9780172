"""unstopped-ticker: loops that a timer wakes, and that nobody ends.

Looks for: goroutines of the program that wait in ``chan receive`` or ``select`` and that something
wakes again and again. And the loops of libraries that do something from time to time: caches that
clean up, logs that are flushed, ``wait.Until`` of Kubernetes.

Why: ``for range ticker.C`` has no end, and ``Stop`` does not close the channel. Started for each
request, there is one for each, that runs for ever. Since Go 1.23 a ticker that nobody refers to is
collected, but a goroutine that waits for it does refer to it.

Evidence: some stand at the same line and do not wait; the collector was asked whom nothing can wake
and has not found one of them; they are older than others in the dump, and have waited for less;
there are more from look to look, and whoever started them has ended.

Against: what another goroutine keeps a channel to can be woken as well, such as a subscriber. A
dump does not say that a channel is that of a timer. Where one beside them reads from a connection,
they are what writes to it, and are not told.

Silence: a ``select`` with ``ctx.Done()`` or a channel that is closed beside the ticker, and ``defer
ticker.Stop()``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from snowshed.doctor._case import Growth
from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._origin import Line
from snowshed.doctor.causes._connections import Connections, in_request
from snowshed.doctor.causes._helpers import TICKERS, helpers_in
from snowshed.doctor.causes._signs import makers_of
from snowshed.doctor.causes._waits import MANY, grows, orphans, stands_in_program, was_asked_about
from snowshed.model import Cause, StateClass

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Frame

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "unstopped-ticker",
    Cause.UNRELEASED_RESOURCE,
    why="a loop over a ticker has no end of its own, and Stop does not close the channel",
    go="give the loop an end: select with ctx.Done() beside ticker.C, and defer ticker.Stop(); "
    "one loop for all instead of one for each request",
    python="start the loop in the scope of what it serves, so that it ends with it",
)
_STATES = frozenset({"chan receive", "select"})
_AWAKE = frozenset({StateClass.RUNNING, StateClass.READY})
# Of those that were there before, so many have to be there still: a loop does not end.
STAY_FROM = 0.9
# Who has waited for so many minutes shows that the collector has been there, and when.
OLD = 2

# How many do not wait, by where they stand and who has made them.
_Awake: TypeAlias = "Counter[tuple[Frame, Frame | None]]"


class _Seen(NamedTuple):
    """What tells of all goroutines of a case whether time goes by for them."""

    awake: _Awake
    oldest: tuple[int, int]


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield the loops that something wakes, if they become more or nobody has them any more."""
    for each in helpers_in(case, TICKERS):
        yield Suspicion(
            DETAIL,
            each.group,
            0.75,
            evidence=each.said,
            against=("a program that keeps several for good has many, too",),
        )
    seen, connections = _Seen(_awake(case), _oldest_wait(case)), Connections(case)
    for group in case.groups:
        if group.state not in _STATES or not stands_in_program(group):
            continue
        # A handler waits for its client to go, and its context tells it.
        if not (in_request(group) or connections.write(group)):
            yield from _of_program(case, group, seen)


def _of_program(case: Case, group: Group, seen: _Seen) -> Iterator[Suspicion]:
    left, grown = orphans(case, group), _grown(case, group)
    woken = _woken(group, seen.awake, seen.oldest)
    reachable = grows(case, group) and was_asked_about(case, group)
    if group.leaked or not ((woken and left) or reachable):
        return
    evidence = [woken] if woken else []
    if reachable:
        evidence.append("the collector was asked, and something can still wake them: a timer can")
    if left:
        evidence.append(f"who made {left:,} of them has ended")
    # Workers are several of one maker, a loop for a request is alone.
    alone = makers_of(case, group).most <= 1
    yield Suspicion(
        DETAIL,
        group,
        (0.65 if woken else 0.55) - (0.0 if alone else 0.15),
        growth=None if grows(case, group) else grown,
        evidence=tuple(evidence),
        against=("a subscriber, whose channel somebody keeps, is woken in the same way",),
    )


def _grown(case: Case, group: Group) -> Growth | None:
    """Return the growth of those of the same line, whatever they do at the moment.

    A loop that has just been woken is counted elsewhere. None: there are no more, or those of
    before are not there, and who ends by itself is no loop.
    """
    lineage = case.lineage
    if lineage is None or lineage.before is None or group.created_by is None:
        return None
    line = Line(group.created_by)
    before, now = lineage.before.ids_of(line), lineage.family.ids_of(line)
    growth = Growth((len(before), len(now)))
    stay = len(before & now) >= STAY_FROM * len(before)
    return growth if growth.grows and before and stay else None


def _awake(case: Case) -> _Awake:
    found: _Awake = Counter()
    for group in case.groups:
        if group.state_class in _AWAKE:
            found[group.where.at, group.created_by] += group.count
    return found


def _oldest_wait(case: Case) -> tuple[int, int]:
    """Return the id of the youngest that has waited for long, and for how many minutes."""
    old = [
        (each.id, each.minutes)
        for group in case.groups
        for each in group.members
        if each.minutes >= OLD
    ]
    return max(old, default=(0, 0))


def _woken(group: Group, awake: _Awake, oldest: tuple[int, int]) -> str:
    """Return what shows that something wakes them again and again; "" if nothing does."""
    up = awake[group.where.at, group.created_by] if group.created_by else 0
    if up:
        return f"{up:,} more stand at the same line and do not wait: something wakes them"
    # Each processor takes some ids in advance, so that a few that are lower say nothing.
    older = sum(each.id < oldest[0] for each in group.members)
    if older < MANY or any(each.minutes for each in group.members):
        return ""
    return (
        f"{older:,} of them are older than goroutine {oldest[0]}, which has waited for "
        f"{oldest[1]} minutes, and have waited for less than one: something wakes them"
    )
