from __future__ import annotations

import pytest

from doctor._dumps import case, goroutine
from doctor.causes._lock_dumps import waits
from snowshed.doctor.causes._locks import (
    COMPARED_AT_MOST,
    OBJECT_AT_MOST,
    Locks,
    LockWait,
    Place,
)

HUB = 0xC000120000
MUTEX, READ, WRITE = "sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock"


def wait_in(text: str) -> LockWait:
    (wait,) = Locks(case(text)).waits
    return wait


def test_the_address_of_the_lock_and_those_of_the_calls_are_told_apart() -> None:
    wait = wait_in(waits(2, MUTEX, ("main.(*Hub).Add", HUB, 20), lock=HUB + 8))
    assert (wait.lock, wait.base, wait.receiver) == (HUB + 8, HUB, "main.(*Hub)")
    (call,) = wait.calls
    assert (call.frame.function, call.words, call.doubtful) == ("main.(*Hub).Add", (HUB,), ())
    assert call.shows_first


@pytest.mark.parametrize(
    ("first", "base"),
    [
        (HUB, HUB),
        (HUB + 8, HUB + 8),
        (HUB + 9, None),
        (HUB + 9 - OBJECT_AT_MOST, HUB + 9 - OBJECT_AT_MOST),
        (HUB + 8 - OBJECT_AT_MOST, None),
    ],
)
def test_a_lock_belongs_to_the_object_that_it_lies_in(first: int, base: int | None) -> None:
    assert wait_in(waits(2, MUTEX, ("main.(*Hub).Add", first, 20), lock=HUB + 8)).base == base


def with_arguments(lock: str, *calls: tuple[str, str]) -> str:
    text = goroutine(2, MUTEX, "sync.(*RWMutex).Lock:9", *(f"{name}:9" for name, _ in calls))
    text = text.replace("sync.(*RWMutex).Lock(...)", f"sync.(*RWMutex).Lock({lock})")
    for name, arguments in calls:
        text = text.replace(f"{name}(...)", f"{name}({arguments})")
    return text


def test_what_is_doubtful_is_the_lock_only_inside_the_object_that_is_shown() -> None:
    call = ("main.(*Hub).Add", f"{HUB:#x}")
    assert wait_in(with_arguments(f"{HUB + 8:#x}?", call)).lock == HUB + 8
    assert wait_in(with_arguments("0xc00099fc8?", call)).lock is None
    assert wait_in(with_arguments(f"{HUB + 8:#x}?", (call[0], f"{HUB:#x}?"))).lock is None


def test_a_method_that_only_takes_the_lock_is_not_one_that_has_it() -> None:
    wrapper = ("main.(*SafeMutex).Lock", HUB, 40)
    wait = wait_in(waits(2, MUTEX, wrapper, ("main.(*Hub).Add", HUB, 20), lock=HUB))
    assert [call.frame.function for call in wait.calls] == ["main.(*Hub).Add"]
    assert wait.group.where.at.line == 20
    # It may have the lock by a pointer.
    wrapper = ("main.(*TimedMutex).Lock", HUB + 16, 40)
    wait = wait_in(waits(2, MUTEX, wrapper, ("main.(*Hub).Add", HUB, 20), lock=HUB + 0x99990))
    assert (wait.lock, wait.base) == (HUB + 16, HUB)


def test_a_dump_without_addresses_tells_of_no_lock() -> None:
    wait = wait_in(goroutine(2, MUTEX, "main.work:5"))
    assert (wait.lock, wait.base, wait.calls[0].words) == (None, None, ())


def test_of_a_crowd_at_one_lock_a_few_are_looked_at_and_of_each_lock_some() -> None:
    crowd = [waits(n, MUTEX, ("main.(*Hub).Add", HUB, 20), lock=HUB) for n in range(2, 90)]
    each = [waits(n, MUTEX, ("main.(*Hub).Add", n << 20, 20), lock=n << 20) for n in range(2, 90)]
    assert len(Locks(case(*crowd)).waits) == COMPARED_AT_MOST
    assert len(Locks(case(*each)).waits) == 88


def test_of_a_crowd_those_are_looked_at_who_were_given_an_address_near_to_a_lock() -> None:
    lock = waits(2, MUTEX, ("main.(*Hub).Add", HUB, 20), lock=HUB + 8)
    far = [waits(n, "select", ("main.run", HUB + (n << 20), 40)) for n in range(3, 90)]
    near = waits(99, "select", ("main.run", HUB, 40))
    others = {other.goroutine.id for other in Locks(case(lock, *far, near)).others}
    assert 99 in others
    assert len(others) <= COMPARED_AT_MOST + 1


def test_who_waits_for_the_same_lock_is_known_by_the_lock_or_by_its_object() -> None:
    call = ("main.(*Hub).Add", HUB, 20)
    locks = Locks(
        case(
            waits(2, WRITE, call, lock=HUB + 8),
            waits(3, WRITE, call, lock=HUB + 8),
            waits(4, READ, ("main.(*Hub).Get", HUB, 30)).replace("RLock(0x0)", "RLock(...)"),
            waits(5, WRITE, call, lock=HUB + 64),
            waits(6, MUTEX, call, lock=HUB + 8),
        )
    )
    by_id = {wait.goroutine.id: wait for wait in locks.waits}

    def same(number: int) -> set[int]:
        return {wait.goroutine.id for wait in locks.at_same(by_id[number])}

    assert same(2) == {3, 4}
    assert same(4) == {2, 3, 5}
    assert same(6) == set()


def test_where_whoever_waits_does_not_show_the_object_it_is_what_lies_next_below() -> None:
    lock = waits(2, MUTEX, ("main.work", 0, 20), lock=HUB + 8)
    near = waits(3, "chan send", ("main.(*Hub).Publish", HUB, 40))
    locks = Locks(case(lock, near))
    (wait,) = locks.waits
    assert locks.place_of(wait) == Place(HUB, HUB + 8, is_known=False)
    assert [other.goroutine.id for other in locks.on(Place(HUB, HUB + 8))] == [3]
    # What is the object of another lock has not this one.
    other = waits(4, MUTEX, ("main.(*Hub).Close", HUB, 50), lock=HUB)
    locks = Locks(case(lock, other))
    assert locks.place_of(locks.waits[0]) is None


def test_who_waits_for_a_condition_has_let_go_of_the_lock_of_its_object_only() -> None:
    inside = ("main.(*Queue).wait", HUB, 60), ("main.(*Queue).Get", HUB, 61)
    condition = waits(3, "sync.Cond.Wait", *inside, ("main.(*Pool).run", HUB + 4096, 62))
    (holder,) = Locks(case(waits(2, MUTEX, ("main.work", 0, 1)), condition)).others
    assert [call.frame.function for call in holder.calls] == ["main.(*Pool).run"]
    passed = waits(3, "sync.Cond.Wait", ("main.wait", HUB, 60), ("main.get", HUB, 61))
    (holder,) = Locks(case(waits(2, MUTEX, ("main.work", 0, 1)), passed)).others
    assert holder.calls == ()
