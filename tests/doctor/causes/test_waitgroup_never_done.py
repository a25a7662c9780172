from __future__ import annotations

from typing import TYPE_CHECKING

from doctor._dumps import case, goroutine, look
from doctor.causes._lock_dumps import waits
from doctor.causes._profiles import profile
from snowshed.doctor._case import Case
from snowshed.doctor.causes.waitgroup_never_done import suspicions

if TYPE_CHECKING:
    from snowshed.doctor import Look


def waiters(count: int, state: str = "sync.WaitGroup.Wait") -> list[str]:
    return [goroutine(n, state, "main.work:5") for n in range(10, 10 + count)]


def test_who_waits_is_not_told_without_growth_or_proof() -> None:
    assert not [*suspicions(case(*waiters(64)))]


def test_growth_and_proof_are_told() -> None:
    (proven,) = suspicions(case(*waiters(2, "sync.WaitGroup.Wait (leaked)")))
    (grown,) = suspicions(Case([look(*waiters(3)), look(*waiters(64))]))
    assert proven.group.leaked == 2
    assert grown.group.count == 64


def test_growth_of_those_whose_work_is_under_way_is_none_of_theirs() -> None:
    def flood(count: int, work: int) -> Look:
        made = [
            goroutine(1000 + n, "select", "main.price:9", created=f"main.work in goroutine {n}")
            for n in range(10, 10 + work)
        ]
        return look(goroutine(1, "running", "main.main:1", created=""), *waiters(count), *made)

    assert not [*suspicions(Case([flood(3, 3), flood(64, 64)]))]
    assert len([*suspicions(Case([flood(3, 3), flood(64, 8)]))]) == 1


def test_in_a_profile_function_literals_tell_of_work_under_way() -> None:
    def flood(count: int, work: int) -> Look:
        waits = ("sync.runtime_SemacquireWaitGroup:1", "main.work:5", "net/http.(*conn).serve:9")
        return profile((count, waits), (work, ("runtime.selectgo:1", "main.work.func1:9")))

    assert not [*suspicions(Case([flood(3, 3), flood(64, 64)]))]
    assert len([*suspicions(Case([flood(3, 3), flood(64, 8)]))]) == 1


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
