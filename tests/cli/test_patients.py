"""What the doctor is pointed at becomes looks, in the order in which it was named."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import _debugged
from _snapshots import task
from cli._servers import hear, page, saying, server
from snowshed.cli import _patients
from snowshed.cli._access import Access, Asking
from snowshed.cli._ask import CannotAsk, NoSuchPage
from snowshed.cli._patients import examined
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


def test_a_page_of_json_is_read_as_it_is() -> None:
    with _debugged.serving([task(), task(2)]) as server:
        base = f"http://127.0.0.1:{server.port}/debug/snowshed"
        (look,) = examined([f"{base}/tasks?state=lock"], ASKING).looks
        assert (look.total, look.listed) == (2, True)
        (look,) = examined([f"{base}/waits"], ASKING).looks
        assert look.facts is not None
        assert [lock.behind for lock in look.facts.locks or ()] == [2]
        assert len(examined([f"{base}/"], ASKING).looks) == 4


def test_several_processes_are_looked_at_as_one_service() -> None:
    with _debugged.workers(3, 4):
        found = examined([str(os.getpid())], ASKING)
    assert [look.total for look in found.looks] == [7] * 4
    assert found.looks[-1].source == f"{os.getpid()} (2 processes)"


def test_who_is_traced_gets_the_time_that_it_takes() -> None:
    assert replace(ASKING, trace=90.0).patient.timeout == 120.0
    assert ASKING.patient == ASKING.access


DUMP = (GO / "debug2.txt").read_bytes()


class TestFolder:
    def test_only_so_many_are_read_and_they_are_the_newest(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_patients, "FILES_AT_MOST", 3)
        for age in range(10):
            (tmp_path / f"{age}").write_bytes(DUMP)
            os.utime(tmp_path / f"{age}", (1e9 - age, 1e9 - age))
        found = examined([str(tmp_path)], ASKING)
        assert [Path(look.source).name for look in found.looks] == ["2", "1", "0"]
        (warning,) = found.warnings
        assert "10 files, of which the 3 newest are read" in warning

    def test_what_cannot_be_read_is_left_out_and_counted(self, tmp_path: Path) -> None:
        (tmp_path / "dump").write_bytes(DUMP)
        for number in range(9):
            (tmp_path / f"{number}.md").write_text("call the provider")
        (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
        # It would keep us until somebody wrote to it.
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "below").mkdir()
        found = examined([str(tmp_path)], ASKING)
        assert [Path(look.source).name for look in found.looks] == ["dump"]
        assert f"{tmp_path}: 2 entries that are no files; left out" in found.warnings
        assert f"{tmp_path}: 4 more that cannot be diagnosed; left out" in found.warnings
        assert sum("no goroutine in it" in warning for warning in found.warnings) == 5

    def test_one_that_may_not_be_read_is_left_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "dump").write_bytes(DUMP)
        (tmp_path / "secret").write_bytes(DUMP)
        opened = Path.open

        def refused(path: Path, mode: str = "r") -> object:
            if path.name == "secret":
                raise PermissionError(13, "Permission denied", str(path))
            return opened(path, mode)

        # And not by its mode: root reads whatever there is.
        monkeypatch.setattr(Path, "open", refused)
        found = examined([str(tmp_path)], ASKING)
        assert len(found.looks) == 1
        assert found.warnings == (
            f"{tmp_path / 'secret'}: cannot be read: Permission denied; left out",
        )


class TestFile:
    def test_a_device_is_refused_before_it_is_read(self) -> None:
        with pytest.raises(FormatError, match="/dev/zero, this device: give a file, a pipe"):
            examined(["/dev/zero"], ASKING)

    @pytest.mark.parametrize("source", [str(GO / "debug2.txt"), "-"])
    def test_one_that_fails_while_it_is_read_is_named(
        self, source: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object, **__: object) -> object:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(_patients, "load_file", fails)
        with pytest.raises(OSError, match="Input/output error") as error:
            examined([source], ASKING)
        assert error.value.filename == ("stdin" if source == "-" else source)

    def test_a_pipe_is_read_to_its_end(self, tmp_path: Path) -> None:
        # As in `snowshed doctor <(curl ...)`.
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(DUMP,))
        writer.start()
        (look,) = examined([str(pipe)], ASKING).looks
        writer.join()
        assert look.listed

    @pytest.mark.parametrize("place", ["payments:6060", "10.0.0.1:80/debug", "[::1]:6060"])
    def test_a_service_that_was_named_without_a_scheme_is_told_of(self, place: str) -> None:
        with pytest.raises(CannotAsk) as error:
            examined([place], ASKING)
        assert str(error.value).endswith(f"if it is a service, its URL is http://{place}")

    def test_dumps_that_were_appended_are_looks(self, tmp_path: Path) -> None:
        (tmp_path / "log").write_bytes(DUMP + b"\n" + DUMP)
        found = sources_of(str(tmp_path / "log"))
        assert found == [f"{tmp_path / 'log'}, dump {number} of 2" for number in (1, 2)]

    def test_stdin_that_is_closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(FormatError, match="stdin, byte 0: it is closed"):
            examined(["-"], ASKING)


class TestCutOff:
    @pytest.fixture
    def url(self) -> Iterator[str]:
        """A service whose answers all end too early."""
        answer = page(DUMP)[: len(DUMP)]
        with saying(answer) as base:
            yield f"{base}/debug/pprof"

    def test_what_came_of_a_page_is_diagnosed_and_what_did_not_is_told(self, url: str) -> None:
        found = examined([f"{url}/goroutine?debug=2"], ASKING)
        assert found.looks[0].total > 25
        assert "the answer was cut off after" in found.warnings[0]
        assert found.warnings[0].endswith("more are missing")

    def test_and_so_it_is_where_a_service_is_asked_again_and_again(self, url: str) -> None:
        found = examined([url], ASKING)
        assert all(look.total > 25 for look in found.looks)
        # Once, however often the same happened.
        assert sum("the answer was cut off after" in each for each in found.warnings) == 1

    def test_what_says_nothing_without_the_rest_is_said_to_be_cut_off(self) -> None:
        with saying(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\ngorou") as base:
            for source in (base, f"{base}/debug/pprof/goroutine"):
                with pytest.raises(CannotAsk, match="cut off after 5 bytes: 994 more are missing"):
                    examined([source], ASKING)


def test_a_page_where_one_signs_in_is_no_profile() -> None:
    login = page(b"<!doctype html><title>Sign in</title>", "200 OK", "content-type: text/html")
    with saying(login) as base, pytest.raises(FormatError) as error:
        examined([base], ASKING)
    assert "a web page with the title 'Sign in', and no profile: perhaps one to sign in" in str(
        error.value
    )


@pytest.mark.parametrize("base", ["/internal/debug/pprof", "/internal/debug", "/x/debug/pprof/"])
def test_pages_may_be_elsewhere(base: str) -> None:
    asked: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        asked.append(hear(connection).split(b" ")[1])
        connection.sendall(page(DUMP))

    with server(serve) as url:
        assert examined([url + base], ASKING).looks
    expected = base.rstrip("/").removesuffix("/pprof").encode()
    assert {path.partition(b"/pprof/")[0] for path in asked if b"pprof" in path} == {expected}


def test_an_empty_name_is_not_the_folder_that_one_is_in() -> None:
    with pytest.raises(CannotAsk, match="variable of the shell"):
        examined([""], ASKING)
