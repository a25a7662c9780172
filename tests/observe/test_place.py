"""Where sockets are: found by process id, nobody else's directory, no file of a dead process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from snowshed.observe._serve import _place


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def place(short: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(_place.VARIABLE, str(short / "d"))
    return short / "d"


@pytest.fixture
def dead() -> int:
    return ended_process()


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def test_the_places_are_tried_in_this_order(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(_place.VARIABLE, raising=False)
    (short / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short / "run"))
    monkeypatch.setenv("TMPDIR", str(short))
    assert _place.directory() == short / "run" / "snowshed"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert _place.directory() == short / f"snowshed-{os.geteuid()}"
    monkeypatch.setenv(_place.VARIABLE, str(short / "told"))
    assert _place.directory() == short / "told"
    assert _place.socket_of(4711) == short / "told" / "4711.sock"


OF_SOMEBODY_ELSE = "/" if os.geteuid() else "/nonexistent"


@pytest.mark.parametrize("runtime", ["", "relative/run", "{short}/{long}", OF_SOMEBODY_ELSE])
def test_a_runtime_directory_that_cannot_hold_sockets_is_passed_over(
    runtime: str, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = runtime.format(short=short, long="x" * 90)
    if "xxx" in runtime:
        Path(runtime).mkdir()
    monkeypatch.delenv(_place.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.setenv("TMPDIR", str(short))
    assert _place.directory() == short / f"snowshed-{os.geteuid()}"
    (short / ("y" * 100)).mkdir()
    monkeypatch.setenv("TMPDIR", str(short / ("y" * 100)))
    for variable in ("TEMP", "TMP"):
        monkeypatch.delenv(variable, raising=False)
    assert _place.directory() == Path(f"/tmp/snowshed-{os.geteuid()}")


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ("debug", "SNOWSHED_DEBUG_DIR must be an absolute path, not 'debug'"),
        ("/" + "x" * 100, "SNOWSHED_DEBUG_DIR has 101 bytes; sockets allow at most 90"),
    ],
)
def test_a_named_directory_that_cannot_hold_sockets_is_an_error(
    told: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(_place.VARIABLE, told)
    with pytest.raises(ValueError, match=complaint):
        _place.directory()


def test_the_longest_directory_holds_the_longest_name(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = short / ("x" * (90 - len(str(short)) - 1))
    monkeypatch.setenv(_place.VARIABLE, str(longest))
    path = _place.prepared() / _place.socket_of(2**22).name
    assert len(str(path)) == 103
    listen(path).close()


def test_the_directory_is_made_for_this_user_alone(place: Path) -> None:
    for _ in range(2):
        assert _place.prepared() == place
        assert place.stat().st_mode & 0o777 == 0o700


def test_a_default_directory_of_ours_is_closed_to_others(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(_place.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    (short / "snowshed").mkdir()
    (short / "snowshed").chmod(0o777)
    assert _place.prepared().stat().st_mode & 0o777 == 0o700


def test_a_default_directory_that_is_a_link_is_refused(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(_place.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    (short / "elsewhere").mkdir(mode=0o700)
    (short / "snowshed").symlink_to(short / "elsewhere")
    with pytest.raises(NotADirectoryError, match="is not a directory; remove it, or name another"):
        _place.prepared()


def test_the_operator_may_name_a_link(short: Path, place: Path) -> None:
    (short / "elsewhere").mkdir(mode=0o755)
    place.symlink_to(short / "elsewhere")
    assert _place.prepared() == place
    assert (short / "elsewhere").stat().st_mode & 0o777 == 0o755


def test_a_directory_of_somebody_else_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.mkdir(mode=0o700)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(PermissionError, match=f"belongs to user {other - 1}; name one of your own"):
        _place.prepared()


def test_a_named_directory_that_others_can_write_to_is_refused(place: Path) -> None:
    place.mkdir()
    place.chmod(0o775)
    with pytest.raises(PermissionError, match=r"others can write to .*'chmod go-w' it"):
        _place.prepared()


def test_sockets_are_listed_by_process_id(place: Path) -> None:
    assert _place.sockets() == []
    _place.prepared()
    for name in ("notes.txt", "x1.sock", "²³.sock"):
        (place / name).touch()
    ours, parent = _place.socket_of(os.getpid()), _place.socket_of(os.getppid())
    with listen(ours), listen(parent):
        both = [(os.getpid(), ours), (os.getppid(), parent)]
        assert _place.sockets() == sorted(both)


def test_a_socket_that_a_dead_process_left_behind_is_removed(place: Path, dead: int) -> None:
    _place.prepared()
    listen(_place.socket_of(dead)).close()
    assert _place.socket_of(dead).exists()
    assert _place.sockets() == []
    assert not _place.socket_of(dead).exists()


def test_a_process_of_another_namespace_that_answers_is_kept(place: Path, dead: int) -> None:
    _place.prepared()
    with listen(_place.socket_of(dead)):
        assert _place.sockets() == [(dead, _place.socket_of(dead))]


def test_a_file_that_is_no_socket_is_not_listed_and_not_removed(place: Path, dead: int) -> None:
    _place.prepared()
    _place.socket_of(dead).write_text("precious")
    assert _place.sockets() == []
    assert _place.socket_of(dead).read_text() == "precious"


def test_a_number_that_no_process_can_have_is_nobodys(place: Path) -> None:
    _place.prepared()
    path = place / f"{10**30}.sock"
    listen(path).close()
    assert _place.sockets() == []
    assert not path.exists()
