"""Who could run and waits for a processor: told by a trace, and in lists where they are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from _trace_writer import CREATE, DESTROY, PROCS_CHANGE, RUNNING, START, STATUS, Event, Generation
from _traces import read
from doctor._dumps import goroutine, look
from doctor._patient import Patient, loaded, patient
from doctor._tracing import trace_of
from snowshed.doctor import Diagnosis, Look, load, look_at
from snowshed.doctor._case import Case
from snowshed.doctor._diagnose import judge
from snowshed.doctor._load import Loaded
from snowshed.doctor.causes import run_queue
from snowshed.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

MS = 1  # a tick, where 1000 are a second
MAIN = (STATUS, 0, 1, 1, RUNNING)


def told(*looks: Look) -> Diagnosis:
    return judge(Case(looks), [run_queue.suspicions])


def traced(
    count: int,
    *,
    each: int,
    makers: int = 1,
    processors: int = 2,
    caller: str = "main.serve:9",
    begins: str = "main.item:3",
) -> Look:
    """A trace of two seconds in which so many are made, and one begins every ``each`` ms."""
    generation = Generation(frequency=1000)
    begin, made = generation.stack(begins), generation.stack("sync.Go:1", caller)
    events: list[Event] = [MAIN, (PROCS_CHANGE, 0, processors, 0)]
    events += [(CREATE, 0, 2 + maker, 0, 0) for maker in range(makers)]
    for number in range(count):
        events += [(START, 0, 2 + number % makers, 1), (CREATE, 0, 1000 + number, begin, made)]
    for number in range(min(count, 2000 // each)):
        events += [(START, each, 1000 + number, 1), (DESTROY, 0)]
    spent = each * min(count, 2000 // each)
    events.append((PROCS_CHANGE, 2000 - spent, processors, 0))
    return seen(generation.on(1, 0, *events))


def seen(generation: Generation) -> Look:
    found = look_at(Loaded("trace", read(generation)))
    assert found is not None
    return found


def test_more_than_the_processors_can_take_is_a_flood() -> None:
    (finding,) = told(traced(500, each=10)).findings
    assert (finding.detail, finding.severity) == ("run-queue", Severity.MEDIUM)
    assert (finding.count, finding.state) == (300, "runnable")
    assert (finding.at.function, finding.at.line) == ("main.item", 3)
    told_of_delay = next(line for line in finding.evidence if "on average" in line)
    # The first 200 begin after 10 ms, 20 ms and so on, the others not at all in two seconds.
    assert told_of_delay == (
        "500 were created in the 2.0 s of the trace, and waited 1.6 s on average before they ran "
        "at all"
    )
    assert "one goroutine has made 300 of those that live" in finding.evidence
    assert any("on 2 processors" in line for line in finding.evidence)


@pytest.mark.parametrize(
    "look_",
    [
        traced(90, each=10),
        traced(500, each=10, processors=16),
        traced(150, each=1),
        traced(500, each=10, caller="net/http.(*Server).Serve:9"),
    ],
    ids=["few for each", "many processors", "soon done", "a library makes them"],
)
def test_else_it_is_none(look_: Look) -> None:
    assert told(look_).findings == ()


def test_requests_that_come_at_once_are_low() -> None:
    (finding,) = told(traced(700, each=4, makers=50)).findings
    assert finding.severity is Severity.LOW
    assert "no goroutine has made more than 4 of those that live" in finding.against
    (finding,) = told(traced(700, each=4)).findings
    assert finding.severity is Severity.MEDIUM


def test_what_has_not_begun_stands_in_the_program_though_a_library_starts_it() -> None:
    (finding,) = told(traced(500, each=10, begins="sync.(*WaitGroup).Go.func1:2")).findings
    assert (finding.at.function, finding.at.line) == ("main.serve", 9)
    assert finding.created_by is not None
    assert finding.created_by.function == "sync.Go"


def test_those_who_stand_at_several_lines_are_told_together() -> None:
    begun = [goroutine(n, "runnable", f"main.item:{n % 7}") for n in range(2, 602)]
    new = [goroutine(n, "runnable", "sync.(*WaitGroup).Go.func1:9") for n in range(1000, 1700)]
    (finding,) = told(look(*begun, *new)).findings
    assert (finding.count, finding.at.function) == (1300, "main.item")


def test_a_flood_that_is_over_is_low() -> None:
    (finding,) = told(traced(150, each=5)).findings
    assert (finding.severity, finding.count) == (Severity.LOW, 150)


def waiting(count: int, *, state: str = "runnable", parent: int = 1) -> Look:
    made = f"main.serve in goroutine {parent}"
    each = (goroutine(n, state, "main.item:5", created=made) for n in range(2, count + 2))
    return look(*each)


def test_a_thousand_in_a_list_could_not_all_run() -> None:
    (finding,) = told(waiting(1000)).findings
    assert (finding.severity, finding.count) == (Severity.LOW, 1000)
    assert "one goroutine has made 1,000 of them" in finding.evidence
    assert told(waiting(999)).findings == ()
    assert told(waiting(1000, state="chan send")).findings == ()


def test_growth_counts_all_that_could_run_wherever_they_stand() -> None:
    (finding,) = told(waiting(900), waiting(1200)).findings
    assert finding.severity is Severity.MEDIUM
    (finding,) = told(waiting(1200), waiting(1100)).findings
    assert finding.severity is Severity.LOW


@pytest.fixture
def service() -> Iterator[Patient]:
    # Else what writes the trace down each second waits behind the queue, and the end behind that.
    whole = "traceadvanceperiod=60000000000"
    with patient("traced", GODEBUG=whole) as running:
        yield running


@pytest.mark.house
@pytest.mark.slow
@pytest.mark.server
def test_two_thousand_that_compute_are_named_by_the_line_that_made_them(service: Patient) -> None:
    # Few enough to be started before their maker has to wait for a processor itself, and with
    # five seconds to do.
    data = trace_of(service, lambda: service.get("flood/2000?traced"), seconds=1.2)
    found = look_at(load("trace", data))
    assert found is not None
    (finding,) = told(found).findings
    assert (finding.detail, finding.severity) == ("run-queue", Severity.MEDIUM)
    assert finding.created_by is not None
    assert finding.created_by.function == "main.flood"
    # Most have not begun, or each has and was interrupted: the machine may have others to serve.
    assert finding.at.function in {"main.item", "main.compute"}
    assert finding.count > 100


@pytest.mark.house
@pytest.mark.slow
@pytest.mark.server
def test_a_service_with_all_that_its_processors_can_take_is_low_at_most(service: Patient) -> None:
    service.get("busy/60")
    with loaded(service, 24):
        found = look_at(load("trace", trace_of(service, seconds=1)))
        list_ = look_at(load("list", service.get("debug/pprof/goroutine?debug=2")))
    assert found is not None
    assert list_ is not None
    assert found.total > 24
    for looks in ((found,), (list_, found)):
        assert all(each.severity is Severity.LOW for each in told(*looks).findings)
