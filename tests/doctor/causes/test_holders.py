from __future__ import annotations

import pytest

from doctor._dumps import case, look
from doctor.causes._lock_dumps import waits
from snowshed.doctor._case import Case
from snowshed.doctor.causes._holders import (
    BY_NAME,
    CROSSED,
    GUESSED,
    ITSELF,
    LOCKED_OUT,
    LOOPS,
    PASSED,
    RECEIVES,
    RECURSES,
    SENDS,
    Holders,
    Step,
)
from snowshed.doctor.causes._locks import Locks

HUB, CART = 0xC000120000, 0xC000540000
MUTEX, READ, WRITE = "sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock"
ADD = ("main.(*Hub).Add", HUB, 20)


def holder(*texts: str, of: int = 2) -> Step | None:
    locks = Locks(case(*texts))
    (wait,) = (each for each in locks.waits if each.goroutine.id == of)
    return Holders(locks).of(wait)


def old(wait: str) -> str:
    return wait.replace("Lock]", "Lock, 9 minutes]", 1)


def told(step: Step | None) -> tuple[int, float] | None:
    return None if step is None else (step.to.goroutine.id, step.confidence)


def test_nobody_is_seen_where_nobody_works_on_the_object() -> None:
    elsewhere = waits(3, "chan send", ("main.(*Hub).Publish", HUB + 0x8000, 40))
    assert holder(waits(2, MUTEX, ADD, lock=HUB + 8), elsewhere) is None


@pytest.mark.parametrize(
    ("state", "calls", "confidence"),
    [
        ("chan send", [("main.(*Hub).Publish", HUB, 40)], SENDS),
        ("sync.WaitGroup.Wait", [("main.(*Hub).Close", HUB, 40)], SENDS),
        ("chan receive", [("main.take", 0, 50), ("main.(*Hub).Next", HUB, 40)], RECEIVES),
    ],
)
def test_who_waits_inside_the_object_seems_to_hold_its_lock(
    state: str, calls: list[tuple[str, int, int]], confidence: float
) -> None:
    step = holder(waits(2, MUTEX, ADD, lock=HUB + 8), waits(3, state, *calls))
    assert told(step) == (3, confidence)


def test_a_loop_that_waits_for_work_holds_a_lock_only_if_the_wait_is_no_normal_one() -> None:
    loop = waits(3, "select", ("main.(*Hub).run", HUB, 40))
    wait = waits(2, MUTEX, ADD, lock=HUB + 8)
    assert holder(wait, loop) is None
    assert told(holder(old(wait), loop)) == (3, LOOPS)


@pytest.mark.parametrize("state", ["running", "runnable", "syscall", "IO wait", "sleep"])
def test_who_works_on_the_object_may_hold_the_lock_and_will_let_go(state: str) -> None:
    works = waits(3, state, ("main.(*Hub).Save", HUB, 40))
    step = holder(waits(2, MUTEX, ADD, lock=HUB + 8), works)
    assert step is not None
    assert step.works
    sends = waits(4, "chan send", ("main.(*Hub).Publish", HUB, 40))
    assert told(holder(waits(2, MUTEX, ADD, lock=HUB + 8), works, sends)) == (4, SENDS)


def test_who_waits_for_another_lock_may_hold_this_one_above_all_if_they_are_crossed() -> None:
    first = waits(2, MUTEX, ADD, ("main.(*Cart).Put", CART, 30), lock=HUB + 8)
    cart = waits(3, MUTEX, ("main.(*Cart).Sum", CART, 40), ("main.(*Hub).Show", HUB, 41), lock=CART)
    assert told(holder(first, cart)) == (3, CROSSED)
    alone = waits(2, MUTEX, ADD, lock=HUB + 8)
    assert told(holder(alone, cart)) == (3, LOCKED_OUT)


def test_what_only_one_half_shows_is_crossed_by_the_types() -> None:
    get = waits(2, MUTEX, ("main.(*Cache).get", 0, 20), lock=CART)
    put = waits(3, MUTEX, ("main.(*Cache).put", HUB, 40), ("main.release", CART, 41), lock=HUB)
    assert told(holder(get, put)) == (3, LOCKED_OUT)
    assert told(holder(get, put, of=3)) == (2, RECEIVES)


def test_a_call_further_out_may_have_taken_the_lock() -> None:
    put = ("main.(*Hub).Put", HUB, 30)
    assert told(holder(waits(2, MUTEX, ADD, put, lock=HUB + 8))) == (2, ITSELF)
    passed = ("main.put", HUB, 30)
    assert told(holder(waits(2, MUTEX, ADD, passed, lock=HUB + 8))) == (2, PASSED)


def test_it_has_not_if_the_lock_is_of_another_object_that_lies_nearer_to_it() -> None:
    wait = waits(2, MUTEX, ADD, ("main.(*Hub).Put", HUB, 30), lock=HUB + 64)
    works = waits(3, "running", ("main.(*Log).Write", HUB + 48, 40))
    assert told(holder(wait, works)) == (3, GUESSED)
    far = waits(3, "running", ("main.(*Log).Write", HUB + 96, 40))
    assert told(holder(wait, far)) == (2, ITSELF)


def test_it_has_not_if_another_waits_on_the_same_path() -> None:
    put = ("main.(*Hub).Put", HUB, 30)
    crowd = [waits(number, MUTEX, ADD, put, lock=HUB + 8) for number in (2, 3)]
    assert holder(*crowd) is None
    # Who came another way may have.
    other = waits(4, MUTEX, ADD, ("main.(*Hub).Set", HUB, 50), lock=HUB + 8)
    assert told(holder(*crowd, other)) == (4, LOCKED_OUT)
    # Readers do not keep each other out.
    upgrade = [waits(number, WRITE, ADD, put, lock=HUB + 8) for number in (2, 3)]
    assert told(holder(*upgrade)) == (2, ITSELF)


def test_a_call_whose_words_are_not_shown_is_on_the_object_if_its_type_is() -> None:
    hidden = waits(2, MUTEX, ADD, ("main.(*Hub).Put", HUB, 30), lock=HUB + 8)
    for shown in ("...", "0xa335d0?, {0x7352a300, 0x6}"):
        text = hidden.replace(f"main.(*Hub).Add({HUB:#x})", f"main.(*Hub).Add({shown})")
        assert told(holder(text)) == (2, ITSELF)
    other = hidden.replace(f"main.(*Hub).Add({HUB:#x})", "main.(*Hub).Add(0x7352a300, 0x6)")
    assert holder(other) is None


def test_a_writer_keeps_readers_out_and_waits_for_one_that_reads_again() -> None:
    writer = waits(3, WRITE, ("main.(*Hub).Set", HUB, 50), lock=HUB + 8)
    reads, again = waits(2, READ, ADD, lock=HUB + 8), ("main.(*Hub).Show", HUB, 30)
    step = holder(reads, writer)
    assert told(step) == (3, RECURSES)
    recursion = waits(2, READ, ADD, again, lock=HUB + 8)
    assert told(holder(recursion, writer)) == (2, RECURSES)
    assert told(holder(recursion, writer, of=3)) == (2, RECURSES)


def test_without_addresses_types_and_functions_have_to_do() -> None:
    normal = waits(2, MUTEX, ("main.work.func1", 0, 20))
    wait = old(normal)
    assert holder(normal, waits(3, "chan send", ("main.work.func2", 0, 40))) is None
    assert told(holder(wait, waits(3, "chan send", ("main.work.func2", 0, 40)))) == (3, BY_NAME)
    assert holder(wait, waits(3, "chan send", ("main.other", 0, 40))) is None
    method = old(waits(2, MUTEX, ADD, lock=HUB + 8))
    elsewhere = waits(3, "chan send", ("main.(*Hub).Publish", CART, 40))
    assert holder(method, elsewhere) is None
    hidden = waits(3, "chan send", ("main.(*Hub).Publish", 0, 40))
    assert told(holder(method, hidden)) == (3, BY_NAME)


def test_a_crowd_that_stands_there_in_two_lists_is_in_no_normal_wait() -> None:
    hidden = ("main.(*Hub).Add", 0, 20)
    crowd = [waits(number, MUTEX, hidden, lock=HUB + 8) for number in range(10, 30)]
    sender = waits(3, "chan send", ("main.(*Hub).Publish", 0, 40))

    def holders(*looks: list[str]) -> set[tuple[int, float] | None]:
        locks = Locks(Case([look(*each) for each in looks]))
        return {told(Holders(locks).of(wait)) for wait in locks.waits}

    assert holders([*crowd, sender]) == {None}
    assert holders(crowd[:15], [*crowd, sender]) == {(3, BY_NAME)}
    assert holders(crowd[:9], [*crowd, sender]) == {None}
    assert holders(crowd, [*crowd[10:], sender]) == {None}


def test_whoever_is_proven_to_wait_for_ever_waits_for_another_of_these() -> None:
    proven = waits(2, MUTEX, ADD, lock=HUB + 8, leaked=True)
    assert holder(proven, waits(3, "chan send", ("main.(*Hub).Publish", HUB, 40))) is None
    sends = waits(3, "chan send", ("main.(*Hub).Publish", HUB, 40), leaked=True)
    assert told(holder(proven, sends)) == (3, SENDS)
