from __future__ import annotations

from doctor._dumps import case, goroutine
from doctor.causes._lock_dumps import waits
from snowshed.doctor.causes._stuck import stuck_children

HUB = 0xC000120000
LOCKED = waits(5, "sync.Mutex.Lock", ("main.(*Hub).Add", HUB, 20), lock=HUB + 8)
HOLDER = waits(6, "chan send", ("main.(*Hub).Publish", HUB, 40))


def children_of(*goroutines: str) -> tuple[str, list[int]] | None:
    found = case(*goroutines)
    (group,) = (each for each in found.groups if each.where.at.line == 7)
    told = stuck_children(found, group)
    return None if told is None else (told[0], [each.at.line for each in told[1]])


def test_who_waits_for_those_behind_a_lock_that_somebody_keeps_is_told_of_them() -> None:
    waiter = goroutine(1, "sync.WaitGroup.Wait", "main.all:7", created="")
    assert children_of(waiter, LOCKED, HOLDER) == ("one that it made waits itself", [20])
    # A lock that somebody works under is no fault.
    assert children_of(waiter, LOCKED) is None


def test_who_waits_for_minutes_for_those_who_wait_for_minutes_is_too() -> None:
    def of(minutes: int, others: int) -> object:
        made = "main.bill in goroutine 9"
        sends = goroutine(3, f"chan send, {others} minutes", "main.notify:5", created=made)
        wait = goroutine(9, f"chan receive, {minutes} minutes", "main.all:7")
        return children_of(wait, sends)

    assert of(5, 5) == ("one that it made waits itself", [5])
    assert of(1, 5) is None
    assert of(5, 1) is None
