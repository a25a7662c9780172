from __future__ import annotations

from doctor._dumps import case, goroutine
from snowshed.doctor.causes.abandoned_sender import suspicions

SERVES = goroutine(1, "running", "main.serve:9", created="")


def test_who_sends_from_the_program_is_suspected() -> None:
    (found,) = suspicions(case(SERVES, goroutine(2, "chan send", "main.notify:5")))
    assert (found.confidence, found.evidence) == (0.4, ())


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


LIBRARY = "/home/u/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go"


def test_a_library_that_sends_for_minutes_or_for_ever_is_told() -> None:
    def inside(state: str) -> str:
        return goroutine(2, state, "github.com/lib/pq.(*conn).watch:7", file=LIBRARY)

    assert not [*suspicions(case(SERVES, inside("chan send, 1 minutes")))]
    assert [*suspicions(case(SERVES, inside("chan send, 2 minutes")))]
    assert [*suspicions(case(SERVES, inside("chan send (leaked)")))]


def senders(count: int, state: str = "chan send", parent: int = 1) -> list[str]:
    created = f"main.bill in goroutine {parent}"
    return [goroutine(n, state, "main.notify:5", created=created) for n in range(10, 10 + count)]


def test_age_counts_of_many_whose_makers_have_ended_or_that_are_old() -> None:
    def wrong(*goroutines: str) -> bool:
        (found,) = suspicions(case(SERVES, *goroutines))
        return found.waiting_is_wrong

    assert wrong(*senders(10, parent=99))
    assert wrong(*senders(10, "chan send, 2 minutes"))
    # They may be generators, or wait for a receiver that is slow.
    assert not wrong(*senders(9, "chan send, 9 minutes", parent=99))
    assert not wrong(*senders(300))
