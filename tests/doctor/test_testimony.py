"""What traces and profiles of waits say of a group, and which severity that earns."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from _trace_writer import RUNNING, STATUS, Generation, trace
from doctor._dumps import goroutine, look
from snowshed.doctor import Look, Where, _testimony, diagnose
from snowshed.doctor._case import Case
from snowshed.doctor._cause import Suspicion
from snowshed.doctor._contention import Waited
from snowshed.doctor._testimony import motion_of, waits_at, waits_of
from snowshed.doctor._traced import Motion
from snowshed.doctor.causes.run_queue import DETAIL
from snowshed.formats.gotrace import read
from snowshed.model import Finding, Frame, GoTrace, Severity

AT = Frame("main.notify", "/srv/shop/main.go", 5)
SENDS = Where("chan send", AT)
EMPTY: GoTrace = read(io.BytesIO(trace(Generation().on(1, 0, (STATUS, 0, 1, 1, RUNNING)))))


def senders(count: int) -> Look:
    return look(
        *(goroutine(number, "chan send", "main.notify:5") for number in range(2, count + 2))
    )


def traced(count: int, motion: Motion, *, where: Where = SENDS) -> Look:
    """A trace that has ``count`` senders at its end."""
    return replace(senders(count), trace=EMPTY, motions={where: motion})


def finding(*looks: Look) -> Finding:
    (found,) = diagnose(looks).findings
    return found


def test_who_did_not_move_for_seconds_is_stuck() -> None:
    found = finding(traced(20, Motion(3.0, still=20)))
    assert found.severity is Severity.MEDIUM
    assert "20 of 20 did not move in the 3.0 s of the trace" in found.evidence
    assert found.confidence > finding(senders(20)).confidence


@pytest.mark.parametrize(
    "motion",
    [
        Motion(3.0, still=9),
        Motion(1.9, still=20),
        Motion(3.0, still=18, moved=2),
        Motion(3.0, moved=20),
        Motion(3.0, born=20, created=2000, ended=1980),
    ],
    ids=["few", "a short trace", "some moved", "all moved", "most have ended"],
)
def test_else_it_is_low(motion: Motion) -> None:
    count = motion.still + motion.moved + motion.born
    assert finding(traced(count, motion)).severity is Severity.LOW


def test_who_moved_is_said_against_it() -> None:
    found = finding(traced(20, Motion(3.0, still=5, moved=15)))
    assert "15 of 20 moved in the 3.0 s of the trace" in found.against
    busy = finding(traced(20, Motion(3.0, born=20, created=2000, ended=1980)))
    assert "of 2,000 that were created in the trace 1,980 have ended" in busy.against


def test_what_is_created_and_does_not_end_grows() -> None:
    found = finding(traced(20, Motion(3.0, born=20, created=20)))
    assert found.severity is Severity.MEDIUM
    assert "0 -> 20 from look to look" in found.evidence
    made = "+20 in the 3.0 s of the trace, created at main.go:10; none of them ended"
    assert made in found.evidence


def test_growth_in_a_trace_needs_what_other_looks_have_seen() -> None:
    grown = Motion(3.0, still=8, born=12, created=12)
    assert finding(senders(5), traced(20, grown)).severity is Severity.MEDIUM
    assert finding(senders(30), senders(25), traced(20, grown)).severity is Severity.LOW


def test_a_dump_is_better_than_a_trace_that_comes_later() -> None:
    dump = senders(20)
    case = Case([dump, traced(20, Motion(3.0, still=20))])
    assert case.best is dump
    assert case.stayed(case.groups[0]) == 20
    assert case.lists_all
    assert motion_of(case, SENDS) == Motion(3.0, still=20)
    assert motion_of(case, Where("select", AT)) is None
    assert motion_of(Case([dump]), SENDS) is None


def test_a_trace_is_better_than_a_profile_if_it_lists_all() -> None:
    profile = replace(senders(20), listed=False)
    whole = traced(20, Motion(3.0, still=20))
    assert Case([whole, profile]).best is whole
    assert Case([profile, replace(whole, partial=True)]).best is profile
    assert Case([replace(whole, partial=True)]).groups


def test_a_trace_does_not_tell_where_those_are_that_do_not_wait() -> None:
    run = [
        look(*(goroutine(n, "runnable", "main.item:5") for n in range(1, many))) for many in (50, 2)
    ]
    ran = Where("runnable", Frame("main.item", "/srv/shop/main.go", 5))
    growth = Case([*run, traced(20, Motion(3.0), where=ran)]).growth(ran)
    assert growth is not None
    assert growth.counts == (49, 1)


def waited(count: int, seconds: float, told_by: str = "block profile") -> Waited:
    return Waited(AT, "chan send", told_by, count, seconds)


def of_waits(*waits: Waited) -> Look:
    return Look("waits", (), partial=True, waits=waits)


def test_waits_that_ended_at_the_line_speak_against_it_and_long_ones_for_it() -> None:
    short, long = waited(100, 0.1), waited(10, 50.0)
    said = str(short)
    assert said in finding(senders(20), of_waits(short)).against
    assert str(long) in finding(of_waits(long), senders(20)).evidence
    other = replace(short, at=replace(AT, line=6))
    assert str(other) not in finding(senders(20), of_waits(other)).against
    assert finding(senders(20), of_waits(long)).severity is Severity.LOW


def test_who_lets_others_through_is_told() -> None:
    waker = Frame("main.collect", "/srv/shop/main.go", 30)
    woken = replace(waited(100, 0.1, "trace"), woken_at=waker)
    said = "most that get through are let go by /srv/shop/main.go:30 main.collect"
    assert said in finding(senders(20), of_waits(woken)).evidence


def test_of_two_profiles_the_difference_counts_and_a_trace_stands_for_itself() -> None:
    case = Case(
        [of_waits(waited(5, 1.0)), of_waits(waited(7, 9.0)), of_waits(waited(3, 2.0, "trace"))]
    )
    assert [(w.told_by, w.count) for w in waits_of(case)] == [("block profile", 2), ("trace", 3)]
    assert len(waits_at(case, SENDS)) == 2
    assert (case.total, case.groups) == (0, ())


def test_a_trace_does_not_hide_growth_because_it_knows_no_makers() -> None:
    def made(count: int, line: str) -> list[str]:
        return [
            goroutine(n, "chan send", "main.notify:5", created=f"main.{line} in goroutine 1")
            for n in range(1000 * (line == "pay") + 2, 1000 * (line == "pay") + 2 + count)
        ]

    dumps = [look(*made(count, "pay"), *made(5, "serve")) for count in (20, 60)]
    anonymous = [goroutine(n, "chan send", "main.notify:5", created="") for n in range(1002, 1062)]
    trace = replace(look(*anonymous, *made(25, "pay")), trace=EMPTY)
    case = Case([*dumps, trace])
    group = next(each for each in case.groups if each.count == 60)
    growth = case.growth_of(group)
    assert growth is not None
    assert growth.grows


def test_a_trace_that_comes_first_is_two_looks() -> None:
    grown = traced(20, Motion(3.0, born=20, created=20))
    timed = replace(grown, taken_at=100.0), replace(senders(20), taken_at=107.0)
    growth = Case(timed).growth(SENDS)
    assert growth is not None
    assert (growth.counts, growth.seconds) == ((0, 20, 20), 10.0)
    assert growth.grows
    later = Case([senders(20), grown]).growth(SENDS)
    assert later is not None
    assert later.counts == (20, 20)


def test_how_many_wait_for_a_processor_changes_with_the_load() -> None:
    ran = Where("runnable", Frame("main.item", "/srv/shop/main.go", 5))
    run = look(*(goroutine(n, "runnable", "main.item:5") for n in range(1, 51)))
    trace = replace(run, trace=EMPTY, motions={ran: Motion(3.0, born=50, created=50)})
    case = Case([trace])
    assert case.growth(ran) is None
    suspicion = Suspicion(DETAIL, case.groups[0], 0.5)
    assert _testimony.testify(case, suspicion).severity is Severity.LOW


def test_waits_alone_are_told_in_one_line_with_what_is_missing() -> None:
    library = replace(waited(1, 9.0), at=Frame("net.read", "/usr/lib/go/src/net/net.go", 3))
    (said,) = diagnose([of_waits(library, waited(10, 2.0))]).warnings
    assert said == (
        "waits: no goroutines in it, only waits that are over; most time went to "
        "/srv/shop/main.go:5 main.notify: 10 waits at this line ended, after 200 ms on average "
        "(block profile); give a goroutine profile or a dump beside it"
    )
    assert diagnose([of_waits(waited(10, 2.0)), senders(2)]).warnings == ()
    assert diagnose([of_waits()]).warnings == ()


def test_those_who_are_not_told_one_by_one_are_counted() -> None:
    more = replace(EMPTY, left_out=2000)
    (said,) = diagnose([replace(senders(20), trace=more, partial=True)]).warnings
    assert said.startswith("dump: 2,000 more goroutines lived than are told one by one")
