"""Failures that nobody asked about are told by the line that made the tasks."""

from __future__ import annotations

from _snapshots import SHOP, task
from doctor._task_pages import page, seen, with_facts
from snowshed.doctor import Look, diagnose
from snowshed.doctor._tasks import Ended, Facts, Line
from snowshed.model import Frame, Severity, TaskState

MADE = Frame("checkout", "/srv/app.py", 30)
FAILED = Ended(MADE, "export", "failed", "OSError at /srv/app.py:12 export")


def line(unretrieved: int, owner: str = "user", at: Frame = MADE) -> Line:
    return Line(at, owner, 100, 1, unretrieved)


def looks(*lines: tuple[Line, ...]) -> list[Look]:
    bodies = [page([task(1)]) for _ in lines]
    return [
        with_facts(look, Facts(lines=each, ended=(FAILED,), taken_at=10.0 * number))
        for number, (look, each) in enumerate(zip(seen(*bodies), lines, strict=True))
    ]


def kept(*numbers: int) -> bytes:
    failed = {"state": TaskState.UNRETRIEVED, "resource": None, "stack": (SHOP,)}
    return page([task(1), *(task(n, created_at=MADE, **failed) for n in numbers)])


def test_more_of_them_from_look_to_look_is_medium() -> None:
    (finding,) = diagnose(looks((line(5),), (line(40),))).findings
    assert (finding.detail, finding.severity) == ("unretrieved-exception", Severity.MEDIUM)
    assert (finding.at, finding.count, finding.state) == (MADE, 40, "done, never retrieved")
    assert finding.evidence == (
        "5 -> 40 in 10 s, +210 a minute",
        "40 of 100 tasks that were made here failed unasked",
        "the last failed with OSError at /srv/app.py:12 export",
    )


def test_a_few_since_the_start_are_low() -> None:
    (finding,) = diagnose(looks((line(4),), (line(5),))).findings
    assert finding.severity is Severity.LOW
    (finding,) = diagnose(looks((line(4),))).findings
    assert finding.severity is Severity.LOW


def test_of_several_processes_they_are_added_up() -> None:
    (finding,) = diagnose(looks((line(5), line(5)), (line(15), line(15)))).findings
    assert finding.count == 30
    assert finding.evidence[1].startswith("30 of 200 tasks")


def test_what_servers_and_drivers_leave_unasked_is_theirs() -> None:
    assert diagnose(looks((line(5, "driver"),), (line(40, "driver"),))).findings == ()
    assert diagnose(looks((line(0),), (line(0),))).findings == ()


def test_those_that_are_kept_are_told_and_grow_by_lists_only() -> None:
    one = seen(kept(2, 3))
    (finding,) = diagnose(one).findings
    assert (finding.severity, finding.count, finding.at) == (Severity.LOW, 2, SHOP)
    assert diagnose(one).total == 1
    grown = seen(kept(2, 3), kept(*range(2, 40)))
    (finding,) = diagnose(grown).findings
    assert (finding.severity, finding.evidence[0]) == (Severity.MEDIUM, "2 -> 38 from look to look")


def test_no_list_before_is_no_growth() -> None:
    counted = page([task(1)], query="group-by=state,waiting-at")
    listed = kept(*range(2, 40))
    (finding,) = diagnose(seen(counted, listed)).findings
    assert finding.severity is Severity.LOW
