"""A request that was wide is told, though it is over and its tasks have ended."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from _trace_writer import CREATE, DESTROY, RUNNING, START, STATUS, Event, Generation
from _traces import read
from doctor._patient import patient
from doctor._tracing import trace_of, wait_for_askers
from snowshed.doctor import Look, diagnose, load, look_at
from snowshed.doctor._case import Case
from snowshed.doctor._load import Loaded
from snowshed.doctor.causes._traced_fanout import wide_in
from snowshed.doctor.causes.fanout import suspicions
from snowshed.model import Finding, Severity

SERVES = "net/http.(*conn).serve:9"


def request(
    *sizes: int, handler: tuple[str, ...] = ("main.search:75", SERVES), ends: bool = True
) -> Look:
    """A trace in which one request after the other starts so many, which end before the next."""
    generation = Generation()
    begin, made = generation.stack("main.item:3"), generation.stack(*handler)
    accepted = generation.stack("net/http.(*Server).Serve:5", "main.main:1")
    events: list[Event] = [(STATUS, 0, 1, 1, RUNNING)]
    for maker, size in enumerate(sizes, 2):
        first = 1000 * maker
        events += [(START, 1, 1, 1), (CREATE, 1, maker, generation.stack(SERVES), accepted)]
        events += [(START, 1, maker, 1)]
        events += [(CREATE, 1, first + number, begin, made) for number in range(size)]
        for number in range(size if ends else 0):
            events += [(START, 1, first + number, 1), (DESTROY, 1)]
    found = look_at(Loaded("trace", read(generation.on(1, 0, *events))))
    assert found is not None
    return found


def fanouts(*looks: Look) -> list[Finding]:
    return [each for each in diagnose(looks).findings if each.detail == "fanout"]


def test_a_wide_request_that_is_over_is_told() -> None:
    (found,) = fanouts(request(200, 60, 8))
    assert (found.severity, found.count) == (Severity.MEDIUM, 200)
    assert (found.at.function, found.at.line) == ("main.search", 75)
    assert found.evidence[:2] == (
        "goroutine 2 had 200 at once that were started at /app/main.go:75 main.search",
        "2 had more than 50 of them each",
    )
    assert "268 of 268 ended within the trace" in found.against


def test_those_that_still_live_are_the_ones_that_are_told() -> None:
    (found,) = fanouts(request(200, ends=False))
    assert (found.count, found.state) == (200, "runnable")
    assert found.at.function == "main.item"


def test_what_comes_through_a_library_is_told_with_the_line_of_the_program() -> None:
    (wide,) = wide_in(Case([request(60, handler=("sync.(*WaitGroup).Go:2", "main.pay:7", SERVES))]))
    (related,) = wide.related
    assert (related.at.function, related.at.line) == ("main.pay", 7)


@pytest.mark.parametrize(
    "look",
    [
        request(50, 50, 8),
        request(200, handler=("main.setUp:7", "main.main:2")),
        request(200, handler=("net/http.(*Transport).dial:7", SERVES)),
    ],
    ids=["narrow", "no request", "a library"],
)
def test_else_it_is_none(look: Look) -> None:
    assert fanouts(look) == []


def test_without_a_trace_nothing_is_said() -> None:
    assert [*wide_in(Case([]))] == []
    assert [*suspicions(Case([]))] == []


@pytest.mark.house
@pytest.mark.slow
@pytest.mark.server
def test_in_a_real_service_each_request_counts_for_itself() -> None:
    with patient("traced") as service:

        def ask() -> None:
            # One connection is one goroutine, which serves one request after the other.
            connection = HTTPConnection(urlsplit(service.url).netloc, timeout=60)
            with closing(connection):
                for _ in range(10):
                    connection.request("GET", "/detach/10?traced")
                    connection.getresponse().read()
            service.get("contend/70?traced")

        asking = threading.Thread(target=ask)
        asking.start()
        wait_for_askers(service)
        data = trace_of(service, seconds=3)
        asking.join()
    found = look_at(load("trace", data))
    assert found is not None
    told = {each.at.function: each for each in fanouts(found)}
    assert set(told) == {"main.contend"}, json.dumps([str(each) for each in told.values()])
    assert told["main.contend"].severity is Severity.MEDIUM
    assert "had 70 at once" in told["main.contend"].evidence[0]
