from __future__ import annotations

from doctor._dumps import goroutine, look
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


def test_another_select_that_grows_is_another_matter() -> None:
    def others(count: int) -> list[str]:
        return [goroutine(number, "select", "main.serve:5") for number in range(count)]

    assert not [*suspicions(Case([look(*others(3)), look(*others(40))]))]
