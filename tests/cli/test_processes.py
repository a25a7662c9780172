"""Which processes are meant, and what is said when there are none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import _debugged
import _snapshots
from snowshed.cli import _outside, _processes
from snowshed.cli._access import Access
from snowshed.cli._ask import CannotAsk, Process
from snowshed.cli._processes import descendants, parents, processes_of


@pytest.fixture
def place() -> Iterator[Path]:
    with _debugged.place() as folder:
        yield folder


def found(target: str) -> list[str]:
    return [each.name for each in processes_of(target, Access(5.0))]


def refusal(target: str) -> str:
    with pytest.raises(CannotAsk) as error:
        processes_of(target, Access(5.0))
    return str(error.value)


def test_a_process_with_a_socket_is_found_by_its_id(place: Path) -> None:
    with _debugged.serving([_snapshots.task()]):
        assert found(str(os.getpid())) == [str(os.getpid())]


def test_workers_are_found_by_the_id_of_the_one_that_started_them(place: Path) -> None:
    with _debugged.workers(1, 1) as started:
        assert found(str(os.getpid())) == [str(pid) for pid in sorted(started)]
        assert found(str(started[0])) == [str(started[0])]


def test_who_has_no_socket_is_told_where_it_was_looked_for_and_what_to_do(place: Path) -> None:
    message = refusal(str(os.getpid()))
    assert f"have no socket in {place}" in message
    assert "snowshed run" in message
    assert "SNOWSHED_DEBUG_DIR" in message


def test_a_process_that_has_ended_is_said_to_be_gone(place: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert refusal(str(ended.pid)) == f"there is no process {ended.pid} (any more)"
    assert "there is no process" in refusal("9" * 30)


@pytest.mark.parametrize("target", ["", "0", "-1", "app", "12.5", "127.0.0.1:8000", "٣"])
def test_what_is_neither_an_id_nor_a_url_is_said_to_be_neither(target: str) -> None:
    assert refusal(target).startswith(f"{target!r} is neither the id of a process nor a URL")


def test_an_id_of_thousands_of_digits_is_told_by_the_first_of_them(place: Path) -> None:
    assert refusal("9" * 5000).startswith(f"'{'9' * 100}' is neither the id of a process")


def test_a_process_of_another_user_is_said_to_be_so(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_processes, "_owner_of", lambda pid: os.geteuid() + 1)
    assert f"belongs to user {os.geteuid() + 1}" in refusal(str(os.getpid()))


@pytest.mark.parametrize("is_root", [True, False])
def test_only_root_reads_a_process_of_another_user_from_outside(
    is_root: bool, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Process("from outside", 1, lambda question: b"")
    user = os.geteuid()
    monkeypatch.setattr(_outside, "reader_of", lambda pid: reader)
    monkeypatch.setattr(_processes, "_owner_of", lambda pid: user + 1)
    monkeypatch.setattr(_processes, "_ROOT", user if is_root else user + 2)
    if is_root:
        assert found(str(os.getpid())) == ["from outside"]
    else:
        assert "use sudo -u" in refusal(str(os.getpid()))


def test_a_directory_that_cannot_be_one_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWSHED_DEBUG_DIR", "relative")
    assert "must be an absolute path" in refusal(str(os.getpid()))


def test_a_process_without_a_socket_is_read_from_outside_where_that_can_be_done(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Process("from outside", 1, lambda question: b"")
    monkeypatch.setattr(_outside, "reader_of", lambda pid: reader)
    assert found(str(os.getpid())) == ["from outside"]


class TestTheTreeOfProcesses:
    def test_all_below_a_process_are_found_the_nearest_first(self) -> None:
        parent_of = {2: 1, 3: 1, 4: 2, 5: 4, 6: 9, 9: 6}
        assert [*descendants(1, parent_of)] == [2, 3, 4, 5]
        assert [*descendants(5, parent_of)] == []

    def test_a_circle_of_numbers_that_were_used_again_ends(self) -> None:
        assert [*descendants(6, {6: 9, 9: 6})] == [9]

    def test_this_machine_has_one(self) -> None:
        assert parents()[os.getpid()] == os.getppid()

    def test_a_program_whose_name_has_a_parenthesis_is_read_rightly(self, tmp_path: Path) -> None:
        for name, text in {"7": "7 (a) S 99 b) R 3 7 7", "8": "8 (", "9": ""}.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "stat").write_text(text)
        assert dict(_processes._from_proc(tmp_path)) == {7: 3}

    def test_where_there_is_no_proc_it_is_asked_of_ps(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_processes, "_PROC", tmp_path)
        monkeypatch.setattr(_processes, "_listed_by_ps", lambda: "  12  1\n13 12\nodd\n")
        assert parents() == {12: 1, 13: 12}

    def test_where_there_is_no_ps_either_there_is_no_tree(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "")
        assert _processes._listed_by_ps() == ""
