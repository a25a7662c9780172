from __future__ import annotations

from doctor._dumps import case
from doctor.causes._lock_dumps import waits
from snowshed.doctor.causes.double_lock import suspicions

CART = 0xC000120000
MUTEX = "sync.Mutex.Lock"
INNER, OUTER = ("main.(*Cart).total", CART, 20), ("main.(*Cart).Add", CART, 30)


def test_a_call_further_out_that_works_on_the_same_object_is_told() -> None:
    (found,) = suspicions(case(waits(2, MUTEX, INNER, OUTER, lock=CART + 8)))
    assert found.evidence == ("a call further out works on the same object",)
    assert (found.related[0].at.line, found.waiting_is_wrong) == (30, True)


def test_readers_can_lock_twice_as_well() -> None:
    (found,) = suspicions(case(waits(2, "sync.RWMutex.RLock", INNER, OUTER, lock=CART)))
    assert found.confidence == 0.6


def test_a_crowd_at_a_busy_lock_is_no_fault() -> None:
    crowd = [waits(number, MUTEX, INNER, lock=CART + 8) for number in range(2, 500)]
    assert not [*suspicions(case(*crowd))]


def test_a_lock_of_another_object_is_no_fault() -> None:
    other = ("main.(*Shop).handle", CART + 0x4000, 40)
    assert not [*suspicions(case(waits(2, MUTEX, INNER, other, lock=CART + 8)))]


def test_one_that_is_proven_and_alone_can_only_wait_for_itself() -> None:
    (found,) = suspicions(case(waits(2, MUTEX, ("main.work", 0, 7), leaked=True)))
    assert found.evidence == (
        "nobody else is seen who could hold the lock: it may have been left locked",
    )
    two = [waits(number, MUTEX, ("main.work", 0, number), leaked=True) for number in (2, 3)]
    assert not [*suspicions(case(*two))]
