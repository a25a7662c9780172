"""``snowshed tasks``: what it prints of one process and of several, and its exit codes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import _debugged
from _snapshots import MAIN, SHOP, task, thread
from snowshed.cli import _tasks, main
from snowshed.integrations._debug import _rows
from snowshed.model import TaskState

ME = str(os.getpid())
SLEEPING = {"state": TaskState.SLEEP, "resource": None, "stack": (SHOP,), "request": ""}


@pytest.fixture(autouse=True)
def place() -> Iterator[Path]:
    with _debugged.place() as folder:
        yield folder


@pytest.fixture
def shop() -> Iterator[None]:
    """This process has 4,810 tasks at one lock, three that sleep, and a thread."""
    line = [task(each, age=12.0) for each in range(4810)]
    others = [task(9000 + each, age=0.25, created_at=None, **SLEEPING) for each in range(3)]
    with _debugged.serving([*line, *others, thread(1)]):
        yield


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def test_thousands_of_tasks_are_a_few_lines(shop: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", ME]) == 0
    assert printed(capsys) == [
        f"4,814 tasks and threads in process {ME}",
        "count  state    waiting at               created at          oldest",
        "4,810  lock     shop/app.py:41 checkout  shop/app.py:7 main    12 s",
        "    3  sleep    shop/app.py:41 checkout  -                   250 ms",
        "    1  running  shop/app.py:7 main       -                        -",
    ]


def test_groups_are_by_what_is_named(shop: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", ME, "--group-by", "request, kind", "--limit", "1"]) == 0
    assert printed(capsys)[1:] == [
        "count  request    kind  oldest",
        "4,810  GET /cart  task    12 s",
        "and 2 more groups, none of them larger (--limit 0 shows all)",
    ]


def test_what_is_named_twice_is_one_column(shop: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", ME, "--group-by", "kind,kind", "--limit", "1"]) == 0
    assert printed(capsys)[1:3] == ["count  kind  oldest", "4,813  task    12 s"]


def test_only_those_that_are_asked_for_are_counted(
    shop: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tasks", ME, "--older-than", "10s", "--state", "lock", "--owner", "user"]) == 0
    first, _, *rows = printed(capsys)
    assert first == f"4,814 tasks and threads in process {ME}, 4,810 of them as asked for"
    assert len(rows) == 1
    assert main(["tasks", ME, "--older-than", "1h"]) == 0
    assert printed(capsys) == [f"4,814 tasks and threads in process {ME}, 0 of them as asked for"]


def test_a_short_time_is_not_rounded_away(shop: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", ME, "--older-than", "200ms", "--state", "sleep", "--format", "json"]) == 0
    assert json.loads("\n".join(printed(capsys)))["matching"] == 3


def test_groups_for_a_program(shop: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["tasks", ME, "--group-by", "state,created-at", "--format", "json", "--limit", "1"])
        == 0
    )
    assert json.loads("\n".join(printed(capsys))) == {
        "schema": 1,
        "processes": [{"process": ME, "total": 4814, "matching": 4814}],
        "total": 4814,
        "matching": 4814,
        "group_by": ["state", "created-at"],
        "left_out": 2,
        "groups": [
            {
                "count": 4810,
                "oldest": 12.0,
                "processes": 1,
                "state": "lock",
                "created_at": str(MAIN),
            }
        ],
    }


def test_groups_that_a_process_has_kept_back_are_counted(
    shop: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tasks, "_GROUPS_AT_MOST", 2)
    assert main(["tasks", ME, "--limit", "1"]) == 0
    assert printed(capsys)[-1].startswith("and 2 more groups")
    assert main(["tasks", ME, "--format", "json"]) == 0
    assert json.loads("\n".join(printed(capsys)))["left_out"] == 1
    assert main(["tasks", ME, "--limit", "0"]) == 0
    assert printed(capsys)[-1] == "and 1 more groups, none of them larger"


def test_each_task_is_a_line_of_its_own_the_oldest_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with _debugged.serving([task(1, age=5.0), task(2, age=70.0, name="old"), thread(3)]):
        assert main(["tasks", ME, "--each", "--limit", "2"]) == 0
        assert printed(capsys)[1:] == [
            "name    state  waiting at               created at            age  request",
            "old     lock   shop/app.py:41 checkout  shop/app.py:7 main   70 s  GET /cart",
            "Task-1  lock   shop/app.py:41 checkout  shop/app.py:7 main  5.0 s  GET /cart",
            "and 1 more (--limit 0 shows all)",
        ]
        assert main(["tasks", ME, "--each", "--limit", "0", "--format", "json"]) == 0
        found = json.loads("\n".join(printed(capsys)))
    assert [each["name"] for each in found["tasks"]] == ["old", "Task-1", "MainThread"]
    first = found["tasks"][0]
    assert first["waiting_at"] == str(SHOP)
    assert first["resource"] == "<asyncio.Lock [locked, waiters:2]>"
    assert (first["process"], found["left_out"]) == (ME, 0)


def test_a_limit_that_nothing_reaches_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with _debugged.serving([task(1), task(2)]):
        assert main(["tasks", ME, "--each", "--limit", str(10**30)]) == 0
    assert len(printed(capsys)) == 4


class TestSeveralProcesses:
    def test_workers_are_counted_together(self, capsys: pytest.CaptureFixture[str]) -> None:
        with _debugged.workers(3, 4) as pids:
            assert main(["tasks", ME]) == 0
            names = ", ".join(map(str, sorted(pids)))
            assert printed(capsys)[:3] == [
                f"7 tasks and threads in 2 processes ({names})",
                "count  in  state  waiting at               created at          oldest",
                "    7   2  lock   shop/app.py:41 checkout  shop/app.py:7 main   5.0 s",
            ]

    def test_their_tasks_are_one_list(self, capsys: pytest.CaptureFixture[str]) -> None:
        with _debugged.workers(3, 4) as pids:
            assert main(["tasks", ME, "--each", "--limit", "5"]) == 0
            _, titles, *rows, last = printed(capsys)
        assert titles.startswith("process  name")
        assert {row.split()[0] for row in rows} <= {str(pid) for pid in pids}
        assert (len(rows), last) == (5, "and 2 more (--limit 0 shows all)")

    def test_one_that_is_gone_does_not_keep_the_others_back(
        self, place: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with _debugged.workers(3, 4) as pids:
            (place / f"{pids[0]}.sock").unlink()
            (place / f"{pids[0]}.sock").touch()
            assert main(["tasks", ME, "--group-by", "state"]) == 0
        out, err = capsys.readouterr()
        assert out.startswith("4 tasks and threads in process")
        assert err.startswith(f"snowshed tasks: {pids[0]}: ")


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["tasks", "nobody"], "'nobody' is neither the id of a process nor a URL"),
            (["tasks", ME], "start the service with 'snowshed run'"),
            (["tasks", ME, "--older-than", "10"], "'10' is no time; write 500ms, 10s, 2m or 1h"),
            (["tasks", "http://127.0.0.1:9"], "nobody listens there"),
            (["tasks", ME, "--each", "--group-by", "state"], "--each shows no groups"),
        ],
    )
    def test_what_cannot_be_done_is_one_line_and_2(
        self, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(arguments) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert words in err
        assert len(err.splitlines()) == 1

    @pytest.mark.parametrize(
        ("option", "value", "words"),
        [
            ("--group-by", "colour", "cannot group by 'colour'; there are: created-at"),
            ("--group-by", " , ", "--group-by names nothing; such as state"),
            ("--state", "asleep", "unknown state 'asleep'; there are: 'created', 'ready'"),
            (
                "--owner",
                "me",
                "unknown owner 'me'; there are: user, infrastructure, driver, helper",
            ),
        ],
    )
    def test_a_name_that_is_not_known_is_told_with_those_that_are(
        self, option: str, value: str, words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with _debugged.serving([]):
            assert main(["tasks", ME, option, value]) == 2
        assert words in capsys.readouterr().err

    def test_tables_that_do_not_fit_are_refused(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken(body: bytes) -> None:
            raise ValueError("a task names a frame that is not there")

        monkeypatch.setattr(_rows, "read", broken)
        with _debugged.serving([task()]):
            assert main(["tasks", ME, "--each"]) == 2
        assert "its tasks cannot be read: a task names a frame" in capsys.readouterr().err
