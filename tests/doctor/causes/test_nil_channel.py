from __future__ import annotations

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
