"""What is known from earlier runs, and what becomes of it when something is wrong with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snowshed.lint import _cache as cache_module
from snowshed.lint._cache import DAY, KEPT, VERSIONS, Cache


def known(folder: Path, *, today: int = 0) -> dict[bytes, bytes]:
    cache = Cache(folder, wall=lambda: today * DAY)
    return {key: value for key in (b"a", b"b", b"c") if (value := cache.get(key)) is not None}


def remember(folder: Path, *keys: bytes, today: int = 0) -> str:
    cache = Cache(folder, wall=lambda: today * DAY)
    for key in keys:
        cache.put(key, b"<" + key + b">")
    return cache.save()


def file_of(folder: Path) -> Path:
    (found,) = (folder / "lint").glob("*.msgpack")
    return found


def test_what_is_remembered_is_known(tmp_path: Path) -> None:
    remember(tmp_path / "cache", b"a", b"b")
    assert known(tmp_path / "cache") == {b"a": b"<a>", b"b": b"<b>"}


def test_without_a_folder_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cache = Cache(None)
    cache.put(b"a", b"")
    cache.save()
    assert Cache(None).get(b"a") is None
    assert [*tmp_path.iterdir()] == []


def test_it_is_marked_as_what_nobody_needs(tmp_path: Path) -> None:
    remember(tmp_path / "cache", b"a")
    assert (tmp_path / "cache" / ".gitignore").read_text() == "*\n"
    tag = (tmp_path / "cache" / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def test_runs_at_the_same_time_do_not_undo_each_other(tmp_path: Path) -> None:
    one, other = Cache(tmp_path), Cache(tmp_path)
    one.put(b"a", b"<a>")
    other.put(b"b", b"<b>")
    one.save()
    other.save()
    assert known(tmp_path) == {b"a": b"<a>", b"b": b"<b>"}


def test_what_nobody_asks_for_is_forgotten(tmp_path: Path) -> None:
    remember(tmp_path, b"a", b"b")
    day = KEPT // 2
    cache = Cache(tmp_path, wall=lambda: day * DAY)
    assert cache.get(b"a") == b"<a>"
    cache.save()
    remember(tmp_path, b"c", today=KEPT + 1)
    assert known(tmp_path, today=KEPT + 1) == {b"a": b"<a>", b"c": b"<c>"}


def test_a_run_without_news_writes_nothing(tmp_path: Path) -> None:
    remember(tmp_path, b"a")
    before = file_of(tmp_path).stat().st_ino
    cache = Cache(tmp_path, wall=lambda: DAY)
    assert cache.get(b"a") == b"<a>"
    cache.save()
    assert file_of(tmp_path).stat().st_ino == before


def test_it_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MOST", 2)
    remember(tmp_path, b"a", today=0)
    remember(tmp_path, b"b", b"c", today=1)
    assert known(tmp_path, today=1) == {b"b": b"<b>", b"c": b"<c>"}


def test_another_version_of_the_program_knows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(tmp_path, b"a")
    monkeypatch.setattr(cache_module, "_program", lambda: "another")
    assert known(tmp_path) == {}


def test_what_other_versions_have_left_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(VERSIONS + 2):
        monkeypatch.setattr(cache_module, "_program", f"v{number}".format)
        remember(tmp_path, b"a")
        os.utime(tmp_path / "lint" / f"v{number}.msgpack", (number, number))
    left = sorted(path.stem for path in (tmp_path / "lint").iterdir())
    assert left == [f"v{number}" for number in range(2, VERSIONS + 2)]


def program(folder: Path, rule: str) -> str:
    """Return what a program in ``folder`` with this text of a rule is known as."""
    package = folder / "snowshed" / "lint"
    (package / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "snowshed" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "_cache.py").write_text(Path(cache_module.__file__).read_text())
    (package / "rules" / "sn301_x.py").write_text(rule)
    code = "from snowshed.lint._cache import _program; print(_program())"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return run.stdout


def test_a_change_of_any_rule_makes_another_version(tmp_path: Path) -> None:
    """Whoever changes a rule wants to see what comes of it."""
    assert program(tmp_path, "x = 1") != program(tmp_path, "x = 2")


def test_the_same_program_elsewhere_is_the_same(tmp_path: Path) -> None:
    """A cache may be handed from one run in CI to another."""
    assert program(tmp_path / "one", "x = 1") == program(tmp_path / "other", "x = 1")


@pytest.mark.parametrize("content", [b"", b"no", b"\x81\xa1a\x01", b"\x93\x01\x02\x03"])
def test_one_that_is_broken_is_empty_and_mended(tmp_path: Path, content: bytes) -> None:
    remember(tmp_path, b"a")
    file_of(tmp_path).write_bytes(content)
    assert known(tmp_path) == {}
    remember(tmp_path, b"b")
    assert known(tmp_path) == {b"b": b"<b>"}


def test_where_nothing_can_be_written_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert remember(tmp_path / "file" / "cache", b"a") == "Not a directory"
    assert known(tmp_path / "file" / "cache") == {}
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "lint").touch()
    assert remember(tmp_path / "cache", b"a") == "File exists"
    assert remember(tmp_path / "cache") == ""
    assert known(tmp_path / "cache") == {}


def test_a_disk_that_is_full_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(tmp_path, b"a")

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:3])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        assert remember(tmp_path, b"b") == "No space left on device"
    assert known(tmp_path) == {b"a": b"<a>"}
    assert [path.suffix for path in (tmp_path / "lint").iterdir()] == [".msgpack"]
