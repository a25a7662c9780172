"""Real services are asked for all that there is, a trace in the end, and it is put together."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from doctor._patient import Patient, loaded, patient
from doctor._tracing import trace_of, wait_for_askers
from snowshed.cli import main
from snowshed.doctor import Look, diagnose, load, look_at
from snowshed.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.house, pytest.mark.slow, pytest.mark.server]


@pytest.fixture
def service() -> Iterator[Patient]:
    with patient("traced") as running:
        yield running


def seen(service: Patient, page: str) -> Look:
    found = look_at(load(page, service.get(f"debug/pprof/{page}")))
    assert found is not None
    return found


def test_a_trace_alone_tells_what_grows_and_that_none_of_it_ends(service: Patient) -> None:
    data = trace_of(service, lambda: service.get("leak/100000?traced"), seconds=2)
    trace = look_at(load("trace", data))
    assert trace is not None
    assert trace.trace is not None
    (finding,) = (f for f in diagnose([trace]).findings if f.severity is not Severity.LOW)
    assert (finding.detail, finding.at.function) == ("abandoned-sender", "main.forget")
    assert finding.created_by is not None
    assert finding.created_by.function == "main.leak"
    assert any("of the trace, created at traced.go" in line for line in finding.evidence)
    assert any(line.endswith("none of them ended") for line in finding.evidence)
    # Those beside them, which come and go, are as many, and nobody speaks of them.
    ended = [path for path in trace.trace.paths if path.count - path.live > 100]
    assert [path.function for path in ended] == ["main.leak.func1"]


def test_who_stands_still_is_told_by_all_looks_together(
    service: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    service.get("wait/30")
    options = ["--trace", "1.1s", "--apart", "100ms", "--format", "json"]
    assert main(["doctor", service.url, *options]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["warnings"] == []
    senders = next(f for f in found["findings"] if f["function"] == "main.send")
    assert (senders["count"], senders["severity"]) == (30, "medium")
    assert senders["created_by"]["function"] == "main.wait"
    assert "30 of 30 did not move in the 1.1 s of the trace" in senders["evidence"]
    nil = next(f for f in found["findings"] if f["function"] == "main.receiveNil")
    assert (nil["detail"], nil["severity"]) == ("nil-channel", "high")


def test_waits_that_end_speak_against_a_line_in_trace_and_profile(service: Patient) -> None:
    contending = threading.Thread(target=service.get, args=("contend/600?traced",))
    contending.start()
    try:
        # For six seconds from here on, of which the trace takes one.
        wait_for_askers(service)
        data = trace_of(service, seconds=1)
        listed = seen(service, "goroutine?debug=2")
        block = seen(service, "block")
    finally:
        contending.join()
    trace = look_at(load("trace", data))
    assert trace is not None
    (locks,) = (group for group in listed.groups if group.where.state == "sync.Mutex.Lock")
    for look in (trace, block):
        (waits,) = (each for each in look.waits if each.at == locks.where.at)
        assert waits.count > 10
        assert waits.is_lock


def test_a_service_that_is_well_is_told_so_of_a_trace_too() -> None:
    with patient("healthy") as healthy:
        healthy.get("work")
        idle = look_at(load("idle", trace_of(healthy, seconds=1.1)))
        with loaded(healthy, 6):
            busy = look_at(load("busy", trace_of(healthy, seconds=1.1)))
        assert idle is not None
        assert busy is not None
        assert busy.trace is not None
        assert busy.total > 90
        assert sum(path.count - path.live for path in busy.trace.paths) > 100
        for looks in ([idle], [busy], [idle, busy]):
            findings = diagnose(looks).findings
            assert [f for f in findings if f.severity is not Severity.LOW] == []


def test_a_profile_that_is_not_asked_for_in_go_is_no_end(
    service: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    tracing = threading.Thread(target=service.get, args=("debug/pprof/trace?seconds=4",))
    tracing.start()
    service.get("contend/1?traced")
    options = ["--trace", "1s", "--apart", "100ms"]
    assert main(["doctor", service.url, *options]) == 0
    out, err = capsys.readouterr()
    tracing.join()
    assert "goroutines" in out
    assert "there is no trace" in err
    assert err.count("\n") == 1
