from __future__ import annotations

from doctor._dumps import case, goroutine
from doctor.causes._lock_dumps import waits
from snowshed.doctor.causes._locks import COMPARED_AT_MOST, OBJECT_AT_MOST, Locks

HUB = 0xC000120000


def test_the_address_of_the_lock_and_those_of_the_calls_are_told_apart() -> None:
    (wait,) = Locks(
        case(waits(2, "sync.Mutex.Lock", ("main.(*Hub).Add", HUB, 20), lock=HUB + 8))
    ).waits
    assert wait.lock == HUB + 8
    ((frame, addresses),) = wait.owners
    assert (frame.function, addresses) == ("main.(*Hub).Add", (HUB,))
    assert wait.receivers == {"main.(*Hub)"}


def test_a_lock_belongs_to_the_object_that_it_lies_in() -> None:
    (wait,) = Locks(case(waits(2, "sync.Mutex.Lock", ("main.(*Hub).Add", HUB, 20), lock=1))).waits
    inside = [bool(wait.inside(HUB + at)) for at in (-1, 0, OBJECT_AT_MOST - 1, OBJECT_AT_MOST)]
    assert inside == [False, True, True, False]


def test_a_dump_without_addresses_tells_of_no_lock() -> None:
    (wait,) = Locks(case(goroutine(2, "sync.Mutex.Lock", "main.work:5"))).waits
    assert (wait.lock, wait.owners[0][1]) == (None, ())


def test_of_a_crowd_some_are_compared() -> None:
    crowd = [
        waits(number, "sync.Mutex.Lock", ("main.(*Hub).Add", HUB, 20), lock=HUB)
        for number in range(COMPARED_AT_MOST + 50)
    ]
    assert len(Locks(case(*crowd)).waits) == COMPARED_AT_MOST
