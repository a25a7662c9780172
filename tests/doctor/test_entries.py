from __future__ import annotations

import pytest

from doctor._dumps import goroutine, look
from snowshed.doctor._case import Case
from snowshed.doctor._entries import have_come_back


def pool(idle: int, busy: int, *calls: str, state: str = "chan receive") -> list[str]:
    calls = calls or ("main.next:5", "main.worker:9")
    waits = [goroutine(n, state, *calls) for n in range(10, 10 + idle)]
    return waits + [goroutine(n, "sleep", "time.Sleep:1", calls[-1]) for n in range(50, 50 + busy)]


def came_back(*looks: list[str]) -> bool:
    case = Case([look(*each) for each in looks])
    (group,) = (each for each in case.groups if each.where.state != "sleep")
    return have_come_back(case, group)


def test_workers_that_have_run_out_of_work_are_no_more_than_before() -> None:
    assert came_back(pool(2, 38), pool(40, 0))
    assert came_back(pool(2, 38), pool(20, 20), pool(40, 0))
    assert not came_back(pool(2, 0), pool(40, 0))
    assert not came_back(pool(40, 0))


@pytest.mark.parametrize("state", ["chan send", "sync.Mutex.Lock", "IO wait"])
def test_who_has_work_does_not_wait_for_it(state: str) -> None:
    assert not came_back(pool(2, 38, state=state), pool(40, 0, state=state))


def test_who_serves_a_connection_was_idle_in_the_library() -> None:
    file = "/usr/local/go/src/net/http/server.go"
    serve = "net/http.(*conn).serve:9"

    def connections(stuck: int) -> list[str]:
        idle = [goroutine(n, "IO wait", serve, file=file) for n in range(50, 90 - stuck)]
        return idle + [goroutine(n, "select", "main.take:5", serve) for n in range(10, 10 + stuck)]

    case = Case([look(*connections(2)), look(*connections(40))])
    (group,) = (each for each in case.groups if each.where.state == "select")
    assert not have_come_back(case, group)
