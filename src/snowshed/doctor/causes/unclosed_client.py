"""unclosed-client: clients of a library are made again and again, and not closed.

Looks for: lines of the program that make sessions of aiohttp, clients of httpx or redis, or
connections of asyncpg, of which more and more are still there, as the service counts them.

Why: each client has connections of its own. One that is made for each request, and kept or
forgotten, keeps them until it is collected: the other side, or the system, runs out of them.

Evidence: how many are open, and that there are more from look to look.

Against: a client for each tenant, or each peer, may be meant; their number then has a bound. Where
about as many tasks stand in the function that makes them, the clients are at work: what those tasks
wait for is the fault.
Clients that are made for each request and closed again are ``low``: they cost a connection each
time, and do not pile up.

Silence: one client for the whole service, made when it starts and closed when it ends; or
``async with`` around each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from snowshed.doctor._case import Growth
from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._looks import Group, Where
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._tasks import Client, Facts
    from snowshed.model import Frame

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "unclosed-client",
    Cause.UNRELEASED_RESOURCE,
    why="each client has connections of its own, and nobody closes these",
    go="",
    python="make one client when the service starts and close it when it ends, or use each in "
    "'async with'",
)
STATE = "open client"
# Of clients that are made and closed again so many between two looks are worth a word.
MADE = 50


class _Count(NamedTuple):
    created: int
    live: int


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each line whose clients become more, and each that makes one after the other."""
    told = [facts for facts in case.facts if facts.clients is not None]
    if len(told) < 2:
        return
    looks = [_counted(facts) for facts in told]
    times = told[0].taken_at, told[-1].taken_at
    seconds = None if times[0] is None or times[1] is None else times[1] - times[0]
    for (kind, at), now in looks[-1].items():
        counts = [look.get((kind, at), _Count(0, 0)) for look in looks]
        growth = Growth(tuple(each.live for each in counts), seconds)
        made = now.created - counts[0].created
        if 2 * _at_work(case, at) >= now.live > 0:
            continue
        if at.file and (growth.grows or made >= MADE):
            yield _suspicion(kind, at, now, made, growth)


def _at_work(case: Case, at: Frame) -> int:
    """Return how many tasks stand in the function that makes the clients."""
    name = at.function.rpartition(".")[2]
    return sum(
        group.count
        for group in case.groups
        if any(
            frame.file == at.file and frame.function.rpartition(".")[2] == name
            for frame in group.stack
        )
    )


def _suspicion(kind: str, at: Frame, now: _Count, made: int, growth: Growth) -> Suspicion:
    where = Where(STATE, replace(at, function=at.function.rpartition(".")[2]))
    if growth.grows:
        evidence = f"{now.live:,} of {now.created:,} {kind} that were made here are still open"
        against = "one client for each of many peers may be meant"
    else:
        evidence = f"{made:,} {kind} were made here between the looks, for a moment each"
        against = "they are closed again, and do not become more"
    return Suspicion(
        DETAIL,
        Group(where, STATE, (at,), count=now.live),
        0.75 if growth.grows else 0.5,
        growth=growth,
        evidence=(evidence,),
        against=(against,),
    )


def _counted(facts: Facts) -> dict[tuple[str, Frame], _Count]:
    """Return the clients by class and line; of several processes the sum."""
    found: dict[tuple[str, Frame], _Count] = {}
    for each in facts.clients or ():
        found[each.kind, each.at] = _sum(found.get((each.kind, each.at)), each)
    return found


def _sum(known: _Count | None, each: Client) -> _Count:
    if known is None:
        return _Count(each.created, each.live)
    return _Count(known.created + each.created, known.live + each.live)
