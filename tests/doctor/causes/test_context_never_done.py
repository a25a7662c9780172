from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor._dumps import case, goroutine, look
from doctor.causes._profiles import profile
from snowshed.doctor._case import Case
from snowshed.doctor.causes.context_never_done import suspicions

if TYPE_CHECKING:
    from snowshed.doctor import Look

SERVES = goroutine(1, "running", "main.serve:9", created="")
PROPAGATES = "context.(*cancelCtx).propagateCancel.func2"


def contexts(*parents: int, function: str = PROPAGATES) -> list[str]:
    made = "context.(*cancelCtx).propagateCancel in goroutine"
    return [
        goroutine(10 + n, "select", f"{function}:5", created=f"{made} {parent}")
        for n, parent in enumerate(parents)
    ]


def waits(words: str, parent: int = 99, state: str = "chan receive") -> str:
    text = goroutine(20, state, "main.watch:5", created=f"main.begin in goroutine {parent}")
    return text.replace("main.watch(...)", f"main.watch({words})")


@pytest.mark.parametrize(
    "function",
    [PROPAGATES, "context.propagateCancel.func1", "os/signal.NotifyContext.func1"],
)
def test_a_context_whose_maker_is_gone_is_told(function: str) -> None:
    (found,) = suspicions(case(SERVES, *contexts(98, 99, function=function)))
    assert found.confidence == 0.85
    assert found.evidence[1] == "who made 2 of them has ended, or has gone on to something else"


def test_contexts_of_those_who_are_at_work_are_well() -> None:
    parents = [goroutine(n, "select", "main.handle:3") for n in range(100, 140)]
    assert not [*suspicions(case(SERVES, *parents, *contexts(*range(100, 140))))]
    looks = [look(SERVES, *parents, *contexts(*range(100, end))) for end in (105, 140)]
    assert not [*suspicions(Case(looks))]


def test_many_of_one_maker_are_told_though_it_is_at_work() -> None:
    (found,) = suspicions(case(SERVES, *contexts(1, 1, 1, 1)))
    assert (found.confidence, found.against) == (
        0.7,
        ("a context lives as long as what it is for",),
    )


def test_profiles_tell_them_when_they_become_more() -> None:
    few, many = (profile((n, ("runtime.selectgo:1", f"{PROPAGATES}:5"))) for n in (3, 30))
    (found,) = suspicions(Case([few, many]))
    assert found.group.count == 30
    assert not [*suspicions(Case([many, many]))]


def test_who_was_given_a_context_alone_can_wait_for_nothing_else() -> None:
    (found,) = suspicions(case(SERVES, waits("{0x8a4f30, 0xc00012a000}")))
    assert found.confidence == 0.6
    assert [*suspicions(case(SERVES, waits("{0x8a4f30?, 0x25d41ab19ae0?}")))]


@pytest.mark.parametrize(
    "words",
    [
        "0xc00012a000",
        "{0x8a4f30, 0xc00012a000}, 0xc000188000",
        "{0x8a4f30, 0x12}",
        "{0x335094cee1f0?, 0x335094d36780?}",
        "{0xc00012a000, 0x20, 0x20}",
        "...",
    ],
)
def test_who_was_given_something_else_is_another_matter(words: str) -> None:
    assert not [*suspicions(case(SERVES, waits(words)))]


@pytest.mark.parametrize("function", ["main.watch.func1", "main.(*Server).watch"])
def test_who_may_have_a_channel_of_its_own_is_another_matter(function: str) -> None:
    text = waits("{0x8a4f30, 0xc00012a000}").replace("main.watch(", f"{function}(")
    assert not [*suspicions(case(SERVES, text))]


def test_who_waits_for_the_end_of_the_program_is_well() -> None:
    assert not [*suspicions(case(SERVES, waits("{0x8a4f30, 0xc00012a000}", parent=1)))]


def test_handlers_wait_for_the_end_of_their_own_contexts() -> None:
    def seen(outermost: str, count: int, state: str = "chan receive") -> Look:
        calls = ("main.watch:5", f"{outermost}:9")
        dumped = [goroutine(20 + n, state, *calls) for n in range(count)]
        words = "main.watch({0x8a4f30, 0xc00012a000})"
        return look(SERVES, *(each.replace("main.watch(...)", words) for each in dumped))

    def told(outermost: str, state: str = "chan receive") -> bool:
        looks = [seen(outermost, count, state) for count in (3, 30)]
        return bool([*suspicions(Case(looks))])

    assert told("main.run")
    assert not told("net/http.(*conn).serve")
    assert told("net/http.(*conn).serve", "chan receive (leaked)")


def test_a_loop_over_a_channel_waits_for_no_context() -> None:
    loops = profile((1, ("runtime.chanrecv2:8", "main.watch:5")))
    listed = look(SERVES, waits("{0x8a4f30, 0xc00012a000}"))
    assert not [*suspicions(Case([loops, listed]))]


def test_a_crash_shows_the_calls_of_the_runtime_too() -> None:
    parked = "runtime.gopark(0x1?)\n\t/go/src/runtime/proc.go:474 +0xca\n"
    text = waits("{0x8a4f30, 0xc00012a000}").replace("main.watch(", f"{parked}main.watch(")
    assert [*suspicions(case(SERVES, text))]
