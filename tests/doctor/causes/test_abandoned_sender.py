from __future__ import annotations

from doctor._dumps import case, goroutine
from snowshed.doctor.causes.abandoned_sender import suspicions

SERVES = goroutine(1, "running", "main.serve:9", created="")


def test_who_sends_from_the_program_is_suspected() -> None:
    (found,) = suspicions(case(SERVES, goroutine(2, "chan send", "main.notify:5")))
    assert (found.confidence, found.evidence, found.waiting_is_wrong) == (0.4, (), True)


def test_more_so_if_who_made_it_has_ended() -> None:
    orphans = [
        goroutine(n, "chan send", "main.notify:5", created="main.bill in goroutine 99")
        for n in (2, 3)
    ]
    (found,) = suspicions(case(SERVES, *orphans))
    assert found.confidence > 0.5
    assert found.evidence == (
        "who made 2 of them has ended: the other side of the wait may have gone with it",
    )


def test_what_a_library_sends_inside_is_its_own_affair() -> None:
    inside = goroutine(
        2,
        "chan send",
        "github.com/lib/pq.(*conn).watch:7",
        file="/home/u/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go",
    )
    assert not [*suspicions(case(SERVES, inside))]


def test_receivers_and_nil_channels_are_others_to_tell() -> None:
    assert not [
        *suspicions(
            case(
                goroutine(2, "chan receive", "main.take:5"),
                goroutine(3, "chan send (nil chan)", "main.notify:5"),
            )
        )
    ]
