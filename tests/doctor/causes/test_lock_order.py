from __future__ import annotations

from doctor._dumps import case
from doctor.causes._lock_dumps import waits
from snowshed.doctor.causes.lock_order import suspicions

STORE, REPLICA = 0xC000120000, 0xC000340000
MUTEX = "sync.Mutex.Lock"


def crossed() -> tuple[str, str]:
    return (
        waits(
            2,
            MUTEX,
            ("main.(*Replica).report", REPLICA, 61),
            ("main.(*Store).send", STORE, 43),
            lock=REPLICA + 8,
        ),
        waits(
            3,
            MUTEX,
            ("main.(*Store).coalesce", STORE, 93),
            ("main.(*Replica).tick", REPLICA, 69),
            lock=STORE + 16,
        ),
    )


def test_two_that_wait_crosswise_are_told_with_each_other() -> None:
    first, second = suspicions(case(*crossed()))
    assert {first.confidence, second.confidence} == {0.8}
    assert first.related[0].at == second.group.where.at
    assert "goroutine 3 waits for a lock of the object that these work on" in first.evidence[0]


def test_two_that_wait_for_the_same_lock_are_not() -> None:
    waiting = [
        waits(number, MUTEX, ("main.(*Store).get", STORE, 10), lock=STORE + 16)
        for number in range(2, 50)
    ]
    assert not [*suspicions(case(*waiting))]


def test_one_that_works_on_another_object_is_not() -> None:
    first, _ = crossed()
    other = waits(3, MUTEX, ("main.(*Store).coalesce", STORE + 0x9000, 93), lock=STORE + 0x9010)
    assert not [*suspicions(case(first, other))]


def test_where_addresses_are_lost_several_proven_waits_are_worth_a_word() -> None:
    lost = [
        waits(number, MUTEX, ("main.(*Store).get", 0, number), leaked=True) for number in (2, 3)
    ]
    found = [*suspicions(case(*lost))]
    assert [each.confidence for each in found] == [0.3, 0.3]
    assert found[0].evidence == ("another place waits for ever, for a lock",)
