"""What git ignores in a folder, from all the lists above it."""

from __future__ import annotations

from pathlib import Path

from lint._fakes import write
from snowshed.lint._ignored import Ignored


def test_the_lists_from_the_top_of_the_repository_down_count(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "*.go", "r/.git/HEAD": "", "r/.gitignore": "*.py\na/b/x/\n"})
    write(tmp_path, {"r/a/.gitignore": "!keep.py\n", "r/a/b/.gitignore": "/only.txt"})
    ignored = Ignored.at(str(tmp_path / "r" / "a" / "b"))
    assert [ignored.names(each) for each in ("x.py", "keep.py", "x/", "x", "only.txt", "x.go")] == [
        *(True, False, True, False, True, False)
    ]
    inside = ignored.inside(str(tmp_path / "r" / "a" / "b" / "c"), "c")
    assert [inside.names(each) for each in ("x.py", "keep.py", "only.txt", "x/")] == [
        *(True, False, False, False)
    ]


def test_one_that_is_ignored_itself_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", ".gitignore": "out/\n*.py", "out/a/x.py": ""})
    assert not Ignored.at(str(tmp_path / "out" / "a")).names("x.py")
    assert Ignored.at(str(tmp_path)).names("x.py")


def test_a_list_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", ".gitignore/x": "", "a/.gitignore": b"\xff\n*.py\n"})
    assert not Ignored.at(str(tmp_path)).names("x.py")
    assert Ignored.at(str(tmp_path / "a")).names("x.py")


def test_a_work_tree_has_a_file_for_its_repository(tmp_path: Path) -> None:
    write(tmp_path, {".git": "gitdir: elsewhere\n", ".gitignore": "*.py"})
    assert Ignored.at(str(tmp_path)).names("x.py")
