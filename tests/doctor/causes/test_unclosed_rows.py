from __future__ import annotations

import pytest

from doctor._dumps import case, goroutine, look
from doctor.causes._profiles import profile
from doctor.causes._recorded import recorded
from snowshed.doctor._case import Case
from snowshed.doctor.causes.unclosed_rows import suspicions

MAIN = goroutine(1, "select", "main.main:9", created="")
WAITS = ("database/sql.(*DB).conn:1369", "database/sql.(*DB).query:1751", "main.load:12")
WORKS = (
    "syscall.Read:1",
    "database/sql.withLock:3",
    "database/sql.(*DB).queryDC:9",
    "main.load:12",
)


def opened(what: str, state: str, *parents: int) -> list[str]:
    return [
        goroutine(
            10 + n, state, f"database/sql.(*{what}).awaitDone:5", created=f"x in goroutine {p}"
        )
        for n, p in enumerate(parents)
    ]


def waiters(count: int) -> list[str]:
    return [goroutine(100 + n, "select", *WAITS) for n in range(count)]


@pytest.mark.parametrize(
    ("what", "state", "said"),
    [
        ("Rows", "select", "each stands for rows that were neither read to their end nor closed"),
        ("Tx", "chan receive", "each stands for a transaction that was neither committed nor"),
    ],
)
def test_what_is_open_and_nobodys_is_told(what: str, state: str, said: str) -> None:
    (found,) = suspicions(case(MAIN, *opened(what, state, 98, 99)))
    assert (found.confidence, found.evidence[0].startswith(said)) == (0.85, True)


def test_what_somebody_works_with_is_not_told_however_many_there_are() -> None:
    readers = [goroutine(n, "IO wait", "main.export:3") for n in range(200, 240)]
    looks = [look(MAIN, *readers, *opened("Rows", "select", *range(200, n))) for n in (205, 240)]
    assert not [*suspicions(Case(looks))]


def test_a_profile_tells_them_by_their_growth() -> None:
    calls = ("runtime.selectgo:1", "database/sql.(*Rows).awaitDone:5")
    (found,) = suspicions(Case([profile((3, calls)), profile((30, calls))]))
    assert found.confidence == 0.7


def test_waiters_with_nobody_at_work_show_connections_that_are_kept() -> None:
    (found,) = suspicions(case(MAIN, *waiters(20)))
    assert (found.confidence, found.waiting_is_wrong) == (0.75, True)
    assert found.evidence == ("they wait for a connection, and nobody is seen at work with one",)


def test_with_somebody_at_work_the_pool_may_be_too_small() -> None:
    at_work = goroutine(50, "syscall", *WORKS)
    (found,) = suspicions(case(MAIN, at_work, *waiters(20)))
    assert (found.confidence, found.waiting_is_wrong) == (0.55, False)
    assert found.related[0].at.function == "main.load"


def test_who_has_not_begun_is_not_at_work() -> None:
    created = goroutine(50, "created", *WORKS)
    (found,) = suspicions(case(MAIN, created, *waiters(20)))
    assert found.waiting_is_wrong


def test_a_few_waiters_of_a_moment_are_well_and_so_is_an_idle_pool() -> None:
    assert not [*suspicions(case(MAIN, *waiters(9)))]
    idle = goroutine(30, "select", "database/sql.(*DB).connectionOpener:5")
    assert not [*suspicions(case(MAIN, idle))]


@pytest.mark.parametrize(("name", "at_work"), [("pgx-rows", 0), ("pgx-hang", 2), ("redis-get", 2)])
def test_pools_of_other_libraries_are_known(name: str, at_work: int) -> None:
    (found,) = suspicions(Case([recorded(name)]))
    assert (found.group.count, found.waiting_is_wrong) == (10, not at_work)
    assert ("nobody is seen" in found.evidence[0]) is not bool(at_work)
