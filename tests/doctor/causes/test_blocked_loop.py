"""Who holds a loop is told by what was counted between two looks, and not by one look."""

from __future__ import annotations

import pytest

from _snapshots import MAIN, task, thread
from doctor._task_pages import page, seen, with_facts
from snowshed.doctor import Look, diagnose
from snowshed.doctor._tasks import Blocking, Facts
from snowshed.model import Frame, Severity, TaskState

PRICES = Frame("load_prices", "/srv/shop/prices.py", 17)
RUNS = task(1, state=TaskState.RUNNING, resource=None, stack=(PRICES, MAIN))


def blocking(events: int, seconds: float, process: int = 0) -> Blocking:
    return Blocking(PRICES, "time.sleep", events, seconds, 0.5, process)


def looks(
    before: tuple[Blocking, ...],
    after: tuple[Blocking, ...],
    *tasks: object,
    lag: float = 0.1,
    apart: float = 10.0,
) -> list[Look]:
    body = page(tasks or [task(2)])
    first, last = seen(body, body)
    return [
        with_facts(first, Facts(blocking=before, lag=(lag,), taken_at=100.0)),
        with_facts(last, Facts(blocking=after, lag=(lag,), taken_at=100.0 + apart)),
    ]


def test_a_line_that_holds_the_loop_for_much_of_the_time_is_medium() -> None:
    (finding,) = diagnose(looks((blocking(2, 1.0),), (blocking(12, 5.0),))).findings
    assert (finding.detail, finding.severity, finding.at) == (
        "blocked-loop",
        Severity.MEDIUM,
        PRICES,
    )
    assert finding.evidence[0] == (
        "it held the loop 10 times for 4.0 s together, 10 s apart, in time.sleep"
    )
    assert finding.count == 1


def test_a_little_of_the_time_is_low() -> None:
    (finding,) = diagnose(looks((), (blocking(3, 0.8),))).findings
    assert finding.severity is Severity.LOW
    assert "short of processors" in finding.against[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((blocking(9, 90.0),), (blocking(9, 90.0),)),  # at the start, and not since
        ((), (blocking(1, 0.15),)),
        ((), ()),
    ],
)
def test_what_was_long_ago_or_short_is_not_told(
    before: tuple[Blocking, ...], after: tuple[Blocking, ...]
) -> None:
    assert diagnose(looks(before, after)).findings == ()


def test_once_is_low_unless_it_happens_again() -> None:
    (finding,) = diagnose(looks((), (blocking(1, 4.0),))).findings
    assert finding.severity is Severity.LOW
    (finding,) = diagnose(looks((), (blocking(1, 4.0),), RUNS)).findings
    assert finding.severity is Severity.MEDIUM


def test_what_is_imported_when_a_service_starts_is_no_fault() -> None:
    imports = Frame("_compile_bytecode", "<frozen importlib._bootstrap_external>", 734)
    library = Frame("load", "/srv/lib/site-packages/models/load.py", 7)
    found = [Blocking(at, "", 9, 6.0, 3.0) for at in (imports, library)]
    (finding,) = diagnose(looks((), tuple(found))).findings
    assert (finding.at, finding.severity) == (library, Severity.LOW)


def test_one_look_tells_nothing() -> None:
    assert diagnose(looks((), (blocking(99, 60.0),))[1:]).findings == ()


def test_of_several_processes_the_worst_counts() -> None:
    before = (blocking(50, 50.0, 0), blocking(0, 0.0, 1), blocking(0, 0.0, 2))
    after = (blocking(50, 50.0, 0), blocking(3, 1.0, 1), blocking(9, 4.0, 2))
    (finding,) = diagnose(looks(before, after)).findings
    assert "9 times for 4.0 s" in finding.evidence[0]


def test_a_task_that_still_runs_while_its_loop_does_not_turn_is_medium() -> None:
    (finding,) = diagnose(looks((), (), RUNS, thread(9, stack=(PRICES,)), lag=30.0)).findings
    assert (finding.severity, finding.at, finding.count) == (Severity.MEDIUM, PRICES, 1)
    assert "30.0 s" in finding.evidence[1]


def test_a_task_that_computes_and_lets_others_in_is_not_told() -> None:
    assert diagnose(looks((), (), RUNS, lag=0.05)).findings == ()


def test_a_thread_that_runs_holds_no_loop() -> None:
    assert diagnose(looks((), (), thread(9, stack=(PRICES,)), lag=30.0)).findings == ()
