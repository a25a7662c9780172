from __future__ import annotations

from doctor._dumps import case
from doctor.causes._lock_dumps import waits
from snowshed.doctor.causes.rwlock_recursion import suspicions

CART = 0xC000120000
READ, WRITE = "sync.RWMutex.RLock", "sync.RWMutex.Lock"
INNER, OUTER = ("main.(*Cart).total", CART, 20), ("main.(*Cart).Show", CART, 30)
WRITER = waits(3, WRITE, ("main.(*Cart).Add", CART, 50), lock=CART)


def test_a_reader_that_reads_again_behind_a_writer_is_told_with_the_writer() -> None:
    found, writer = suspicions(case(waits(2, READ, INNER, OUTER, lock=CART), WRITER))
    assert (found.confidence, found.related[0].at.line) == (0.7, 50)
    assert found.against
    assert (writer.group.where.at.line, writer.related[0].at.line) == (50, 20)


def test_readers_behind_a_writer_are_well() -> None:
    readers = [waits(number, READ, INNER, lock=CART) for number in range(10, 300)]
    assert not [*suspicions(case(*readers, WRITER))]


def test_without_a_writer_it_is_something_else() -> None:
    assert not [*suspicions(case(waits(2, READ, INNER, OUTER, lock=CART)))]


def test_a_proven_reader_beside_a_writer_is_worth_a_word() -> None:
    (found,) = suspicions(case(waits(2, READ, INNER, lock=CART, leaked=True), WRITER))
    assert (found.confidence, found.group.where.at.line) == (0.35, 20)
