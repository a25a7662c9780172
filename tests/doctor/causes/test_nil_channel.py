from __future__ import annotations

import pytest

from doctor._dumps import case, goroutine
from snowshed.doctor.causes.nil_channel import suspicions


def test_nobody_can_use_a_channel_that_is_nil() -> None:
    (send, receive) = suspicions(
        case(
            goroutine(2, "chan send (nil chan)", "main.notify:5"),
            goroutine(3, "chan receive (nil chan)", "main.take:6"),
            goroutine(4, "chan receive", "main.take:7"),
        )
    )
    assert (send.proven, receive.proven) == (True, True)


def test_a_select_without_cases_is_worth_a_look_but_in_main() -> None:
    (found,) = suspicions(
        case(
            goroutine(1, "select (no cases)", "main.main:9", created=""),
            goroutine(2, "select (no cases)", "main.serve.func1:5"),
        )
    )
    assert found.group.where.at.function == "main.serve.func1"
    assert not found.proven
    assert found.against


MAIN = ("main.wait:12", "main.main:9")


@pytest.mark.parametrize("state", ["select (no cases)", "chan receive (nil chan)"])
def test_main_may_wait_for_ever_while_others_work(state: str) -> None:
    assert not [*suspicions(case(goroutine(1, state, *MAIN, created="")))]
    asleep = "fatal error: all goroutines are asleep - deadlock!\n"
    assert [*suspicions(case(asleep, goroutine(1, state, *MAIN, created="")))]


def test_a_library_may_wait_for_a_context_that_is_never_cancelled() -> None:
    file = "/home/u/go/pkg/mod/k8s.io/client-go@v0.31.0/tools/record/event.go"
    inside = goroutine(2, "chan receive (nil chan)", "k8s.io/client-go/tools.wait:206", file=file)
    (found,) = suspicions(case(inside))
    assert (found.proven, found.against) == (
        False,
        ("Done() of a context that is never cancelled is nil, too",),
    )
    (sends,) = suspicions(case(inside.replace("receive", "send")))
    assert sends.proven
