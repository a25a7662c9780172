from __future__ import annotations

from doctor._dumps import case, goroutine, look
from doctor.causes._lock_dumps import waits
from snowshed.doctor._case import Case
from snowshed.doctor.causes.waitgroup_never_done import suspicions


def waiters(count: int, state: str = "sync.WaitGroup.Wait") -> list[str]:
    return [goroutine(n, state, "main.work:5") for n in range(10, 10 + count)]


def test_who_waits_is_not_told_without_growth_or_proof() -> None:
    assert not [*suspicions(case(*waiters(64)))]


def test_growth_and_proof_are_told() -> None:
    (proven,) = suspicions(case(*waiters(2, "sync.WaitGroup.Wait (leaked)")))
    (grown,) = suspicions(Case([look(*waiters(3)), look(*waiters(64))]))
    assert proven.group.leaked == 2
    assert grown.group.count == 64


def test_all_asleep_is_proof() -> None:
    asleep = "fatal error: all goroutines are asleep - deadlock!\n"
    (found,) = suspicions(case(asleep, *waiters(1)))
    assert found.group.count == 1


def test_who_waits_for_some_that_are_stuck_is_told_with_them() -> None:
    hub = 0xC000120000
    waiter = goroutine(1, "sync.WaitGroup.Wait", "main.all:7", created="")
    locked = waits(5, "sync.Mutex.Lock", ("main.(*Hub).Add", hub, 20), lock=hub + 8)
    holder = waits(6, "chan send", ("main.(*Hub).Publish", hub, 40))
    (found,) = suspicions(case(waiter, locked, holder))
    assert found.evidence == ("one that it made waits itself",)
    assert [each.at.line for each in found.related] == [20]
    assert not [*suspicions(case(waiter, locked))]


def test_a_library_that_waits_is_told_only_with_proof() -> None:
    file = "/home/u/go/pkg/mod/golang.org/x/sync@v0.9.0/errgroup/errgroup.go"
    name = "golang.org/x/sync/errgroup.(*Group).Wait:56"
    assert not [*suspicions(case(goroutine(2, "sync.WaitGroup.Wait", name, file=file)))]
    assert [*suspicions(case(goroutine(2, "sync.WaitGroup.Wait (leaked)", name, file=file)))]
