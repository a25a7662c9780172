"""Where nothing lists who made whom, the names of function literals tell."""

from __future__ import annotations

import pytest

from doctor.causes._profiles import profile
from snowshed.doctor import diagnose
from snowshed.doctor._case import Case
from snowshed.doctor.causes._profiled_fanout import wide_on_average
from snowshed.model import Severity

HANDLER = ("sync.(*WaitGroup).Wait:3", "main.price:20", "net/http.(*conn).serve:9")


def tasks(function: str) -> tuple[str, ...]:
    return ("main.priceOf:61", f"{function}:12")


def found(*counted: tuple[int, tuple[str, ...]]) -> list[tuple[str, int, int]]:
    wide = wide_on_average(Case([profile(*counted)]))
    return [(each.at.function, each.calls, each.each) for each in wide]


@pytest.mark.parametrize(
    "literal",
    ["main.price.func1", "main.price.gowrap2", "main.price.func1.2", "main.price.func3.gowrap1"],
)
def test_goroutines_are_counted_for_each_call_that_is_under_way(literal: str) -> None:
    assert found((40, HANDLER), (12_000, tasks(literal))) == [("main.price", 40, 300)]
    assert found((40, HANDLER), (2_000, tasks(literal))) == []


def test_they_count_wherever_they_stand() -> None:
    begun = ("time.Sleep:1", "main.price.func1:11")
    (seen,) = wide_on_average(
        Case([profile((2, HANDLER), (90, tasks("main.price.func1")), (30, begun))])
    )
    assert (seen.tasks, seen.each) == (120, 60)
    assert seen.group.where.at.function == "main.priceOf"


def test_a_pool_that_main_has_started_is_of_no_request() -> None:
    waits = ("sync.(*WaitGroup).Wait:3", "main.main:20")
    assert found((1, waits), (12_000, tasks("main.main.func1"))) == []
    assert found((40, HANDLER), (12_000, tasks("main.other.func1"))) == []


def test_a_handler_that_is_a_literal_itself_is_known() -> None:
    handler = ("sync.(*WaitGroup).Wait:3", "main.main.func2:20", "net/http.(*conn).serve:9")
    (seen,) = found((10, handler), (1_000, tasks("main.main.func2.1")))
    assert seen == ("main.main.func2", 10, 100)


def test_it_is_told_with_what_is_not_known() -> None:
    first = profile((40, HANDLER), (12_000, tasks("main.price.func1")))
    found = {each.detail: each for each in diagnose([first]).findings}
    fanout = found["fanout"]
    assert (fanout.severity, fanout.at.function) == (Severity.MEDIUM, "main.priceOf")
    assert fanout.evidence == (
        "each of 40 calls of main.price has 300 at once, counted in a profile",
    )
    assert fanout.against == ("who made them is not told: a list does that, debug=2 or --force",)
    assert [each.at.function for each in fanout.related] == ["main.price"]


def grown(before: int, now: int, *calls: str) -> list[tuple[str, Severity]]:
    looks = [profile((count, calls)) for count in (before, now)]
    return [(each.detail, each.severity) for each in diagnose(looks).findings]


def test_a_pile_is_told_though_nothing_tells_who_made_it() -> None:
    waits = ("time.Sleep:1", "main.retry:61", "main.poll:12")
    assert grown(48_000, 74_000, *waits) == [("fanout", Severity.MEDIUM)]
    assert grown(74_000, 74_000, *waits) == []
    assert grown(700, 900, *waits) == []


def test_connections_that_clients_open_are_no_pile() -> None:
    reads = (
        "internal/poll.runtime_pollWait:1",
        "internal/poll.(*FD).Read:9",
        "net.(*conn).Read:3",
        "main.chat:61",
    )
    assert ("fanout", Severity.MEDIUM) not in grown(48_000, 74_000, *reads)
    assert grown(48_000, 74_000, "time.Sleep:1", "net/http.(*Server).Serve:9") == []


def test_what_is_proven_to_wait_for_ever_was_left_behind_call_by_call() -> None:
    quoting = ("main.quote:33", "net/http.(*conn).serve:9")
    sends = ("runtime.chansend1:1", "main.quote.func1:31")
    seen, leaks = profile((1, quoting), (200, sends)), profile((200, sends), leaks=True)
    assert [each.detail for each in diagnose([seen, leaks]).findings] == ["abandoned-sender"]
    assert [each.detail for each in diagnose([seen]).findings] == ["fanout"]
