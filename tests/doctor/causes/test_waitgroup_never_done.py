from __future__ import annotations

from doctor._dumps import case, goroutine, look
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
