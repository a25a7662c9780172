"""A service is asked for what hurts it least; here a real one, in Go."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from doctor._dumps import GO
from doctor._patient import Patient, patient
from snowshed.doctor import Ask, diagnose, examine
from snowshed.doctor._examine import LISTED_UP_TO
from snowshed.errors import FormatError
from snowshed.model import Severity


@pytest.fixture
def service() -> Iterator[Patient]:
    with patient() as running:
        yield running


def asker(service: Patient) -> Ask:
    return lambda page: service.get(f"debug/pprof/{page}")


@pytest.mark.slow
@pytest.mark.server
def test_what_grows_is_named_with_the_line_that_made_it(service: Patient) -> None:
    service.get("leak/100")
    service.get("idle/300")
    found = examine(service.url, asker(service), sleep=lambda _: service.get("leak/150"))
    assert [look.listed for look in found.looks] == [False, False, False, True, True]
    twice = ["goroutine", "goroutine", "goroutineleak", "goroutine?debug=2", "goroutine?debug=2"]
    assert service.asked() == twice
    assert found.warnings == ()
    (leak,) = (f for f in diagnose(found.looks).findings if f.severity is not Severity.LOW)
    assert (leak.detail, leak.count) == ("abandoned-sender", 400)
    assert leak.severity is Severity.HIGH
    assert leak.at.function == "main.notify"
    assert leak.created_by is not None
    assert leak.created_by.function == "main.leak"
    (growth,) = (line for line in leak.evidence if line.startswith("100 -> 250 -> 250 -> 400 in "))
    assert growth.endswith(" a minute"), "also the lists, which tell no time, are known to have one"


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize(
    ("page", "detail", "function"),
    [
        ("hang", "transport-no-timeout", "main.call"),
        ("open", "unclosed-body", "net/http.(*persistConn).readLoop"),
    ],
)
def test_what_the_http_client_waits_for_is_told(
    page: str, detail: str, function: str, service: Patient
) -> None:
    service.get(f"{page}/5")
    found = examine(service.url, asker(service), sleep=lambda _: service.get(f"{page}/40"))
    findings = [each for each in diagnose(found.looks).findings if each.detail == detail]
    assert {finding.at.function for finding in findings} == {function}
    assert sum(finding.count for finding in findings) == 85
    assert all(finding.severity is not Severity.LOW for finding in findings)


@pytest.mark.slow
@pytest.mark.server
def test_a_service_of_40_000_goroutines_is_not_asked_for_a_list(service: Patient) -> None:
    service.get("leak/40000")
    found = examine(service.url, asker(service), sleep=lambda _: None)
    assert service.asked() == ["goroutine", "goroutine", "goroutineleak"]
    (warning,) = found.warnings
    assert "goroutines are too many to list" in warning
    assert "--force" in warning
    (leak,) = diagnose(found.looks).findings
    assert (leak.detail, leak.count, leak.severity) == ("abandoned-sender", 40000, Severity.HIGH)
    examine(service.url, asker(service), force=True, sleep=lambda _: None)
    assert service.asked()[-1] == "goroutine?debug=2"


def answers(**pages: bytes | None) -> Callable[[str], bytes | None]:
    return lambda page: pages.get(page.partition("?")[0])


PROFILE = (GO / "proto.pb.gz").read_bytes()
TRACE = (GO / "trace.out.gz").read_bytes()


def test_a_service_without_proof_of_leaks_is_examined_without() -> None:
    waits: list[float] = []
    found = examine("http://x", answers(goroutine=PROFILE), apart=7.0, sleep=waits.append)
    assert len(found.looks) == 4
    assert waits == [7.0, 7.0]
    assert found.looks[0].total <= LISTED_UP_TO


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ({}, "http://x, /goroutine: there is no such page"),
        ({"goroutine": b"<html><title>Sign in"}, "a web page with the title 'Sign in'"),
        ({"goroutine": (GO / "block.pb.gz").read_bytes()}, "it says nothing of goroutines"),
    ],
)
def test_what_is_no_profile_is_refused_in_one_line(pages: dict[str, bytes], said: str) -> None:
    with pytest.raises(FormatError, match="http://x") as raised:
        examine("http://x", answers(**pages), sleep=lambda _: None)
    assert said in str(raised.value)


PAGE = b"<!doctype html><title>Shop</title>"


@pytest.mark.parametrize("unknown", ["goroutineleak", "goroutine?debug=2"])
def test_a_service_that_has_a_page_for_whatever_is_not_there_is_told_of(unknown: str) -> None:
    def ask(page: str) -> bytes | None:
        return PAGE if page == unknown else PROFILE

    found = examine("http://x", ask, sleep=lambda _: None)
    assert len(found.looks) == (4 if unknown == "goroutineleak" else 3)
    said = f"http://x {unknown}, byte 0: a web page with the title 'Shop', and no profile"
    assert found.warnings
    assert all(each.startswith(said) and each.endswith("left out") for each in found.warnings)


def test_a_trace_is_asked_for_last_and_only_if_somebody_wants_it() -> None:
    asked: list[str] = []
    pages = answers(goroutine=PROFILE, trace=TRACE)

    def ask(page: str) -> bytes | None:
        asked.append(page)
        return pages(page)

    found = examine("http://x", ask, trace=2.5, sleep=lambda _: None)
    assert asked[-1] == "trace?seconds=2.5"
    assert found.looks[-1].trace is not None
    assert found.warnings == ()
    examine("http://x", ask, sleep=lambda _: None)
    assert not asked[-1].startswith("trace")


def test_without_a_trace_the_rest_is_told_all_the_same() -> None:
    def ask(page: str) -> bytes | None:
        if page.startswith("trace"):
            raise OSError("tracing is already enabled")
        return PROFILE

    found = examine("http://x", ask, trace=1.0, sleep=lambda _: None)
    assert found.warnings == ("tracing is already enabled; there is no trace",)
    assert len(found.looks) == 5
    for pages in (answers(goroutine=PROFILE), answers(goroutine=PROFILE, trace=TRACE[:50])):
        found = examine("http://x", pages, trace=1.0, sleep=lambda _: None)
        assert found.looks
        assert found.warnings[-1].endswith("; there is no trace")


def test_who_gives_no_answer_any_more_is_told_of_as_far_as_it_has() -> None:
    asked: list[str] = []

    def ask(page: str) -> bytes | None:
        asked.append(page)
        if len(asked) > 2:
            raise OSError("no answer within 60 s")
        return PROFILE

    found = examine("http://x", ask, trace=1.0, sleep=lambda _: None)
    assert len(found.looks) == 2
    assert found.warnings == ("no answer within 60 s; it was asked for no more",)
    assert asked == ["goroutine", "goroutine", "goroutineleak"]


def test_who_has_never_given_an_answer_is_told_of_by_whoever_asks() -> None:
    def ask(page: str) -> bytes | None:
        raise OSError(page)

    with pytest.raises(OSError, match="goroutine"):
        examine("http://x", ask, sleep=lambda _: None)
