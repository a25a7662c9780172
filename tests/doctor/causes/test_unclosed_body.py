from __future__ import annotations

from doctor._dumps import goroutine, look
from snowshed.doctor import diagnose
from snowshed.doctor._case import Case
from snowshed.doctor.causes.unclosed_body import suspicions
from snowshed.model import Severity


def readers(count: int, state: str = "select") -> list[str]:
    call = "net/http.(*persistConn).readLoop:2325"
    made = "net/http.(*Transport).dialConn in goroutine 7"
    file = "/usr/local/go/src/net/http/transport.go"
    return [
        goroutine(number, state, call, created=made, file=file) for number in range(10, 10 + count)
    ]


def test_answers_that_nobody_finishes_are_told_when_they_become_more() -> None:
    (found,) = suspicions(Case([look(*readers(3)), look(*readers(40))]))
    assert found.group.count == 40
    assert not [*suspicions(Case([look(*readers(40))]))]


def test_the_very_same_in_two_lists_are_worth_a_word_without_growth() -> None:
    (finding,) = diagnose([look(*readers(40)), look(*readers(40))]).findings
    assert (finding.detail, finding.severity) == ("unclosed-body", Severity.LOW)
    assert not [*suspicions(Case([look(*readers(9)), look(*readers(9))]))]


def test_those_that_wait_for_minutes_are_told_too_but_for_as_many_as_are_read() -> None:
    old = readers(3, "select, 9 minutes")
    read = [
        goroutine(number, "IO wait", "net/http.(*bodyEOFSignal).Read:3250", "main.stream:9")
        for number in (50, 51, 52)
    ]
    (found,) = suspicions(Case([look(*old, *read[:2])]))
    assert found.evidence[1] == "nobody is reading 1 of the answers now"
    assert not [*suspicions(Case([look(*old, *read)]))]
    assert not [*suspicions(Case([look(*readers(3, "select, 1 minutes"))]))]


def test_connections_that_are_idle_may_become_as_many_as_they_like() -> None:
    looks = [look(*readers(count, "IO wait")) for count in (3, 40)]
    assert not [*suspicions(Case(looks))]
