"""A route that floods gets a line now and then, and what is left out is counted."""

from __future__ import annotations

import logging

import pytest

from snowshed.attach._reporter import LINES_AT_MOST, ROUTES_AT_MOST, Reporter
from snowshed.model import RequestReport


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def report(route: str = "GET /cart", *, refused: int = 1) -> RequestReport:
    return RequestReport(
        request=route,
        route=route,
        mode="enforce",
        budget=50,
        peak=50,
        spawned=51,
        refused=refused,
        would_refuse=0,
        live_at_response=0,
        outlived=1,
        others=0,
        ended="",
        sites=(),
        outlivers=(),
    )


def test_one_line_a_route_in_an_interval_and_the_next_says_how_many_it_stands_for(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    reporter = Reporter(10.0, clock)
    for _ in range(4):
        reporter.write(report())
    assert len(caplog.records) == 1
    assert reporter.suppressed == 3
    clock.now = 10.0
    reporter.write(report())
    assert caplog.messages[1].endswith(" more_like_it=3")


def test_a_flood_is_a_warning_and_carries_the_report_and_leftovers_are_for_information(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "snowshed.request")
    reporter = Reporter(10.0, clock)
    reporter.write(report("GET /a"))
    reporter.write(report("GET /b", refused=0))
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.INFO]
    assert vars(caplog.records[0])["snowshed"] == report("GET /a")


def test_leftovers_of_a_route_do_not_hide_its_flood(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    reporter = Reporter(10.0, clock)
    reporter.write(report(refused=0))
    reporter.write(report(refused=1))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_paths_without_end_do_not_fill_the_log_nor_hide_a_flood(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "snowshed.request")
    reporter = Reporter(10.0, clock)
    for number in range(LINES_AT_MOST + 5):
        reporter.write(report(f"GET /{number}", refused=0))
    assert (len(caplog.records), reporter.suppressed) == (LINES_AT_MOST, 5)
    reporter.write(report("GET /cart"))
    assert caplog.records[-1].levelno == logging.WARNING
    clock.now = 10.0
    reporter.write(report("GET /last", refused=0))
    assert len(caplog.records) == LINES_AT_MOST + 2


def test_who_wants_every_line_gets_it(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    reporter = Reporter(0.0, clock)
    for _ in range(LINES_AT_MOST + 5):
        reporter.write(report())
    assert len(caplog.records) == LINES_AT_MOST + 5


def test_routes_without_end_take_memory_with_an_end(clock: Clock) -> None:
    reporter = Reporter(0.0, clock)
    for number in range(2 * ROUTES_AT_MOST):
        reporter.write(report(f"GET /{number}"))
    assert len(reporter._routes) <= ROUTES_AT_MOST
