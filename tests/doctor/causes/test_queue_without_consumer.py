"""Who waits at a queue is told if nobody is left on the other side, and idle workers are not."""

from __future__ import annotations

from dataclasses import replace

from _snapshots import MAIN, task, thread
from doctor._task_pages import case, page, seen, with_facts
from snowshed.doctor import diagnose
from snowshed.doctor._tasks import Ended, Facts
from snowshed.doctor.causes.queue_without_consumer import suspicions
from snowshed.model import Frame, Resource, Severity, TaskSnapshot, TaskState

PUT = Frame("Queue.put", "/usr/lib/python3.11/asyncio/queues.py", 1)
GET = Frame("Queue.get", "/usr/lib/python3.11/asyncio/queues.py", 2)
PRINTS = Frame("print_label", "/srv/app.py", 20)
WORKS = Frame("work", "/srv/app.py", 40)
LIBRARY = Frame("Pool.take", "/srv/lib/site-packages/pool/pool.py", 4)
SERVER = Frame("serve", "/srv/lib/site-packages/uvicorn/server.py", 4)
QUEUE = Resource(7, "asyncio.Queue", "<asyncio.Queue 10 of 10 items>", 12)


def put(number: int, **changed: object) -> TaskSnapshot:
    stands = {"state": TaskState.QUEUE_PUT, "stack": (PUT, PRINTS), "resource": QUEUE}
    return task(number, **{**stands, **changed})


def get(number: int, **changed: object) -> TaskSnapshot:
    stands = {"state": TaskState.QUEUE_GET, "stack": (GET, WORKS), "request": ""}
    return task(number, **{**stands, "resource": QUEUE, **changed})


def test_requests_that_still_wait_for_room_are_medium() -> None:
    body = page([put(number) for number in range(12)])
    (finding,) = diagnose(seen(body, body)).findings
    assert (finding.detail, finding.severity, finding.at) == (
        "queue-without-consumer",
        Severity.MEDIUM,
        PRINTS,
    )
    assert "the queue: <asyncio.Queue 10 of 10 items>" in finding.evidence
    assert "no other task of the program is left that could take from it" in finding.evidence
    (finding,) = diagnose(seen(body)).findings
    assert finding.severity is Severity.LOW


def test_the_stages_of_a_pipeline_wait_for_each_other_all_day() -> None:
    stages = [put(number, request="", stack=(PUT, MAIN)) for number in range(12)]
    consumer = task(90, state=TaskState.SLEEP, resource=None, stack=(WORKS,), request="")
    body = page([*stages, consumer])
    assert [each.severity for each in diagnose(seen(body, body)).findings] == [Severity.LOW]


def test_a_task_that_may_be_the_consumer_speaks_against_it() -> None:
    puts = [put(number) for number in range(12)]
    server = task(89, state=TaskState.SLEEP, resource=None, stack=(SERVER,), request="")
    (alone,) = suspicions(case([*puts, server, thread(99)]))
    worker = task(90, state=TaskState.SOCKET, resource=None, stack=(WORKS,), request="")
    (other,) = suspicions(case([*puts, worker]))
    assert other.confidence < alone.confidence
    assert not any("no other task" in each for each in other.evidence)


def test_a_queue_for_each_is_a_receiver_that_has_left() -> None:
    own = [put(n, request="", resource=Resource(n, "asyncio.Queue", "q", 1)) for n in range(12)]
    body, more = page(own[:2]), page(own)
    (finding,) = diagnose(seen(body, more)).findings
    assert (finding.detail, finding.severity) == ("abandoned-sender", Severity.MEDIUM)
    assert "each waits at one of its own, from which nobody takes" in finding.evidence


def test_what_the_last_task_failed_with_is_shown() -> None:
    failed = Ended(MAIN, "work", "failed", "ValueError at /srv/app.py:41 work")
    (look,) = seen(page([put(1), put(2)]))
    (finding,) = diagnose([with_facts(look, Facts(ended=(failed,)))]).findings
    assert "a task has failed: work with ValueError at /srv/app.py:41 work" in finding.evidence


def test_workers_that_are_idle_are_not_told() -> None:
    body = page([get(number) for number in range(20)])
    assert diagnose(seen(body, body)).findings == ()
    assert [*suspicions(case([get(1)]))] == []


def test_more_and_more_that_no_request_waits_for_are_told() -> None:
    handler = task(900, state=TaskState.SOCKET, resource=None, stack=(SERVER,))
    few, many = (page([handler, *map(get, range(size))]) for size in (5, 40))
    (finding,) = diagnose(seen(few, many)).findings
    assert (finding.detail, finding.severity) == ("queue-without-consumer", Severity.MEDIUM)
    assert "no request waits for them" in finding.evidence


def test_where_no_request_is_seen_it_may_be_a_server_of_another_kind() -> None:
    few, many = (page([*map(get, range(size))]) for size in (5, 40))
    assert diagnose(seen(few, many)).findings == ()


def test_subscribers_of_open_requests_may_become_more() -> None:
    few = page([get(n, request="GET /events") for n in range(5)])
    many = page([get(n, request="GET /events") for n in range(40)])
    assert diagnose(seen(few, many)).findings == ()


def test_what_a_library_waits_for_inside_is_its_own_affair() -> None:
    pools = [put(n, stack=(PUT, LIBRARY, PRINTS)) for n in range(12)]
    assert [*suspicions(case(pools))] == []
    threads = [thread(n, state=TaskState.QUEUE_PUT, stack=(PUT, PRINTS)) for n in range(12)]
    assert [*suspicions(case(threads))] == []


def test_of_several_that_failed_the_one_is_shown_that_was_made_near_to_who_waits() -> None:
    elsewhere = Ended(Frame("export", "/srv/shop/other.py", 3), "export", "failed", "OSError")
    near = Ended(replace(MAIN, file=PRINTS.file), "work", "failed", "ValueError")
    (look,) = seen(page([put(1), put(2)]))

    def shown(*ended: Ended) -> list[str]:
        (finding,) = diagnose([with_facts(look, Facts(ended=ended))]).findings
        return [line for line in finding.evidence if line.startswith("a task has failed")]

    assert shown(elsewhere, near) == ["a task has failed: work with ValueError"]
    assert shown(elsewhere) == ["a task has failed: export with OSError"]
    kept = task(3, state=TaskState.UNRETRIEVED, resource=None, stack=(WORKS,))
    (look,) = seen(page([put(1), put(2), kept]))
    (said,) = [
        line
        for finding in diagnose([with_facts(look, Facts(ended=(elsewhere,)))]).findings
        for line in finding.evidence
        if line.startswith("a task has failed")
    ]
    assert said == "a task has failed: work at /srv/app.py:40"
