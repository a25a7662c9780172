"""What the doctor is pointed at becomes looks, in the order in which it was named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import _debugged
from _snapshots import task
from snowshed.cli._access import Access
from snowshed.cli._ask import CannotAsk, NoSuchPage
from snowshed.cli._patients import Asking, examined
from snowshed.errors import FormatError
from snowshed.model import TaskState

GO = Path(__file__).parents[1] / "formats" / "go"
ASKING = Asking(access=Access(30.0), force=False, apart=0.001)


@pytest.fixture(autouse=True)
def place() -> Iterator[Path]:
    with _debugged.place() as folder:
        yield folder


def sources_of(*sources: str) -> list[str]:
    return [look.source for look in examined(sources, ASKING).looks]


def test_files_are_looks_in_the_order_of_their_names() -> None:
    names = [str(GO / name) for name in ("proto.pb.gz", "debug2.txt", "leak.pb.gz")]
    assert sources_of(*names) == names


def test_a_folder_is_its_files_the_oldest_first(tmp_path: Path) -> None:
    for age, name in enumerate(["c.txt", "a.txt", "b.txt"]):
        (tmp_path / name).write_bytes((GO / "debug2.txt").read_bytes())
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    (tmp_path / "notes.md").write_text("call the provider")
    (tmp_path / ".hidden").write_text("")
    found = examined([str(tmp_path)], ASKING)
    assert [Path(look.source).name for look in found.looks] == ["b.txt", "a.txt", "c.txt"]
    (warning,) = found.warnings
    assert "notes.md, line 1: no goroutine in it" in warning
    assert warning.endswith("; left out")


def test_a_folder_without_a_dump_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no file in it can be diagnosed"):
        examined([str(tmp_path)], ASKING)


def test_a_number_is_a_process_unless_there_is_such_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotAsk, match="there is no process 999999999"):
        examined(["999999999"], ASKING)
    Path("999999999").write_bytes((GO / "debug2.txt").read_bytes())
    assert sources_of("999999999") == ["999999999"]


def test_a_python_service_is_asked_as_a_go_service_is() -> None:
    tasks = [task(number, state=TaskState.QUEUE_PUT) for number in range(1, 60)]
    with _debugged.serving(tasks) as server:
        for source in (f"http://127.0.0.1:{server.port}", str(os.getpid())):
            found = examined([source], ASKING)
            assert [look.total for look in found.looks] == [59] * 4
            assert found.looks[-1].listed
            (group,) = found.looks[-1].groups
            assert group.where.state == "queue put"


def test_one_page_of_a_service_is_read_as_it_is() -> None:
    with _debugged.serving([task()]) as server:
        base = f"http://127.0.0.1:{server.port}/debug/pprof"
        (look,) = examined([f"{base}/goroutine?debug=2"], ASKING).looks
        assert (look.source, look.listed) == (f"{base}/goroutine?debug=2", True)
        (look,) = examined([f"{base}/goroutine"], ASKING).looks
        assert not look.listed
        with pytest.raises(NoSuchPage, match="404"):
            examined([f"{base}/heap"], ASKING)
        assert len(examined([base], ASKING).looks) == 4


def test_several_processes_are_looked_at_as_one_service() -> None:
    with _debugged.workers(3, 4):
        found = examined([str(os.getpid())], ASKING)
    assert [look.total for look in found.looks] == [7] * 4
    assert found.looks[-1].source == f"{os.getpid()} (2 processes)"


def test_who_is_traced_gets_the_time_that_it_takes() -> None:
    assert replace(ASKING, trace=90.0).patient.timeout == 120.0
    assert ASKING.patient == ASKING.access
