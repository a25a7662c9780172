"""From paths to a report: what is put together, and what no file or rule can do to the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lint._fakes import KIT, UNREADABLE, WITHOUT_GO, kit, write
from snowshed.lint import Problem
from snowshed.lint import _engine as engine_module
from snowshed.lint import _workers as workers_module
from snowshed.lint._engine import Report, lint
from snowshed.lint._settings import Settings

if TYPE_CHECKING:
    from snowshed.lint._look import Work


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def looked(*paths: str, with_kit: str = KIT, jobs: int | None = 1, **more: object) -> Report:
    return lint(paths or (".",), kit=with_kit, jobs=jobs, **more)


def places(report: Report) -> list[tuple[str, int, str]]:
    return [(each.path, each.span.line, each.rule) for each in report.findings]


def test_findings_of_both_languages_are_in_order(here: Path) -> None:
    write(here, {"b.py": "x = 1\nBAD\n", "a/z.go": "package a\n// BAD WORSE\n", "c.py": "ok"})
    report = looked()
    assert places(report) == [("a/z.go", 2, "SN901"), ("a/z.go", 2, "SN902"), ("b.py", 2, "SN901")]
    assert report.read == ("a/z.go", "b.py", "c.py")
    assert report.files == 3
    assert report.lines == 2 + 2 + 1
    assert not report.failed


def test_a_unit_is_the_files_of_one_language_in_one_folder(here: Path) -> None:
    write(here, {"p/a.go": "package p // TELL", "p/b.go": "package p // SAY", "p/c.py": "TELL"})
    write(here, {"p/q/d.go": "package q // TELL", "go.mod": "module m\n\ngo 1.21\n"})
    report = looked()
    assert [each.message for each in report.findings] == [
        "p/a.go,p/b.go (1, 21)",
        "p/c.py None",
        "p/q/d.go (1, 21)",
    ]


def test_of_a_named_file_is_found_what_is_found_of_it_in_its_folder(here: Path) -> None:
    write(here, {"p/a.go": "package p // TELL BAD", "p/b.go": "package p // TELL ODD BAD"})
    write(here, {"p/c_test.go": "package p // snowshed:ignore SN901\n"})
    report = looked("p/a.go")
    everything = looked("p")
    assert report.findings == tuple(each for each in everything.findings if each.path == "p/a.go")
    assert report.read == ("p/a.go",)
    assert report.lines == 1
    assert report.problems == ()
    assert report.unused == ()
    assert everything.problems == (Problem("p/b.go", "does not parse", 1),)


def test_what_cannot_matter_is_not_given_to_rules(here: Path) -> None:
    write(here, {"p/a.go": "package p // TELL", "p/b.go": "package p"})
    assert [each.message for each in looked().findings] == ["p/a.go None"]


def test_tests_are_looked_at_by_rules_that_are_for_them(here: Path) -> None:
    write(here, {"a_test.go": "package p // BAD UGLY", "tests/b.py": "BAD UGLY"})
    assert places(looked()) == [("a_test.go", 1, "SN903"), ("tests/b.py", 1, "SN903")]


def test_a_rule_that_fails_is_told_and_the_others_go_on(here: Path) -> None:
    write(here, {"a.py": "FAIL BAD", "b/c.py": "BAD", "b/d.py": "FAIL"})
    report = looked()
    assert places(report) == [("a.py", 1, "SN901"), ("b/c.py", 1, "SN901")]
    first, second = report.problems
    assert first.path == "a.py"
    assert first.message.startswith(
        "rule SN905 failed, please report it: LookupError: no such\\nword (_fakes.py:"
    )
    assert second.path == "b"


def test_a_reader_that_fails_is_told(here: Path) -> None:
    write(here, {"a.py": "BAD", "b.go": "package p // BAD"})
    report = looked(with_kit=UNREADABLE)
    assert places(report) == [("b.go", 1, "SN901")]
    (problem,) = report.problems
    assert problem.message.startswith("reading python failed, please report it: RecursionError (")
    assert report.read == ("b.go",)
    assert report.unread == 1
    assert not report.failed


def test_a_reader_that_fails_at_a_file_beside_is_told_of_the_folder(here: Path) -> None:
    write(here, {"p/a.py": "BAD", "p/b.py": "BAD", "p.py/c.py": "BAD", "p.py/d.py": "BAD"})
    report = looked("p/b.py", "p.py/d.py", with_kit=UNREADABLE)
    assert [each.path for each in report.problems] == ["p", "p.py"]
    assert report.read == ()
    assert report.unread == 2
    assert report.failed


def test_what_is_not_installed_is_told_once(here: Path) -> None:
    write(here, {"a.py": "BAD", "b/c.go": "package p", "d/e.go": "package p"})
    report = looked(with_kit=WITHOUT_GO)
    assert places(report) == [("a.py", 1, "SN901")]
    assert report.problems == (Problem("*.go", "snowshed needs: that"),)
    assert report.unread == 2
    assert not report.failed
    assert looked("b", with_kit=WITHOUT_GO).failed


def test_nothing_read_of_what_was_asked_is_a_failure(here: Path) -> None:
    write(here, {"a.go": b"package p // \xff", "b.py": ""})
    assert looked("missing", "a.go").failed
    assert not looked("missing", "b.py").failed
    assert looked("a.go").problems == (Problem("a.go", "is not UTF-8 (byte 14): not read"),)


def test_a_folder_without_source_is_no_failure(here: Path) -> None:
    report = looked()
    assert report.problems == (Problem(".", "there is no file of Go or Python in it"),)
    assert not report.failed


def test_generated_files_are_left_out_and_counted(here: Path) -> None:
    generated = "// Code generated by x. DO NOT EDIT.\npackage p // BAD"
    write(here, {"a.go": generated, "b_pb2.py": "BAD", "c.go": "package p"})
    report = looked()
    assert report.generated == 2
    assert report.read == ("c.go",)
    assert places(looked("a.go")) == [("a.go", 2, "SN901")]
    assert looked("a.go", force_exclude=True).generated == 1


def test_comments_silence(here: Path) -> None:
    write(here, {"a.py": "BAD  # snowshed: ignore[SN901] known\nBAD\n"})
    report = looked()
    assert places(report) == [("a.py", 2, "SN901")]
    assert report.suppressed == 1
    assert report.unused == ()


def test_those_that_silence_nothing_are_told(here: Path) -> None:
    write(
        here,
        {
            "b.py": "x()  # snowshed: ignore[SN901]\n",
            "a.go": "//snowshed:ignore-file SN999\npackage p\n",
        },
    )
    report = looked()
    assert [(each.path, each.message) for each in report.unused] == [
        ("a.go", "suppression of what is no rule: 'SN999'"),
        ("b.py", "unused suppression of SN901"),
    ]


@pytest.mark.parametrize("word", ["FAIL", "ODD"])
def test_but_not_where_it_is_not_known_what_else_there_is(here: Path, word: str) -> None:
    write(here, {"a.py": f"x()  # snowshed: ignore[SN901]\n{word}"})
    assert looked().unused == ()


def test_settings_select(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snowshed.lint._settings.named", kit().rules)
    write(here, {"a.py": "BAD WORSE UGLY", "gen/b.py": "BAD\n# snowshed: ignore\n"})
    write(here, {"out/c.py": "BAD", "pyproject.toml": "[tool.snowshed.lint]\n"})
    settings = Settings(
        ignore=("SN903",),
        exclude=("/out",),
        per_path_ignores={"/gen/": ("SN9", "unused-suppression")},
    )
    report = looked(settings=settings)
    assert places(report) == [("a.py", 1, "SN901"), ("a.py", 1, "SN902")]
    assert report.ignored == 2
    assert report.unused == ()
    # Patterns are relative to where the settings stand.
    monkeypatch.chdir(here / "gen")
    assert looked(settings=settings).findings == ()


def test_what_only_some_rules_are_selected_for_is_not_told_of_comments(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowshed.lint._settings.named", kit().rules)
    write(here, {"a.py": "BAD  # snowshed: ignore[SN902]\n"})
    assert looked(settings=Settings(select=("SN901",))).unused == ()
    assert len(looked(settings=Settings(select=("SN901", "unused-suppression"))).unused) == 1


def test_an_overlay_stands_in_the_place_of_files(here: Path) -> None:
    write(here, {"p/a.py": "BAD", "p/b.py": "TELL"})
    report = looked("p", overlay={"./p/a.py": b"x = 1\nTELL"})
    assert places(report) == [("p/a.py", 1, "SN906"), ("p/b.py", 1, "SN906")]
    report = looked("new.py", overlay={"new.py": b"BAD"})
    assert places(report) == [("new.py", 1, "SN901")]


def test_what_is_known_is_not_looked_at_again(here: Path) -> None:
    write(
        here,
        {
            "a.py": "BAD # noqa: SN901\nWORSE",
            "b/c.go": "package b // TELL",
            "d.go": "package d // ODD",
        },
    )
    cache = here / ".cache"
    first = looked(cache=cache)
    second = looked(cache=cache)
    assert first.known == 0
    assert second.known == 3
    for name in ("findings", "unused", "problems", "read", "lines", "suppressed"):
        assert getattr(first, name) == getattr(second, name)
    write(here, {"a.py": "BAD"})
    third = looked(cache=cache)
    assert third.known == 2
    assert len(third.findings) == 2


def test_failures_are_not_remembered(here: Path) -> None:
    write(here, {"a.py": "FAIL"})
    looked(cache=here / ".cache")
    assert looked(cache=here / ".cache").known == 0


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x81\xc4\x01a\x92\x01\xc4\x01\xff"])
def test_a_cache_that_is_broken_is_empty(here: Path, content: bytes) -> None:
    write(here, {"a.py": "BAD"})
    cache = here / ".cache"
    looked(cache=cache)
    (file,) = (cache / "lint").glob("*.msgpack")
    file.write_bytes(content)
    report = looked(cache=cache)
    assert places(report) == [("a.py", 1, "SN901")]
    assert report.known == 0
    assert looked(cache=cache).known == 1


def test_a_cache_that_cannot_be_written_is_none(here: Path) -> None:
    write(here, {"a.py": "BAD", "file": ""})
    report = looked(cache=here / "file" / "cache")
    assert places(report) == [("a.py", 1, "SN901")]
    said = "what is found cannot be kept there for the next run: Not a directory"
    assert report.problems == (Problem("file/cache", said),)
    assert not report.failed


def test_all_cores_look_if_nobody_says_how_many(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, {"a/x.py": "BAD", "b/x.py": "BAD"})
    asked = []

    def noted(todo: Iterator[tuple[Any, Work]], kit: str, *, jobs: int) -> Iterator[Any]:
        asked.append(jobs)
        yield from workers_module.answers(todo, kit, jobs=1)

    monkeypatch.setattr(engine_module, "answers", noted)
    monkeypatch.setattr(engine_module, "ENOUGH", 1)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert len(looked(jobs=None).findings) == 2
    assert len(looked(jobs=7).findings) == 2
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(5)), raising=False)
    assert len(looked(jobs=None).findings) == 2
    assert asked == [cores, 7, 5]
    # Not for what one has done before the others have started.
    monkeypatch.setattr(engine_module, "ENOUGH", 1000)
    assert len(looked(jobs=None).findings) == 2
    assert asked[3:] == [1]
