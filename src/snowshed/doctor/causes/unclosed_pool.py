"""unclosed-pool: a client or a pool is made for each request, and none is closed.

Looks for: the goroutines that libraries start for each client or pool: of ``database/sql``, pgx,
gRPC, HTTP/2, MongoDB, Kafka, NATS, OpenTelemetry and others. And connections of HTTP that are idle,
more than a single client keeps, while hardly any call is under way.

Why: ``sql.Open``, ``grpc.NewClient`` and ``&http.Transport{}`` make a pool of connections with
goroutines of its own. It is meant to be made once and to be shared. Made in a handler it connects
anew for each request, and what it has stays until ``Close``.

Evidence: there are more from look to look; there are many in one; whoever made them has ended, or
has gone on to something else.

Against: a program that keeps one for each tenant or each host has many, too, and keeps their
number.

Silence: make it where the program starts and hand it to whoever needs it; or close it where it was
made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._helpers import CLIENTS, helpers_in
from snowshed.doctor.causes._signs import Calls, call_of
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "unclosed-pool",
    Cause.UNRELEASED_RESOURCE,
    why="a client is made where it is needed instead of once, and keeps its connections and its "
    "goroutines until it is closed",
    go="make the client or the pool once and share it: sql.DB, http.Client and grpc.ClientConn are "
    "made for that; or close what a function has made: defer db.Close()",
    python="make the client once, where the application starts, or use it in async with",
)
# As many as http.DefaultTransport keeps.
IDLE_AT_MOST = 100
# With one client they are made for calls that were under way at once: of so many new ones, one.
BUSY_PART = 0.1
_READS = Calls(r"net/http\.\(\*persistConn\)\.readLoop")
_CALLS = Calls(r"net/http\.\(\*(?:persistConn\)\.roundTrip|Transport\)\.getConn)")


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield the goroutines of clients that are too many."""
    for each in helpers_in(case, CLIENTS):
        yield Suspicion(
            DETAIL,
            each.group,
            0.8 if each.left else 0.7,
            evidence=each.said,
            against=("a program that keeps one for each tenant or host has many, too",),
        )
    yield from _idle_connections(case)


def _idle_connections(case: Case) -> Iterator[Suspicion]:
    read = [group for group in case.groups if call_of(group, _READS)]
    idle = [group for group in read if group.where.state == "IO wait"]
    calling = (group for group in case.groups if call_of(group, _CALLS))
    busy = sum(group.count for group in (*read, *calling)) - sum(group.count for group in idle)
    for group in idle:
        growth = case.growth(group.where)
        if growth is None or not growth.goes_on or group.count <= IDLE_AT_MOST:
            continue
        said = (
            f"connections of HTTP are idle and become more, while {busy:,} are in use: each seems "
            "to be of a client of its own"
        )
        if busy <= BUSY_PART * growth.gained:
            yield Suspicion(
                DETAIL,
                group,
                0.5,
                evidence=(said,),
                against=("a client that calls many hosts keeps some connections to each",),
            )
