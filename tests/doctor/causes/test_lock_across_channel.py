from __future__ import annotations

from doctor._dumps import case
from doctor.causes._lock_dumps import waits
from snowshed.doctor.causes.lock_across_channel import suspicions

HUB = 0xC000120000
MUTEX = "sync.Mutex.Lock"
WAITER = waits(2, MUTEX, ("main.(*Hub).Add", HUB, 20), lock=HUB + 8)


def test_who_waits_for_a_channel_inside_the_object_is_told() -> None:
    sender = waits(3, "chan send", ("main.(*Hub).Publish", HUB, 40))
    found, holder = suspicions(case(WAITER, sender))
    assert (holder.group.where.at.line, holder.confidence) == (40, 0.55)
    assert (found.confidence, found.related[0].at.line) == (0.65, 40)
    assert found.evidence == (
        "goroutine 3 works on the object that has the lock, and waits itself: chan send",
    )


def test_where_the_address_is_lost_the_type_tells() -> None:
    sender = waits(3, "sync.WaitGroup.Wait", ("main.(*Hub).Close", 0, 60))
    assert not [*suspicions(case(WAITER, sender))]
    (found,) = suspicions(case(WAITER.replace("Lock]", "Lock, 9 minutes]", 1), sender))
    assert found.related[0].at.line == 60


def test_who_waits_elsewhere_does_not_hold_the_lock() -> None:
    elsewhere = waits(3, "chan send", ("main.(*Mail).send", HUB + 0x8000, 70))
    assert not [*suspicions(case(WAITER, elsewhere))]


def test_a_proven_wait_beside_another_proven_one_is_worth_a_word() -> None:
    lock = waits(2, MUTEX, ("main.work", 0, 20), leaked=True)
    channel = waits(3, "chan receive", ("main.drain", 0, 30), leaked=True)
    (found,) = suspicions(case(lock, channel))
    assert (found.confidence, found.related[0].at.line) == (0.3, 30)


def test_who_waits_for_a_condition_has_let_go_of_the_lock() -> None:
    drain = waits(3, "sync.Cond.Wait", ("main.(*Hub).drain", HUB, 60))
    assert not [*suspicions(case(WAITER, drain))]
