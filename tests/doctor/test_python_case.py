"""Tasks of Python are known again, and compared only with what shows the same."""

from __future__ import annotations

from _snapshots import SHOP, task
from doctor._task_pages import page, seen
from snowshed.doctor import Look, diagnose
from snowshed.doctor._case import Case
from snowshed.formats import pprof
from snowshed.model import Frame, Severity, TaskSnapshot, TaskState
from snowshed.observe._go_profile._go_profile import goroutine_profile

NOW = 1.8e9


def stayed(before: TaskSnapshot, now: TaskSnapshot, *, apart: float = 5.0) -> int:
    first, last = page([before], taken_at=NOW), page([now], taken_at=NOW + apart)
    case = Case(seen(first, last))
    return case.stayed(case.groups[0])


def test_a_task_is_known_again_by_its_name_and_age() -> None:
    assert stayed(task(1, age=3.0), task(1, age=8.0)) == 1
    assert stayed(task(1, age=None), task(1, age=8.0)) == 1


def test_the_address_of_a_task_that_has_ended_is_soon_that_of_another() -> None:
    assert stayed(task(1, age=None), task(1, name="Task-900", age=None)) == 0
    assert stayed(task(1, name="work", age=3.0), task(1, name="work", age=0.4)) == 0


def profile_of(tasks: list[TaskSnapshot]) -> bytes:
    return pprof.write(goroutine_profile(tasks, time_nanos=10**18))


def test_only_lists_show_tasks_that_have_ended() -> None:
    failed = {"state": TaskState.UNRETRIEVED, "resource": None, "stack": (SHOP,)}
    tasks = [task(1), *(task(number, **failed) for number in range(2, 40))]
    looks: list[Look] = seen(profile_of(tasks), profile_of(tasks), page(tasks), page(tasks))
    (finding,) = diagnose(looks).findings
    assert (finding.detail, finding.severity) == ("unretrieved-exception", Severity.LOW)


def test_a_profile_names_functions_with_their_module_and_a_list_does_not() -> None:
    waits = {"state": TaskState.QUEUE_PUT, "request": ""}
    here = Frame("put", __file__, 10)
    tasks = [task(number, stack=(here,), **waits) for number in range(40)]
    looks = seen(profile_of(tasks), page(tasks))
    assert looks[0].groups[0].at.function == f"{__name__}.put"
    assert looks[1].groups[0].at.function == "put"
    assert looks[0].groups[0].where == looks[1].groups[0].where
    assert [each.severity for each in diagnose(looks).findings] == [Severity.LOW]
