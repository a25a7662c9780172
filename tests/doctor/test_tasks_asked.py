"""A Python service is asked for its own pages, and whatever is missing among them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from _snapshots import task, thread
from doctor._dumps import GO
from doctor._task_pages import page
from snowshed.doctor import Ask, Examined, examine
from snowshed.doctor._tasks_asked import TASKS_UP_TO
from snowshed.formats import pprof
from snowshed.observe._go_profile._go_profile import goroutine_profile

if TYPE_CHECKING:
    import pytest

    from snowshed.model import TaskSnapshot

TASKS = [task(1), task(2), thread(9)]
FRAME = {"function": "crunch", "file": "/srv/app.py", "line": 3}
SITE = {"created_at": FRAME, "owner": "user", "created": 9, "live": 1, "unretrieved": 2}


class Service:
    """A Python service with made-up tasks, and a note of what it was asked for."""

    def __init__(self, *, count: int | None = None, **own: bytes | None) -> None:
        tasks: list[TaskSnapshot] = [*TASKS]
        if count is not None:
            tasks += [task(number) for number in range(3, count)]
        profile = goroutine_profile(tasks, time_nanos=10**18)
        self.asked: list[str] = []
        self._pages = {
            "goroutine": pprof.write(profile),
            "goroutine?debug=2": (GO / "debug2.txt").read_bytes(),
        }
        self._own = {"tasks": page(TASKS), **own}

    def ask(self, name: str) -> bytes | None:
        self.asked.append(name)
        return self._pages.get(name)

    def ask_own(self, name: str) -> bytes | None:
        self.asked.append(f"own {name}")
        return self._own.get(name.partition("?")[0])

    def examined(self, **more: Ask | None) -> Examined:
        return examine("4711", self.ask, **{"ask_own": self.ask_own, **more}, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.asked.append("sleep")


def body(**values: object) -> bytes:
    return json.dumps({"schema": 1, **values}).encode()


def test_its_list_is_json_and_its_totals_are_asked_for_before_and_after() -> None:
    service = Service(sites=body(sites=[SITE]), sampler=body(sampler={"blocked_by": []}))
    found = service.examined()
    assert found.warnings == ()
    assert [(look.total, look.listed) for look in found.looks] == [(3, n > 1) for n in range(4)]
    assert [look.facts is not None and look.facts.lines is not None for look in found.looks] == [
        True,
        False,
        True,
        True,
    ]
    last = found.looks[-1].facts
    assert last is not None
    assert last.taken_at == 1.8e9
    assert last.clients is None
    assert "goroutine?debug=2" not in service.asked
    # What is not there is asked for once.
    assert service.asked.count("own clients") == 1
    assert service.asked.count("own sites?limit=1000") == 3


def test_profile_and_list_agree_on_where_tasks_stand() -> None:
    looks = Service().examined().looks
    assert {group.where for group in looks[0].groups} == {group.where for group in looks[-1].groups}


def test_a_service_without_those_pages_is_asked_as_a_go_service_is() -> None:
    service = Service(tasks=None)
    found = service.examined()
    assert service.asked.count("goroutine?debug=2") == 2
    assert len(found.looks) == 4
    other = Service()
    assert len(other.examined(ask_own=None).looks) == 4
    assert not any(name.startswith("own") for name in other.asked)


def test_a_go_service_is_not_asked_for_pages_that_it_cannot_have() -> None:
    service = Service()
    service._pages["goroutine"] = (GO / "proto.pb.gz").read_bytes()
    service.examined()
    assert not any(name.startswith("own") for name in service.asked)


def test_a_page_that_cannot_be_read_is_a_warning_and_the_rest_is_told() -> None:
    found = Service(sampler=b"<html><title>Sign in</title>").examined()
    assert len(found.looks) == 4
    (warning,) = found.warnings
    assert warning.startswith("4711 sampler, byte 0: a web page")
    assert warning.endswith("; left out")


def test_more_tasks_than_a_list_should_have_are_not_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("snowshed.doctor._examine.TASKS_UP_TO", 40)
    assert TASKS_UP_TO > 10_000
    service = Service(count=60)
    found = service.examined()
    assert "own tasks" not in service.asked
    (warning,) = found.warnings
    assert warning == (
        "4711: 60 tasks are too many to list, which would keep it busy: who made them is not told; "
        "--force lists them"
    )
    examine("4711", service.ask, ask_own=service.ask_own, force=True, sleep=service.sleep)
    assert "own tasks" in service.asked


def test_answers_of_several_processes_behind_one_port_are_not_compared() -> None:
    numbers = iter(range(100))

    def other_each_time(name: str) -> bytes | None:
        if name != "tasks":
            return None
        return json.dumps({**json.loads(page(TASKS)), "process": 4711 + next(numbers)}).encode()

    found = Service().examined(ask_own=other_each_time)
    assert len(found.looks) == 1
    assert found.looks[0].listed
    assert "several processes (4711, 4712)" in found.warnings[0]


def test_who_has_answered_stands_in_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getpid", lambda: 4712)
    assert json.loads(page(TASKS))["process"] == 4712
    assert json.loads(page(TASKS, query="group-by=state"))["process"] == 4712
