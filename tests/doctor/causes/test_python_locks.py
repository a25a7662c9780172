"""Locks of Python that nobody gives back, as the graph of waits shows them."""

from __future__ import annotations

from _snapshots import AT_THE_LOCK, SHOP, task
from doctor._task_pages import case, page, seen, with_facts
from snowshed.doctor import Look, diagnose
from snowshed.doctor._case import Case
from snowshed.doctor._tasks import Facts, Knot, Lock
from snowshed.doctor.causes import double_lock, lock_across_channel, lock_order
from snowshed.model import Frame, Severity

HOLDS = Frame("checkout", SHOP.file, 44)
OTHER = Frame("refund", SHOP.file, 70)
LOCK = "<asyncio.Lock locked>"


def looks(state: str, *, at: Frame | None = SHOP, holder: Frame | None = HOLDS) -> list[Look]:
    body = page([task(number, stack=AT_THE_LOCK) for number in range(12)])
    facts = Facts(locks=(Lock(LOCK, 12, at, holder, state),))
    return [with_facts(look, facts) for look in seen(body, body)]


def test_a_lock_that_is_held_while_its_holder_waits() -> None:
    (finding,) = diagnose(looks("queue get")).findings
    assert (finding.detail, finding.severity) == ("lock-across-channel", Severity.MEDIUM)
    assert "12 wait behind <asyncio.Lock locked>" in finding.evidence
    assert [(each.at, each.message) for each in finding.related] == [
        (HOLDS, "held here, it seems, in 'queue get'")
    ]
    assert "give the wait a timeout" in finding.advice
    assert diagnose(looks("queue get")[:1]).findings[0].severity is Severity.LOW


def test_a_lock_whose_holder_waits_for_a_lock_is_taken_twice() -> None:
    (finding,) = diagnose(looks("lock")).findings
    assert (finding.detail, finding.severity) == ("double-lock", Severity.MEDIUM)
    assert "not re-entrant" in finding.advice


def test_a_holder_that_runs_or_is_not_known_and_other_locks_are_not_told() -> None:
    for found in (looks("running"), looks("", holder=None), looks("sleep", at=OTHER)):
        for cause in (double_lock, lock_across_channel, lock_order):
            assert [*cause.suspicions(Case(found))] == []
    assert [*lock_across_channel.suspicions(case([task(1)]))] == []


def test_two_that_hold_what_the_other_wants_are_proven() -> None:
    steps = (("T1", SHOP, 1), (LOCK, None, 0), ("T2", OTHER, 2), (LOCK, None, 0))
    (look,) = seen(page([task(1, stack=AT_THE_LOCK), task(2, stack=(OTHER,))]))
    knot = Knot(2, 0, steps, through_resource=True)
    (finding,) = diagnose([with_facts(look, Facts(knots=(knot,)))]).findings
    assert (finding.detail, finding.severity, finding.at) == ("lock-order", Severity.HIGH, SHOP)
    assert finding.evidence[0] == f"each waits for the next: T1 -> {LOCK} -> T2 -> {LOCK} -> T1"
    assert [each.at for each in finding.related] == [OTHER]


def test_a_circle_of_tasks_alone_is_told_elsewhere() -> None:
    (look,) = seen(page([task(1)]))
    knot = Knot(2, 0, (("T1", SHOP, 1), ("T2", OTHER, 2)))
    assert [*lock_order.suspicions(Case([with_facts(look, Facts(knots=(knot,)))]))] == []
