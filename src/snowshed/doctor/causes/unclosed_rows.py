"""unclosed-rows: rows, transactions or connections of a database that are not given back.

Looks for: the goroutine that ``database/sql`` starts for open rows and for an open transaction: it
ends when they are closed. And goroutines that wait for a connection of a pool that is used up:
``database/sql``, pgx and others.

Why: rows hold their connection until they are read to their end or closed, a transaction until it
is committed or rolled back. An early return between the query and ``Close`` keeps one for ever;
when all are kept, everybody waits for a connection.

Evidence: whoever made the query has ended, or has gone on to something else; many wait for a
connection and nobody is seen at work with one; there are more from look to look.

Against: who reads from a long result has it open, too: while whoever made it is at work it is not
told. A pool that is too small, and a database that is slow, have waiters as well, and then somebody
is at work with each connection.

Silence: ``defer rows.Close()`` and ``defer tx.Rollback()`` right behind the check of the error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._signs import Calls, call_of, lasts, makers_of
from snowshed.doctor.causes._waits import MANY, grows
from snowshed.model import Cause, Related

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "unclosed-rows",
    Cause.UNRELEASED_RESOURCE,
    why="rows keep their connection until they are closed, a transaction until it is committed or "
    "rolled back",
    go="give back on every path what was opened: defer rows.Close(), defer tx.Rollback() and defer "
    "conn.Close() behind the check of the error, and a context with a deadline for each query",
)
_OPEN = Calls(r"database/sql\.\(\*(Rows|Tx)\)\.awaitDone")
_WAITS = Calls(
    r"database/sql\.\(\*DB\)\.conn$"
    r"|github\.com/jackc/puddle(?:/v\d)?\.\(\*Pool(?:\[.*\])?\)\.[aA]cquire"
    r"|github\.com/gomodule/redigo/redis\.\(\*Pool\)\.waitVacantConn"
    r"|github\.com/(?:redis/go-redis|go-redis/redis)/.*pool\.\(\*ConnPool\)\.waitTurn"
    r"|go\.mongodb\.org/mongo-driver/.*topology\.\(\*pool\)\.checkOut"
)
# What works with a connection that it has got, in the packages above.
_WORKS = Calls(
    r"database/sql\.(?:\(\*DB\)\.(?:queryDC|execDC|pingDC|beginDC|prepareDC)|withLock|\(\*Rows\)"
    r"\.(?:Next|nextLocked)|ctxDriver\w+)|github\.com/jackc/pgx/v\d/pgconn\.|github\.com/jackc/pgconn\."
    r"|github\.com/(?:redis/go-redis|go-redis/redis)/.*\(\*baseClient\)\.(?:_process|initConn)"
    r"|go\.mongodb\.org/mongo-driver/.*\(\*connection\)\."
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield what is open and nobody's, and those who wait for a connection."""
    at_work = [
        group
        for group in case.groups
        if call_of(group, _WORKS) and not call_of(group, _WAITS) and group.where.state != "created"
    ]
    for group in case.groups:
        opened = call_of(group, _OPEN)
        if opened is not None:
            yield from _open(case, group, "Tx" in opened.function)
        elif call_of(group, _WAITS):
            yield from _waiters(case, group, at_work)


def _open(case: Case, group: Group, is_transaction: bool) -> Iterator[Suspicion]:
    makers = makers_of(case, group)
    if makers.at_work and not group.leaked:
        return
    if makers.left or makers.known or group.leaked or grows(case, group):
        what = "a transaction that was neither committed nor rolled back"
        said = what if is_transaction else "rows that were neither read to their end nor closed"
        yield Suspicion(
            DETAIL,
            group,
            0.85 if makers.left else 0.7,
            evidence=(f"each stands for {said}", *makers.said),
            against=("a long result that is being read stands the same",),
        )


def _waiters(case: Case, group: Group, at_work: list[Group]) -> Iterator[Suspicion]:
    if not (lasts(case, group) or group.count >= MANY):
        return
    working = sum(each.count for each in at_work)
    nobody = "they wait for a connection, and nobody is seen at work with one"
    are = "one is" if working == 1 else f"{working:,} are"
    some = f"they wait for a connection, and {are} at work with one"
    related = tuple(Related(each.where.at, "this works with a connection") for each in at_work[:3])
    yield Suspicion(
        DETAIL,
        group,
        0.55 if working else 0.75,
        # Who works gives it back, and who waits comes back: that one is busy, and not stuck.
        waiting_is_wrong=not working,
        evidence=(some if working else nobody,),
        against=(
            "a pool that is too small, or a database that is slow, has waiters, too"
            if working
            else "connections may be used between two looks",
        ),
        related=related,
    )
