from __future__ import annotations

from doctor._dumps import case, goroutine, look
from doctor.causes._profiles import profile
from snowshed.doctor import Look, diagnose
from snowshed.doctor._case import Case
from snowshed.doctor.causes.never_closed_range import suspicions
from snowshed.model import Severity

SERVES = goroutine(1, "running", "main.serve:9", created="")
LOOPS, TAKES = "runtime.chanrecv2:8", "runtime.chanrecv1:8"


def workers(*parents: int, state: str = "chan receive", given: str = "") -> list[str]:
    """Workers of those makers, each maker with a channel of its own."""
    return [
        goroutine(
            10 + n, state, "main.work:5", created=f"main.start in goroutine {parent}"
        ).replace("(...)", f"({given or f'{0xC000120000 + parent * 96:#x}'})")
        for n, parent in enumerate(parents)
    ]


def seen(call: str, count: int) -> Look:
    return profile((count, ("runtime.chanrecv:9", call, "main.work:5")))


def test_workers_of_a_maker_that_is_gone_wait_for_a_close() -> None:
    (found,) = suspicions(case(SERVES, *workers(7, 7, 7, 8, 8, 8)))
    assert found.confidence == 0.55
    assert found.evidence[0] == (
        "one goroutine has started 3 of them with the same to work on, as workers are"
    )
    assert found.against


def test_what_all_makers_share_is_no_channel_of_one() -> None:
    assert not [*suspicions(case(SERVES, *workers(7, 8, 9, given="0xc000120000")))]


def test_one_of_each_maker_may_wait_for_a_single_value() -> None:
    assert not [*suspicions(case(SERVES, *workers(7, 8, 9)))]


def test_several_that_share_nothing_may_wait_for_a_value_each() -> None:
    for given in ("...", "0xc000120000?", "0x5"):
        assert not [*suspicions(case(SERVES, *workers(7, 7, 7, given=given)))]


def test_a_pool_of_workers_that_is_idle_is_well() -> None:
    assert not [*suspicions(case(SERVES, *workers(*[1] * 50)))]


def test_a_profile_tells_a_loop_from_a_receive() -> None:
    (loops,) = suspicions(Case([seen(LOOPS, 4), seen(LOOPS, 40)]))
    assert loops.confidence == 0.6
    assert not [*suspicions(Case([seen(TAKES, 4), seen(TAKES, 40)]))]
    listed = look(SERVES, *workers(7, 7))
    (both,) = suspicions(Case([seen(LOOPS, 2), listed]))
    assert both.confidence == 0.7
    assert not [*suspicions(Case([seen(TAKES, 2), listed]))]


def test_what_the_collector_has_not_proven_is_less_sure() -> None:
    leaks = profile((1, (LOOPS, "main.other:5")), leaks=True)
    (found,) = suspicions(Case([seen(LOOPS, 4), leaks, seen(LOOPS, 40)]))
    assert round(found.confidence, 2) == 0.4


def test_handlers_that_something_can_still_wake_may_have_a_channel_for_each_client() -> None:
    handles = (LOOPS, "main.inbox:5", "net/http.(*conn).serve:9")
    leaks = profile((1, (LOOPS, "main.other:5")), leaks=True)
    few, many = (profile((count, handles)) for count in (4, 40))
    assert [*suspicions(Case([few, many]))]
    assert not [*suspicions(Case([few, leaks, many]))]
    assert [*suspicions(Case([few, profile((4, handles), leaks=True), many]))]


def test_proof_is_told_as_such() -> None:
    (found,) = diagnose([look(SERVES, *workers(1, 1, state="chan receive (leaked)"))]).findings
    assert (found.detail, found.severity, found.against) == (
        "never-closed-range",
        Severity.HIGH,
        (),
    )


def test_what_a_library_ranges_over_is_its_own_affair() -> None:
    file = "/home/u/go/pkg/mod/github.com/x/y@v1.0.0/y.go"
    inside = [
        goroutine(
            n, "chan receive", "github.com/x/y.run:5", created="y.New in goroutine 9", file=file
        )
        for n in (20, 21)
    ]
    assert not [*suspicions(case(SERVES, *inside))]
