"""Fixes are made until there are none left, and files are written whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
from functools import partial
from pathlib import Path

import pytest

from _needs import program
from lint._fakes import KIT, write
from snowshed.lint import Problem
from snowshed.lint import _apply as apply_module
from snowshed.lint._apply import ROUNDS, UNUSED, Change, Fixed, diff, fixed
from snowshed.lint._apply import write as write_changes
from snowshed.lint._engine import lint
from snowshed.lint._select import Selection


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


again = partial(lint, kit=KIT, jobs=1)


def mended(*paths: str, unsafe: bool = False, advice: bool = False) -> Fixed:
    report = again(paths or (".",))
    return fixed(report, again, tells=Selection(advice=advice).tells, unsafe=unsafe)


def after(result: Fixed) -> dict[str, str]:
    return {change.path: change.after.decode() for change in result.changes}


def test_fixes_upon_fixes_are_made(here: Path) -> None:
    write(
        here, {"a.py": "x = BAD\nBAD\n", "p/b.go": "package p\n\nvar x = WORSE\n", "c.py": "fine"}
    )
    result = mended()
    assert after(result) == {"a.py": "x = GOOD\nGOOD\n", "p/b.go": "package p\n\nvar x = GOOD\n"}
    assert result.counts == {"SN901": 2, "SN902": 3}
    assert result.report.findings == ()
    assert result.report.read == ("a.py", "c.py", "p/b.go")
    assert result.problems == ()
    assert (here / "a.py").read_text() == "x = BAD\nBAD\n", "nothing is written yet"
    assert write_changes(result.changes) == ()
    assert (here / "a.py").read_text() == "x = GOOD\nGOOD\n"
    assert again(["."]).findings == ()


def test_what_is_not_safe_is_made_if_it_is_asked_for(here: Path) -> None:
    write(here, {"a.py": "UGLY\n"})
    assert mended(advice=True).changes == ()
    assert mended(unsafe=True).changes == (), "advice that nobody asked for"
    assert after(mended(unsafe=True, advice=True)) == {"a.py": "NICE\n"}


def test_comments_that_silence_nothing_are_taken_away(here: Path) -> None:
    write(
        here, {"a.py": "x  # snowshed: ignore[SN901]\nBAD  # snowshed: ignore[SN901, SN902] why\n"}
    )
    result = mended()
    assert after(result) == {"a.py": "x\nBAD  # snowshed: ignore[SN901] why\n"}
    assert result.counts == {UNUSED: 2}
    assert result.report.unused == ()


def test_the_report_is_of_all_that_was_looked_at(here: Path) -> None:
    write(
        here,
        {"p/a.py": "BAD\n", "p/b.py": "FAIL UGLY\nBAD # noqa", "q/c.py": "UGLY ODD\nBAD # noqa"},
    )
    before = again(["."])
    result = mended()
    assert [each.path for each in result.report.findings] == ["p/b.py", "q/c.py"]
    assert len(result.report.findings) == len(before.findings) - 1
    assert result.report.suppressed == before.suppressed
    assert {each.path for each in result.report.problems} == {"p", "q/c.py"}
    assert result.report.lines == before.lines


def test_a_fix_after_which_it_would_not_parse_is_refused(here: Path) -> None:
    write(here, {"a.py": "x = BAD\nBROKEN\nBAD\n", "b.go": "package p\n\nvar x = BROKEN\n"})
    result = mended()
    assert after(result) == {"a.py": "x = GOOD\nBROKEN\nGOOD\n"}
    assert result.problems == (
        Problem("a.py", "the fix of SN904 is not made: the file would not parse with it", 2),
        Problem("b.go", "the fix of SN904 is not made: the file would not parse with it", 3),
    )
    assert len(result.report.findings) == 2


def test_a_file_that_does_not_parse_is_left_alone(here: Path) -> None:
    write(here, {"a.py": "x = (BAD\n"})
    result = mended()
    assert result.changes == ()
    assert len(result.problems) == 1


def test_fixes_that_undo_each_other_come_to_an_end(here: Path) -> None:
    write(here, {"a.py": "FLIP\n"})
    result = mended()
    assert result.problems == (
        Problem("a.py", f"there is a fix for SN904 still after {ROUNDS} rounds of fixes", 1),
    )


def test_what_somebody_has_saved_meanwhile_is_what_is_mended(here: Path) -> None:
    write(here, {"a.py": "x = BAD\n"})
    report = again(["."])
    write(here, {"a.py": "# a new first line\nx = BAD\n"})
    result = fixed(report, again, tells=Selection().tells)
    assert after(result) == {"a.py": "# a new first line\nx = GOOD\n"}


def test_a_file_that_is_gone_is_no_matter(here: Path) -> None:
    write(here, {"a.py": "BAD\n", "b.py": "BAD\n"})
    report = again(["."])
    (here / "a.py").unlink()
    result = fixed(report, again, tells=Selection().tells)
    assert after(result) == {"b.py": "GOOD\n"}
    assert result.report.problems == (Problem("a.py", "no such file or folder"),)


def test_what_is_given_by_content_is_mended_there(here: Path) -> None:
    overlay = {"./new.py": b"BAD\n"}
    report = again(["new.py"], overlay=overlay)
    result = fixed(report, again, tells=Selection().tells, overlay=overlay)
    assert after(result) == {"new.py": "GOOD\n"}


def test_without_fixes_nothing_is_looked_at_again(here: Path) -> None:
    write(here, {"a.py": "UGLY\n"})
    report = again(["."])

    def never(*_: object, **__: object) -> None:
        pytest.fail("there was nothing to do")

    assert fixed(report, never, tells=Selection().tells) == Fixed(report)


def change(before: bytes = b"a\n", after: bytes = b"b\n", path: str = "a.py") -> Change:
    return Change(path, before, after)


def test_a_file_that_has_changed_is_not_written(here: Path) -> None:
    write(here, {"a.py": "other\n", "b.py": "a\n"})
    problems = write_changes([change(), change(path="b.py"), change(path="gone.py")])
    assert problems == (
        Problem("a.py", "has changed meanwhile: its fixes are not written"),
        Problem("gone.py", "cannot be written: No such file or directory"),
    )
    assert (here / "a.py").read_text() == "other\n"
    assert (here / "b.py").read_text() == "b\n"


def test_a_file_keeps_its_mode_and_a_link_stays_one(here: Path) -> None:
    write(here, {"real/a.py": "a\n"})
    (here / "real" / "a.py").chmod(0o751)
    (here / "a.py").symlink_to("real/a.py")
    assert write_changes([change()]) == ()
    assert (here / "a.py").is_symlink()
    assert (here / "real" / "a.py").read_text() == "b\n"
    assert stat.S_IMODE((here / "real" / "a.py").stat().st_mode) == 0o751


def test_a_disk_that_is_full_leaves_the_file_as_it_was(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, {"a.py": "a\n"})

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", full)
    assert write_changes([change()]) == (
        Problem("a.py", "cannot be written: No space left on device"),
    )
    assert [path.name for path in here.iterdir()] == ["a.py"]
    assert (here / "a.py").read_text() == "a\n"


def test_a_write_that_is_broken_off_leaves_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, {"a.py": "a\n"})

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(apply_module.os, "fdopen", pressed)
    with pytest.raises(KeyboardInterrupt):
        write_changes([change()])
    assert [path.name for path in here.iterdir()] == ["a.py"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n"),
        (b"a", b"b"),
        (b"a\n", b"a"),
        (b"a", b"a\n"),
        (b"a\r\nb\r\n", b"a\r\nc\r\n"),
        (b"", b"a\n"),
        ("é\x0cü\x85\n".encode(), "é\x0cö\x85\n".encode()),
        (b"1\n" * 50 + b"x\n" + b"2\n" * 50 + b"y", b"1\n" * 50 + b"X\n" + b"2\n" * 50 + b"Y"),
    ],
)
def test_git_reads_a_diff(here: Path, before: bytes, after: bytes) -> None:
    git = program("git")
    write(here, {"p/a.py": before})
    text = diff([change(before, after, "p/a.py")])
    subprocess.run([git, "apply", "-"], input=text.encode(), check=True)
    assert (here / "p" / "a.py").read_bytes() == after


def test_a_diff_of_several_files(here: Path) -> None:
    assert diff([change(), change(path="b.py")]) == (
        "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-a\n+b\n"
    )
    assert diff([]) == ""
