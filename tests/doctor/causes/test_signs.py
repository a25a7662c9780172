from __future__ import annotations

from doctor._dumps import case, goroutine, look
from snowshed.doctor._case import Case
from snowshed.doctor.causes._signs import Calls, call_of, lasts, makers_of, program_of

MAIN = goroutine(1, "select", "main.main:9", created="")
CALLS = ("net.(*conn).Read:2", "net.(*netFD).Read:1", "main.price:5")


def waits(*parents: int, state: str = "IO wait") -> list[str]:
    return [
        goroutine(100 + n, state, *CALLS, created=f"main.serve in goroutine {parent}")
        for n, parent in enumerate(parents)
    ]


def of(*goroutines: str) -> tuple[Case, int]:
    found = case(*goroutines)
    return found, next(i for i, g in enumerate(found.groups) if g.where.state == "IO wait")


def test_who_is_at_work_has_few() -> None:
    found, index = of(MAIN, *waits(1, 1, 1))
    makers = makers_of(found, found.groups[index])
    assert (makers.known, makers.left, makers.most, makers.at_work) == (True, 0, 3, True)
    found, index = of(MAIN, *waits(1, 1, 1, 1))
    assert not makers_of(found, found.groups[index]).at_work


def test_who_has_ended_or_waits_for_the_next_request_has_left() -> None:
    serves = goroutine(
        7, "IO wait", "net.(*conn).Read:2", "net/http.(*conn).serve:9", created="net/http.Serve"
    )
    found = case(MAIN, serves, *waits(7, 99))
    group = next(each for each in found.groups if program_of(each) and each.count == 2)
    makers = makers_of(found, group)
    assert (makers.left, makers.at_work) == (2, False)
    assert makers.said == ("who made 2 of them has ended, or has gone on to something else",)


def test_without_a_list_nobody_is_missed() -> None:
    found, index = of(MAIN, *waits(99))
    makers = makers_of(Case([]), found.groups[index])
    assert (makers.known, makers.left, makers.said) == (False, 0, ())


def test_the_innermost_call_that_matches_is_found() -> None:
    found, index = of(MAIN, *waits(1))
    call = call_of(found.groups[index], Calls(r"net\.\(\*\w+\)\.Read"))
    assert call is not None
    assert call.function == "net.(*conn).Read"
    assert call_of(found.groups[index], Calls("Read")) is None


def test_the_name_of_whoever_made_it_is_no_call() -> None:
    begin = Calls(r"database/sql\.\(\*DB\)\.beginDC")
    assert begin.match("database/sql.(*DB).beginDC.func1")
    assert not begin.match("database/sql.(*DB).beginDC.gowrap1")


def test_growth_age_and_proof_last_and_a_single_look_does_not() -> None:
    def told(*looks: list[str]) -> bool:
        found = Case([look(MAIN, *each) for each in looks])
        group = next(each for each in found.groups if each.where.state == "IO wait")
        return lasts(found, group)

    assert not told(waits(1))
    assert told(waits(1), waits(*[1] * 20))
    assert told(waits(1), waits(1))
    assert told(waits(1, state="IO wait, 3 minutes"))
