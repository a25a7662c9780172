from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from doctor._dumps import case, goroutine, look
from doctor.causes._profiles import profile
from snowshed.doctor._case import Case
from snowshed.doctor.causes.unstopped_ticker import suspicions

if TYPE_CHECKING:
    from snowshed.doctor import Look

MAIN = goroutine(1, "running", "main.main:9", created="")
OLD = goroutine(900, "chan send, 5 minutes", "main.stuck:7")
CALLS = ("runtime.chanrecv2:8", "main.refresh:5")


def loops(ids: Iterable[int], parent: int | None = None, state: str = "chan receive") -> list[str]:
    return [
        goroutine(
            n, state, "main.refresh:5", created=f"main.begin in goroutine {parent or n + 5000}"
        )
        for n in ids
    ]


def seen(count: int) -> Look:
    return profile((count, CALLS))


LEAKS = profile((1, ("runtime.chansend1:8", "main.other:5")), leaks=True)


def test_what_the_collector_finds_alive_and_grows_is_woken_by_somebody() -> None:
    (found,) = suspicions(Case([seen(5), LEAKS, seen(40)]))
    assert found.confidence == 0.55
    assert found.evidence == (
        "the collector was asked, and something can still wake them: a timer can",
    )


def test_growth_alone_says_nothing_of_timers() -> None:
    assert not [*suspicions(Case([seen(5), seen(40)]))]
    assert not [*suspicions(Case([seen(0), LEAKS, seen(40)]))]


def test_what_is_leaked_is_not_woken() -> None:
    proven = profile((5, CALLS), leaks=True)
    assert not [*suspicions(Case([seen(5), proven, seen(40)]))]


def test_who_is_older_and_has_waited_for_less_was_woken() -> None:
    (found,) = suspicions(case(MAIN, OLD, *loops(range(100, 112))))
    assert found.confidence == 0.65
    assert found.evidence[0].startswith("12 of them are older than goroutine 900, which has waited")


def test_who_is_younger_or_waits_as_long_or_has_a_maker_may_be_stuck_or_idle() -> None:
    assert not [*suspicions(case(MAIN, OLD, *loops(range(1000, 1012))))]
    old = loops(range(100, 112), state="chan receive, 4 minutes")
    assert not [*suspicions(case(MAIN, OLD, *old))]
    assert not [*suspicions(case(MAIN, OLD, *loops(range(100, 112), parent=1)))]
    assert not [*suspicions(case(MAIN, OLD, *loops(range(100, 109))))]


def test_some_that_do_not_wait_show_that_the_others_are_woken() -> None:
    up = loops(range(200, 203), state="runnable")
    (found,) = suspicions(case(MAIN, *loops(range(100, 112)), *up))
    assert found.confidence == 0.65
    assert found.evidence[0] == (
        "3 more stand at the same line and do not wait: something wakes them"
    )


def test_who_has_just_been_woken_counts_for_the_growth_of_all() -> None:
    def seen(waiting: range, up: range) -> Look:
        return look(MAIN, *loops(waiting), *loops(up, state="runnable"))

    both = [seen(range(0), range(100, 110)), seen(range(100, 105), range(105, 130))]
    (found,) = suspicions(Case(both))
    assert found.growth is not None
    assert found.growth.counts == (10, 30)
    others = [seen(range(0), range(500, 510)), seen(range(100, 105), range(105, 130))]
    (busy,) = suspicions(Case(others))
    assert busy.growth is None


def test_who_writes_to_a_connection_that_another_reads_is_well() -> None:
    reads = ("internal/poll.runtime_pollWait:1", "net.(*conn).Read:3", "main.chat:9")
    readers = [
        goroutine(n, "IO wait", *reads, created=f"main.begin in goroutine {n + 4800}")
        for n in range(300, 312)
    ]
    assert not [*suspicions(case(MAIN, OLD, *loops(range(100, 112)), *readers))]


def test_workers_of_one_maker_are_less_likely_to_be_tickers() -> None:
    (found,) = suspicions(case(MAIN, OLD, *loops(range(100, 112), parent=77)))
    assert found.confidence == 0.5


def test_a_handler_waits_for_its_client() -> None:
    def handlers(count: int) -> Look:
        return profile((count, (*CALLS, "net/http.(*conn).serve:9")))

    assert not [*suspicions(Case([handlers(5), LEAKS, handlers(40)]))]


def test_loops_of_libraries_are_told_when_they_become_more() -> None:
    def janitors(count: int) -> Look:
        run = "github.com/patrickmn/go-cache.(*janitor).Run:1079"
        return look(MAIN, *(goroutine(10 + n, "select", run) for n in range(count)))

    (found,) = suspicions(Case([janitors(2), janitors(30)]))
    assert found.evidence[0] == "each is of a cache that cleans up"
