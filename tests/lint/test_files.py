"""From paths to files: what is walked into, what is left out, and what is told of it."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
from pathlib import Path

import pytest

import _needs
from _needs import program
from lint._fakes import write
from snowshed.lint import Problem
from snowshed.lint._files import Found, Role, find, shown
from snowshed.lint._patterns import Patterns


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return project


def found(*paths: str, exclude: tuple[str, ...] = (), **more: bool) -> Found:
    return find(paths or (".",), exclude=Patterns(exclude), base=Path.cwd(), **more)


def paths(given: Found) -> list[str]:
    return [file.path for file in given.files]


def test_a_folder_is_walked_and_files_are_in_order(here: Path) -> None:
    write(here, {"b.py": "", "a/z.go": "", "a/b/c.go": "", "README.md": "", "a.pyi": ""})
    assert paths(found()) == ["a/b/c.go", "a/z.go", "b.py"]
    assert found().problems == []


SKIPPED = [
    *(".git/x.py", ".hidden/x.go", ".x.go", "vendor/a/x.go", "a/node_modules/x.py"),
    *("testdata/x.go", "__pycache__/x.py", "env/pyvenv.cfg", "env/lib/x.py", "third_party/x.go"),
    *(
        "build/lib/x.py",
        "dist/a/x.py",
        "lib/site-packages/x.py",
        "conda/conda-meta/x",
        "conda/x.py",
    ),
]


def test_what_others_have_written_is_not_walked_into(here: Path) -> None:
    write(here, dict.fromkeys([*SKIPPED, "kept.go"], ""))
    assert paths(found()) == ["kept.go"]
    assert found().unread == 0


def test_a_package_that_is_called_build_is_one(here: Path) -> None:
    write(here, {"go/build/build.go": "", "build/__init__.py": "", "build/x/y.py": ""})
    assert paths(found()) == ["build/__init__.py", "build/x/y.py", "go/build/build.go"]


def test_what_is_named_is_read_whatever_it_is_called(here: Path) -> None:
    write(here, {"vendor/a/x.go": "", ".hidden/y.py": "", "vendor/a/b.py": ""})
    given = found("vendor/a", ".hidden/y.py", exclude=("y.py",))
    assert paths(given) == [".hidden/y.py", "vendor/a/b.py", "vendor/a/x.go"]


def test_unless_it_is_said_that_exclusions_hold_for_it_too(here: Path) -> None:
    write(here, {"vendor/a/x.go": "", "gen/y.py": "", "z.py": ""})
    given = found("vendor/a/x.go", "gen/y.py", "z.py", exclude=("gen/",), force_exclude=True)
    assert paths(given) == ["z.py"]
    assert given.problems == []


def test_exclusions_are_written_as_for_git(here: Path) -> None:
    write(here, dict.fromkeys(["a/x.pb.go", "a/x.go", "api/gen/y.go", "gen/z.go"], ""))
    assert paths(found(exclude=("*.pb.go", "/gen"))) == ["a/x.go", "api/gen/y.go"]
    # They are relative to where the settings stand, wherever the walk begins.
    given = find(["api"], exclude=Patterns(["/api/gen"]), base=here)
    assert paths(given) == []


def test_what_git_ignores_is_left_out(here: Path) -> None:
    write(here, dict.fromkeys(["a/x.go", "a/out.go", "a/b/out.go", "c/x.go", "top.go"], ""))
    write(here, {".gitignore": "out.go\n/c/\n", "a/b/.gitignore": "!out.go\n"})
    everything = ["a/b/out.go", "a/out.go", "a/x.go", "c/x.go", "top.go"]
    assert paths(found()) == everything, "it is in no repository"
    (here / ".git" / "info").mkdir(parents=True)
    (here / ".git" / "info" / "exclude").write_text("top.go\n")
    assert paths(found()) == ["a/b/out.go", "a/x.go"]
    assert paths(found("a/b")) == ["a/b/out.go"]
    assert paths(found("c")) == ["c/x.go"], "it was named"


def test_it_agrees_with_git_on_what_is_ignored(here: Path) -> None:
    git = program("git")
    subprocess.run([git, "init", "-q"], check=True)
    write(here, {".gitignore": "*.gen.py\ndeep/**/x.py\n!keep.gen.py\n/one\n"})
    write(here, {"deep/.gitignore": "/only.py\n"})
    names = ["a.gen.py", "keep.gen.py", "deep/a/b/x.py", "deep/only.py", "deep/a/only.py"]
    write(here, dict.fromkeys([*names, "one/a.py", "two/one/a.py", "deep/x.py"], ""))
    listed = subprocess.run(
        [git, "ls-files", "--others", "--exclude-standard", "*.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert paths(found()) == sorted(listed.stdout.split())


def test_each_file_is_read_once(here: Path) -> None:
    write(here, {"a/x.go": "", "b.py": ""})
    (here / "c.py").symlink_to("b.py")
    (here / "a" / "y.go").symlink_to(here / "a" / "x.go")
    assert paths(found(".", "a", "./a/x.go", str(here))) == ["a/x.go", "b.py"]
    assert paths(found("c.py")) == ["c.py"], "what is beside it is the same file"


def test_a_link_to_what_lies_elsewhere_is_read_under_its_own_name(here: Path) -> None:
    write(here.parent, {"elsewhere/x.py": ""})
    (here / "link.py").symlink_to(here.parent / "elsewhere" / "x.py")
    assert paths(found()) == ["link.py"]


def test_links_to_folders_are_not_followed_so_no_loop_can_be(here: Path) -> None:
    write(here, {"a/x.go": ""})
    (here / "a" / "again").symlink_to(here)
    (here / "self.py").symlink_to("self.py")
    given = found()
    assert paths(given) == ["a/x.go"]
    assert given.problems == [
        Problem("self.py", "cannot be read: Too many levels of symbolic links")
    ]


def test_what_lies_beside_a_file_is_read_with_it(here: Path) -> None:
    write(here, dict.fromkeys(["p/a.go", "p/b.go", "p/c.py", "p/q/d.go", "p/.e.go", "p/f.go"], ""))
    given = found("p/a.go", exclude=("f.go",))
    roles = {file.path: file.role for file in given.files}
    assert roles == {"p/a.go": Role.NAMED, "p/b.go": Role.BESIDE}


def test_a_program_without_a_suffix_is_known_by_its_first_line(here: Path) -> None:
    write(here, {"tool": "#!/usr/bin/env python3\n", "notes": "words\n"})
    given = found("tool", "notes")
    assert paths(given) == ["tool"]
    (problem,) = given.problems
    assert problem.path == "notes"
    assert "neither Go nor Python" in problem.message
    assert paths(found()) == [], "in a folder nobody has named it"


def test_what_cannot_be_read_is_told(here: Path) -> None:
    write(here, {"a/x.ipynb": "{}", "d.py/x.txt": "", "b.py": ""})
    os.mkfifo(here / "pipe.py")
    given = found(".", "missing.go")
    assert paths(given) == ["b.py"]
    assert given.unread == 3
    assert sorted(given.problems, key=lambda each: each.path) == [
        Problem("a/x.ipynb", "is a notebook: not read"),
        Problem("missing.go", "no such file or folder"),
        Problem("pipe.py", "is no regular file: not read"),
    ]


def test_a_folder_that_cannot_be_listed_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def denied(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return scandir(path)

    write(here, {"locked/x.py": "", "b.py": ""})
    monkeypatch.setattr(os, "scandir", denied)
    given = found()
    assert paths(given) == ["b.py"]
    assert given.problems == [Problem("locked", "cannot be read: Permission denied")]


def test_names_that_are_no_text_are_told(here: Path) -> None:
    name = os.fsdecode(b"\xff.py")
    try:
        (here / name).write_text("")
    except OSError:
        _needs.missing("a file system with names that are no text")
    given = found()
    assert paths(given) == []
    (problem,) = [each for each in given.problems if "UTF-8" in each.message]
    assert problem.path.isprintable()
    assert found(name).unread == 1


def test_a_folder_of_which_all_was_given_by_name_has_them_all_the_same(here: Path) -> None:
    write(here, {"a/b.py": ""})
    given = found("a/b.py", "a", "./a/../a")
    assert paths(given) == ["a/b.py"]
    assert given.problems == []


def test_a_folder_without_any_is_told_and_is_no_failure(here: Path) -> None:
    write(here, {"a/README.md": ""})
    given = found("a")
    assert given.problems == [Problem("a", "there is no file of Go or Python in it")]
    assert given.unread == 0


def test_a_folder_of_which_all_is_excluded_says_so(here: Path) -> None:
    write(here, {"a/b.py": "", "a/README.md": "", "c/d/e.go": "", "c/.gitignore": "d/\n"})
    (here / ".git").mkdir()
    said = "there is no file of Go or Python in it that is not excluded"
    assert found("a", exclude=("*.py",)).problems == [Problem("a", said)]
    assert found("c").problems == [Problem("c", said)]
    assert found("a", exclude=("*.md",)).problems == []


def test_what_is_given_by_content_need_not_exist(here: Path) -> None:
    given = find(
        ["new.go", "./b/new.py"], exclude=Patterns(()), base=here, given=["b/new.py", "new.go"]
    )
    assert paths(given) == ["b/new.py", "new.go"]
    assert given.problems == []


def test_sockets_are_not_opened(here: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        try:
            listening.bind("s.py")
        except OSError:
            _needs.missing("sockets of Unix")
        assert found("s.py").problems == [Problem("s.py", "is no regular file: not read")]


def test_what_a_path_is_called(here: Path) -> None:
    assert shown("./a//b.py") == "a/b.py"
    assert shown("a/") == "a"
    assert shown(str(here / "a.py")) == "a.py"
    assert shown(str(here)) == "."
    assert shown("../x.py") == "../x.py"
    assert shown(str(here.parent / "x.py")) == str(here.parent / "x.py")
