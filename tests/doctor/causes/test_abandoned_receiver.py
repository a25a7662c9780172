from __future__ import annotations

from doctor._dumps import case, goroutine, look
from snowshed.doctor._case import Case
from snowshed.doctor.causes.abandoned_receiver import suspicions

SERVES = goroutine(1, "running", "main.serve:9", created="")


def workers(count: int, state: str = "chan receive") -> list[str]:
    return [goroutine(n, state, "main.work:5") for n in range(10, 10 + count)]


def test_idle_workers_are_not_told() -> None:
    assert not [*suspicions(case(SERVES, *workers(64)))]


def test_proof_growth_or_a_maker_that_has_ended_are() -> None:
    (proven,) = suspicions(case(SERVES, *workers(1, "chan receive (leaked)")))
    assert proven.against == ()
    (grown,) = suspicions(Case([look(SERVES, *workers(3)), look(SERVES, *workers(64))]))
    assert grown.against == ("an idle worker waits in the same way",)
    gone = goroutine(2, "chan receive", "main.take:5", created="main.bill in goroutine 99")
    (orphan,) = suspicions(case(SERVES, gone))
    assert orphan.evidence == (
        "who made it has ended: the other side of the wait may have gone with it",
    )
