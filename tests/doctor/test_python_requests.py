"""A service counts the tasks of its requests, and those that outlive them."""

from __future__ import annotations

import pytest

from _snapshots import task
from doctor._task_pages import case, page, seen, with_facts
from snowshed.doctor import Look, diagnose, document, text
from snowshed.doctor._case import Case
from snowshed.doctor._python_requests import (
    ENDED_REQUEST,
    left_behind,
    said_of_requests,
    wide_requests,
)
from snowshed.doctor._tasks import Facts, OpenRequest
from snowshed.model import Frame, Resource, Severity, TaskSnapshot, TaskState

PRICE = Frame("price", "/srv/shop/app.py", 20)
AUDIT = Frame("audit", "/srv/shop/app.py", 60)
HANDLES = Frame("cart", "/srv/shop/app.py", 50)


def price(number: int, request: str = "GET /cart") -> TaskSnapshot:
    return task(number, stack=(PRICE,), request=request, created_at=HANDLES)


def handler(number: int, request: str = "GET /cart") -> TaskSnapshot:
    return task(number, owner="infrastructure", stack=(HANDLES,), request=request)


def told(*live: int) -> Facts:
    return Facts(requests=tuple(OpenRequest("GET /cart", each) for each in live))


def test_a_request_with_more_than_fifty_is_told_as_the_service_counts_it() -> None:
    (look,) = seen(page([*map(price, range(160)), handler(900), handler(901)]))
    found = with_facts(look, told(120, 40))
    (wide,) = wide_requests(Case([found]))
    assert (wide.name, wide.most, wide.requests, wide.average) == ("GET /cart", 120, 1, False)
    assert wide.group.at == PRICE
    (finding,) = diagnose([found]).findings
    assert (finding.detail, finding.severity) == ("fanout", Severity.MEDIUM)
    assert finding.evidence == ("one request, GET /cart, has 120 tasks at once",)
    assert "TaskScope.map" in finding.advice


def test_many_small_requests_are_none() -> None:
    (look,) = seen(page([*map(price, range(160)), *map(handler, range(900, 940))]))
    assert [*wide_requests(Case([with_facts(look, told(*[4] * 40))]))] == []
    assert [*wide_requests(Case([look]))] == []


def test_a_list_alone_tells_the_average() -> None:
    (wide,) = wide_requests(case([*map(price, range(160)), handler(900), handler(901)]))
    assert (wide.most, wide.average) == (80, True)
    assert [*wide_requests(case(map(price, range(160))))] == []


def audits(size: int, request: str) -> list[TaskSnapshot]:
    sleeps = {"state": TaskState.SLEEP, "resource": None}
    return [task(n, stack=(AUDIT,), request=request, **sleeps) for n in range(size)]


def grown(request: str, gained: int = 0) -> list[Look]:
    few, many = seen(page(audits(5, request)), page(audits(40, request)))
    return [with_facts(few, Facts(outlived=7)), with_facts(many, Facts(outlived=7 + gained))]


def test_tasks_of_ended_requests_that_become_more_are_detached() -> None:
    ((group, said),) = left_behind(Case(grown(ENDED_REQUEST)))
    assert group.at == AUDIT
    assert said == "the requests that started 40 of them have ended"
    (finding,) = diagnose(grown(ENDED_REQUEST)).findings
    assert (finding.detail, finding.severity) == ("detached-handler-task", Severity.MEDIUM)
    assert "TaskScope" in finding.advice


def test_what_waits_for_a_channel_has_a_cause_that_says_more() -> None:
    waits = {"state": TaskState.CHANNEL_RECEIVE, "resource": None}
    few, many = (
        page([task(n, stack=(AUDIT,), request=ENDED_REQUEST, **waits) for n in range(size)])
        for size in (5, 40)
    )
    (finding,) = diagnose(seen(few, many)).findings
    assert finding.detail == "abandoned-receiver"


def test_where_that_is_not_told_of_a_task_the_number_is() -> None:
    ((_, said),) = left_behind(Case(grown("", gained=35)))
    assert said == "35 tasks have outlived their requests between the looks"
    assert [*left_behind(Case(grown("")))] == []


def test_tasks_of_open_requests_are_not_detached() -> None:
    assert [*left_behind(Case(grown("GET /cart", gained=35)))] == []


def test_what_does_not_become_more_is_not_told() -> None:
    body = page(audits(40, ENDED_REQUEST))
    assert [*left_behind(Case(seen(body, body)))] == []


def test_tasks_of_nobody_known_are_no_fanout_of_one_maker() -> None:
    body, more = page(audits(60, "GET /cart")), page(audits(90, "GET /cart"))
    assert [each.detail for each in diagnose(seen(body, more)).findings] == []


def test_only_requests_are_wrong_to_wait_for_long() -> None:
    def told(request: str) -> list[Severity]:
        waits = {"state": TaskState.QUEUE_PUT, "stack": (AUDIT,), "request": request}
        each = [Resource(n, "asyncio.Queue", f"q{n}", 1) for n in range(12)]
        body = page([task(n, resource=each[n], **waits) for n in range(12)])
        findings = diagnose(seen(body, body)).findings
        return [each.severity for each in findings if each.detail == "abandoned-sender"]

    assert told("GET /cart") == [Severity.MEDIUM]
    assert told("") == [Severity.LOW]


def test_how_many_requests_hold_too_much_is_told_first() -> None:
    (look,) = seen(page([*map(price, range(160)), handler(900), handler(901)]))
    diagnosis = diagnose([with_facts(look, told(120, 40, 60))])
    assert text(diagnosis).startswith(
        "2 requests hold more than 50 tasks each; the worst is GET /cart (cart, app.py:50): 120\n"
    )
    requests = document(diagnosis)["requests"]
    assert (requests["seen"], requests["over"]) == (3, 2)
    assert requests["worst"][0]["request"] == "GET /cart"
    assert diagnose([look]).requests is None


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        (["GET /cart"], ("it works for GET /cart",)),
        (["GET /cart"] * 4, ("they work for GET /cart",)),
        (["GET /cart"] * 3 + ["GET /pay"], ("most of them work for GET /cart",)),
        (["GET /cart"] * 2 + [""] * 3, ()),
        ([ENDED_REQUEST] * 4, ()),
    ],
)
def test_for_which_request_most_of_them_work(requests: list[str], said: tuple[str, ...]) -> None:
    tasks = (task(number, request=name, stack=(AUDIT,)) for number, name in enumerate(requests, 1))
    (look,) = seen(page(tasks))
    (group,) = look.groups
    assert said_of_requests(group) == said
    for finding in diagnose([look]).findings:
        assert finding.evidence[-1:] == said
