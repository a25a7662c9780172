from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from doctor._dumps import goroutine, look, of_file
from snowshed.doctor import _diagnose, diagnose
from snowshed.doctor._case import Case, Growth, once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snowshed.doctor import Look


def senders(*numbers: int) -> list[str]:
    return [goroutine(number, "chan send", "main.notify:5") for number in numbers]


def test_one_look_tells_of_no_growth_and_no_age() -> None:
    case = Case([look(*senders(2, 3))])
    (group,) = case.groups
    assert case.growth(group.where) is None
    assert case.stayed(group) == 0


def test_growth_is_counted_look_by_look_also_from_zero() -> None:
    looks = [look(goroutine(1, "running", "main.main:1")), look(*senders(*range(20)))]
    case = Case(looks)
    (group,) = case.groups
    growth = case.growth(group.where)
    assert growth is not None
    assert (growth.counts, growth.gained, growth.grows, growth.goes_on) == (
        (0, 20),
        20,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("counts", "grows", "goes_on"),
    [
        ((0, 9), False, False),
        ((0, 10), True, False),
        ((1000, 1049), False, False),
        ((1000, 1050), True, False),
        ((10, 30, 50), True, True),
        ((10, 50, 50), True, False),
        ((10, 50, 50, 90), True, True),
        ((10, 50, 40, 90), True, False),
        ((0, 205, 0, 238), False, False),
        ((197, 159, 0, 238), False, False),
        ((10, 50, 19, 90), False, False),
        ((10, 11, 2, 90), True, False),
        ((50, 10, 5), False, False),
        ((10, 11, 12), False, False),
    ],
)
def test_a_small_difference_may_be_chance(
    counts: tuple[int, ...], grows: bool, goes_on: bool
) -> None:
    growth = Growth(counts)
    assert (growth.grows, growth.goes_on) == (grows, goes_on)


def test_growth_is_told_with_its_rate_if_the_times_are_known() -> None:
    assert str(Growth((10, 620), 60.0)) == "10 -> 620 in 60 s, +610 a minute"
    assert str(Growth((10, 20), 0.3)) == "10 -> 20 in 0.3 s, +2,000 a minute"
    assert str(Growth((1000, 4812))) == "1,000 -> 4,812 from look to look"
    assert (
        str(Growth(tuple(range(1, 100))))
        == "1 -> 2 -> 3 -> ... -> 97 -> 98 -> 99 from look to look"
    )


def test_a_text_that_does_not_tell_what_they_wait_for_counts_them_all_the_same() -> None:
    case = Case([of_file("debug2.txt"), of_file("debug1.txt"), of_file("proto.pb.gz")])
    senders = next(group for group in case.groups if group.where.at.line == 68)
    assert senders.state == "chan send"
    growth = case.growth(senders.where)
    assert growth is not None
    assert len(set(growth.counts)) == 1


def test_those_that_stand_there_in_every_list_have_stayed() -> None:
    case = Case([look(*senders(2, 3, 4)), look(*senders(3, 4, 5)), look(*senders(3, 4, 5, 6))])
    (group,) = case.groups
    assert case.stayed(group) == 2


def test_a_list_is_better_than_a_newer_profile() -> None:
    case = Case([of_file("debug2.txt"), of_file("proto.pb.gz")])
    assert case.best is not None
    assert case.best.source == "debug2.txt"
    assert any(group.created_by for group in case.groups)


def test_proof_of_a_look_at_leaks_is_added_to_the_groups() -> None:
    case = Case([of_file("proto.pb.gz"), of_file("leak.pb.gz")])
    proven = {group.where.at.line: group.leaked for group in case.groups if group.leaked}
    assert proven == {
        group.where.at.line: group.leaked for group in of_file("leak2.txt").groups if group.leaked
    }
    assert case.total == of_file("proto.pb.gz").total


def test_leaks_alone_are_a_case_too() -> None:
    case = Case([of_file("leak.pb.gz")])
    assert case.total == sum(group.leaked for group in case.groups) > 0


def test_who_is_not_in_a_whole_list_has_ended() -> None:
    case = Case([look(*senders(2, 3))])
    assert case.lists_all
    assert case.find(2) is not None
    assert case.find(1) is None
    assert case.find(None) is None
    assert not Case([of_file("proto.pb.gz")]).lists_all


def test_without_a_look_there_is_nothing() -> None:
    case = Case([])
    assert (case.groups, case.total, case.all_asleep) == ((), 0, False)


def test_who_is_stuck_stays_and_who_is_busy_goes_on() -> None:
    def part(before: tuple[int, ...], now: tuple[int, ...]) -> float | None:
        looks = [
            look(goroutine(1, "running", "main.main:1"), *senders(*ids)) for ids in (before, now)
        ]
        case = Case(looks)
        where = next(g.where for g in case.groups if g.where.state == "chan send")
        return case.still_there(where)

    assert part((2, 3, 4, 5), (2, 3, 4, 6, 7)) == 0.75
    assert part((2, 3), (4, 5, 6)) == 0.0
    assert part((), (2, 3)) == 0.0
    assert Case([look(*senders(2))]).still_there(look(*senders(2)).groups[0].where) is None


def test_profiles_show_how_a_wait_was_entered_and_lists_do_not() -> None:
    listed, counted = of_file("debug2.txt"), of_file("proto.pb.gz")
    where = next(g.where for g in listed.groups if g.where.state == "chan receive")
    assert Case([listed]).call_at(where) == ""
    assert Case([counted, listed]).call_at(where) in {"runtime.chanrecv1", "runtime.chanrecv2"}


@pytest.mark.parametrize(
    ("names", "asked"),
    [(["proto.pb.gz"], False), (["proto.pb.gz", "leak.pb.gz"], True), (["leak2.txt"], True)],
)
def test_whether_the_collector_was_asked_is_known(names: list[str], asked: bool) -> None:
    assert Case([of_file(name) for name in names]).asked_for_leaks is asked


def test_lists_tell_whose_number_grows_where_two_lines_made_who_stands_there() -> None:
    def seen(first: int, second: int) -> Look:
        by = {"main.first": range(100, 100 + first), "main.second": range(500, 500 + second)}
        return look(
            *(
                goroutine(n, "chan send", "main.notify:5", created=f"{made} in goroutine 1")
                for made, numbers in by.items()
                for n in numbers
            )
        )

    case = Case([seen(20, 20), seen(20, 60)])
    grown = {}
    for group in case.groups:
        growth = case.growth_of(group)
        assert growth is not None
        assert group.created_by is not None
        grown[group.created_by.function] = growth
    assert grown == {"main.first": Growth((20, 20)), "main.second": Growth((40, 80))}


def test_what_is_worked_out_once_is_so_for_each_case() -> None:
    asked: list[int] = []

    @once
    def total(case: Case) -> int:
        asked.append(case.total)
        return case.total

    few, more = (Case([look(*senders(*range(2, count)))]) for count in (4, 9))
    assert [total(case) for case in (few, more, few, more)] == [2, 7, 2, 7]
    assert asked == [2, 7]


def test_a_patient_is_forgotten_when_it_was_diagnosed(monkeypatch: pytest.MonkeyPatch) -> None:
    cases: list[weakref.ref[Case]] = []

    def noted(looks: Sequence[Look]) -> Case:
        case = Case(looks)
        cases.append(weakref.ref(case))
        return case

    monkeypatch.setattr(_diagnose, "Case", noted)
    waits = goroutine(1, "sync.WaitGroup.Wait, 9 minutes", "sync.(*WaitGroup).Wait:1", "main.f:5")
    takers = [goroutine(number, "chan receive", "main.take:5") for number in range(20, 60)]
    diagnose([of_file("debug2.txt"), look(waits, *senders(2, 3), *takers)])
    gc.collect()
    assert [case() for case in cases] == [None]
