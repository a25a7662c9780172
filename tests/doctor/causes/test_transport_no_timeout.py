from __future__ import annotations

import pytest

from doctor._dumps import case, goroutine, look
from snowshed.doctor._case import Case
from snowshed.doctor.causes.transport_no_timeout import suspicions

CALLS = ("net/http.(*persistConn).roundTrip:2100", "net/http.send:250", "main.price:12")


def callers(count: int) -> list[str]:
    return [goroutine(number, "select", *CALLS) for number in range(10, 10 + count)]


def test_calls_that_become_more_are_told_by_the_programs_line() -> None:
    (found,) = suspicions(Case([look(*callers(3)), look(*callers(40))]))
    assert found.group.where.at.function == "main.price"
    assert found.against


def test_calls_that_go_on_are_well() -> None:
    assert not [*suspicions(Case([look(*callers(40)), look(*callers(40))]))]
    assert not [*suspicions(Case([look(*callers(400))]))]


@pytest.mark.parametrize(
    "call",
    [
        "net/http.(*persistConn).roundTrip",
        "net/http.(*http2ClientConn).RoundTrip",
        "golang.org/x/net/http2.(*ClientConn).roundTrip",
        "net/http/internal/http2.(*ClientConn).roundTrip",
    ],
)
def test_calls_that_wait_for_minutes_are_told_in_every_release(call: str) -> None:
    old = goroutine(7, "select, 2 minutes", f"{call}:9", "main.price:12")
    (found,) = suspicions(case(old))
    assert found.group.minutes == 2


def test_another_select_that_grows_is_another_matter() -> None:
    def others(count: int) -> list[str]:
        return [goroutine(number, "select", "main.serve:5") for number in range(count)]

    assert not [*suspicions(Case([look(*others(3)), look(*others(40))]))]
