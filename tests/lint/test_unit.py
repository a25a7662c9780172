"""What is looked at together, and what is read of it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from lint._fakes import write
from snowshed.lint import Problem
from snowshed.lint import _unit as unit_module
from snowshed.lint._files import File, Language, Role, find
from snowshed.lint._patterns import Patterns
from snowshed.lint._unit import LARGEST, Loaded, Unit, go_version, load, units


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    go_version.cache_clear()
    return tmp_path


def all_units(*paths: str) -> list[Unit]:
    return [*units(find(paths or (".",), exclude=Patterns(()), base=Path.cwd()).files)]


def loaded(path: str, **more: bool) -> Loaded:
    language = Language.GO if path.endswith(".go") else Language.PYTHON
    return load(Unit(language, (File(path, language),)), {}, **more)


def test_a_unit_is_one_language_in_one_folder(here: Path) -> None:
    write(here, dict.fromkeys(["b.go", "a.go", "a.py", "p/a.go", "p/q/a.py"], ""))
    assert [(each.language, [file.path for file in each.files]) for each in all_units()] == [
        (Language.GO, ["a.go", "b.go"]),
        (Language.PYTHON, ["a.py"]),
        (Language.GO, ["p/a.go"]),
        (Language.PYTHON, ["p/q/a.py"]),
    ]


@pytest.mark.parametrize(
    ("content", "version"),
    [
        ("module m\n\ngo 1.21\n", (1, 21)),
        ("module m\ngo 1.22.3 // why\ntoolchain go1.27\n", (1, 22)),
        ("go 1.24rc1\r\n", (1, 24)),
        ("module m\n", (1, 16)),
        ("// go 1.5\nmodule m\n", (1, 16)),
    ],
)
def test_the_version_of_go_is_that_of_the_nearest_module(
    here: Path, content: str, version: tuple[int, int]
) -> None:
    write(
        here, {"go.mod": "module top\ngo 1.10", "a/go.mod": content, "a/b/c/x.go": "", "a/x.py": ""}
    )
    python, go = all_units("a")
    assert (go.go, python.go) == (version, None)
    assert go_version(str(here)) == (1, 10)


def test_without_a_module_it_is_not_known(here: Path) -> None:
    assert go_version(str(here / "missing")) is None
    (here / "go.mod").mkdir()
    assert go_version(str(here / "a")) is None


def test_what_is_there_for_tests_is_known(here: Path) -> None:
    names = ["a.go", "a_test.go", "tests/a.go", "tests/a.py"]
    write(here, {"go.mod": "module m\n", **dict.fromkeys(names, "package p\n")})
    read = [load(unit, {}).sources for unit in all_units()]
    told = {source.path: source.is_test for sources in read for source in sources}
    assert told == dict(zip(names, [False, True, True, True], strict=True))


@pytest.mark.parametrize(
    ("content", "lines"), [("", 0), ("x", 1), ("x\n", 1), ("x\ny", 2), ("x\ny\n", 2), ("\n\n", 2)]
)
def test_lines_are_counted(here: Path, content: str, lines: int) -> None:
    write(here, {"a.py": content})
    assert loaded("a.py").lines == lines


def test_what_cannot_be_read_is_told(here: Path) -> None:
    write(
        here,
        {"a.go": b"package p\xff", "large.py": b"#" * (LARGEST + 1), "fits.py": b"#" * LARGEST},
    )
    write(here, {"t.go": "// License\n\npackage {{.Name}}\n"})
    assert loaded("a.go").problems == [Problem("a.go", "is not UTF-8 (byte 10): not read")]
    assert loaded("large.py").problems == [Problem("large.py", "is larger than 4 MiB: not read")]
    assert loaded("t.go").problems == [Problem("t.go", "is a template, not Go: not read")]
    gone = loaded("gone.py")
    assert gone.problems == [Problem("gone.py", "cannot be read: No such file or directory")]
    assert (gone.unread, gone.sources) == (1, [])
    assert loaded("fits.py").lines == 1


def test_a_file_that_may_not_be_read_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    write(here, {"a.py": ""})
    monkeypatch.setattr(unit_module, "open", denied, raising=False)
    assert loaded("a.py").problems == [Problem("a.py", "cannot be read: Permission denied")]


def test_python_says_itself_what_it_is_written_in(here: Path) -> None:
    write(here, {"a.py": "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1")})
    assert loaded("a.py").lines == 2
    write(here, {"a.py": "# comment\nx = 'é'\n# coding: latin-1\n".encode("latin-1")})
    assert loaded("a.py").problems == [Problem("a.py", "is not UTF-8 (byte 16): not read")]


def test_of_files_beside_nothing_is_told(here: Path) -> None:
    write(
        here,
        {
            "a.go": "package p",
            "b.go": b"\xff",
            "c.go": "// Code generated x DO NOT EDIT.\npackage p",
        },
    )
    (unit,) = all_units("a.go")
    assert [file.role for file in unit.files] == [Role.NAMED, Role.BESIDE, Role.BESIDE]
    read = load(unit, {})
    assert [source.path for source in read.sources] == ["a.go"]
    assert (read.problems, read.unread, read.generated, read.lines) == ([], 0, 0, 1)


def test_generated_files_are_left_out_unless_they_are_named(here: Path) -> None:
    write(here, {"a_pb2.py": "x = 1\n"})
    (walked,), (named,) = all_units("."), all_units("a_pb2.py")
    assert load(walked, {}).generated == 1
    assert load(named, {}).generated == 0
    assert load(named, {}, force_exclude=True).generated == 1


def key(path: str, content: str, go: tuple[int, int] | None = None) -> bytes:
    unit = Unit(Language.GO, (File(path, Language.GO),), go)
    return load(unit, {path: content.encode()}).key


def test_the_key_is_of_all_that_counts(here: Path) -> None:
    keys = [
        key("a.go", "package p"),
        key("a.go", "package q"),
        key("b.go", "package p"),
        key("a_test.go", "package p"),
        key("a.go", "package p", (1, 21)),
    ]
    assert len(set(keys)) == len(keys)
    assert key("a.go", "package p") == keys[0]


def test_one_file_is_not_two(here: Path) -> None:
    files = (File("a.go", Language.GO), File("b.go", Language.GO))
    one = load(Unit(Language.GO, files), {"a.go": b"xy", "b.go": b"z"}).key
    other = load(Unit(Language.GO, files), {"a.go": b"x", "b.go": b"yz"}).key
    assert one != other
