"""Clients that nobody closes are told by the line that makes them, if they become more."""

from __future__ import annotations

from dataclasses import replace

from _snapshots import task
from doctor._task_pages import page, seen, with_facts
from snowshed.doctor import Look, diagnose
from snowshed.doctor._tasks import Client, Facts
from snowshed.model import Frame, Severity, TaskState

MADE = Frame("fetch", "/srv/shop/app.py", 12)


def client(created: int, live: int, at: Frame = MADE) -> Client:
    return Client("aiohttp.ClientSession", at, created, live)


def looks(*clients: tuple[Client, ...] | None) -> list[Look]:
    bodies = [page([task(1)]) for _ in clients]
    return [
        with_facts(look, Facts(clients=each, lines=(), taken_at=10.0 * number))
        for number, (look, each) in enumerate(zip(seen(*bodies), clients, strict=True))
    ]


def test_more_and_more_open_clients_are_medium() -> None:
    (finding,) = diagnose(looks((client(5, 5),), (client(40, 38),))).findings
    assert (finding.detail, finding.severity, finding.at) == (
        "unclosed-client",
        Severity.MEDIUM,
        MADE,
    )
    assert (finding.count, finding.state) == (38, "open client")
    assert finding.evidence == (
        "5 -> 38 in 10 s, +198 a minute",
        "38 of 40 aiohttp.ClientSession that were made here are still open",
    )


def test_one_for_each_request_that_is_closed_again_is_low() -> None:
    (finding,) = diagnose(looks((client(5, 1),), (client(400, 1),))).findings
    assert finding.severity is Severity.LOW
    assert finding.evidence == (
        "395 aiohttp.ClientSession were made here between the looks, for a moment each",
    )


def test_clients_that_last_as_long_as_the_service_are_well() -> None:
    assert diagnose(looks((client(30, 30),), (client(31, 31),))).findings == ()


def test_clients_whose_tasks_are_in_the_middle_of_a_call_are_not_left_open() -> None:
    waits = {"state": TaskState.FUTURE, "resource": None}
    inside = replace(MADE, line=14)
    found = []
    for number, count in enumerate((5, 38)):
        (look,) = seen(page([task(n, stack=(inside,), **waits) for n in range(count)]))
        facts = Facts(clients=(client(count, count),), lines=(), taken_at=10.0 * number)
        found.append(with_facts(look, facts))
    assert "unclosed-client" not in {each.detail for each in diagnose(found).findings}


def test_one_look_and_a_service_that_does_not_count_tell_nothing() -> None:
    assert diagnose(looks((client(400, 400),))).findings == ()
    assert diagnose(looks(None, (client(400, 400),))).findings == ()


def test_of_several_processes_they_are_added_up() -> None:
    (finding,) = diagnose(looks((client(5, 5),) * 3, (client(9, 9),) * 3)).findings
    assert finding.count == 27


def test_what_nobody_knows_the_line_of_is_not_told() -> None:
    nowhere = Frame("elsewhere", "", 0)
    assert diagnose(looks((), (client(400, 400, nowhere),))).findings == ()
