"""Tasks that wait for themselves are told once, with the way around."""

from __future__ import annotations

from _snapshots import task
from doctor._task_pages import case, page, seen
from snowshed.doctor import diagnose
from snowshed.doctor.causes.await_cycle import suspicions
from snowshed.model import Frame, Severity, TaskState

LEFT, RIGHT = Frame("left", "/srv/app.py", 10), Frame("right", "/srv/app.py", 20)
WAITS = Frame("ask", "/srv/app.py", 30)


def circle(first: int = 1, **changed: object) -> list[object]:
    cycle = {"state": TaskState.AWAIT_CYCLE, "resource": None, **changed}
    return [
        task(first, stack=(LEFT,), awaits=(first + 1,), **cycle),
        task(first + 1, stack=(RIGHT,), awaits=(first,), **cycle),
    ]


def behind(number: int, *awaits: int) -> object:
    return task(number, state=TaskState.AWAIT_TASK, stack=(WAITS,), awaits=awaits, resource=None)


def test_a_circle_is_proven_and_told_once() -> None:
    found = case([*circle(), behind(3, 1), behind(4, 3), task(5)])
    (suspicion,) = suspicions(found)
    assert suspicion.proven
    assert suspicion.group.at == LEFT
    assert [each.at for each in suspicion.related] == [RIGHT]
    assert suspicion.evidence == (
        "Task-1, which awaits Task-2, which awaits Task-1",
        "2 tasks at 2 places are in such circles",
        "2 more wait behind them",
    )
    assert "asyncio.timeout" in suspicion.against[0]


def test_what_stays_from_look_to_look_is_surer() -> None:
    body = page(circle())
    (finding,) = diagnose(seen(body, body)).findings
    assert (finding.severity, finding.detail, finding.confidence) == (
        Severity.HIGH,
        "await-cycle",
        0.97,
    )
    assert finding.against == ()


def test_what_was_not_there_before_may_be_two_moments_in_one_look() -> None:
    before, now = page([task(5)]), page(circle())
    assert diagnose(seen(before, now)).findings == ()


def test_many_circles_at_the_same_lines_are_one_finding() -> None:
    found = case([each for number in range(0, 40, 2) for each in circle(number + 1)])
    (suspicion,) = suspicions(found)
    assert suspicion.group.count == 20
    assert "40 tasks at 2 places are in such circles" in suspicion.evidence


def test_a_task_that_awaits_itself_and_a_long_way_around() -> None:
    ring = [
        task(n, stack=(LEFT,), awaits=(n % 9 + 1,), state=TaskState.AWAIT_CYCLE, resource=None)
        for n in range(1, 10)
    ]
    (suspicion,) = suspicions(case(ring))
    assert suspicion.evidence[0].count(", which awaits ") == 6
    assert suspicion.evidence[0].endswith("..., which awaits Task-1")


def test_waits_without_a_circle_are_nobodys_fault() -> None:
    assert [*suspicions(case([behind(1, 2), task(2)]))] == []
