"""Patterns of paths mean what they mean to git."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from _needs import program
from snowshed.lint._patterns import Patterns

CASES = [
    # A name, in any folder.
    ("*.pb.go", "api.pb.go", True),
    ("*.pb.go", "a/b/api.pb.go", True),
    ("*.pb.go", "api.go", False),
    ("gen", "a/gen/x.go", True),
    # With a slash in it: where it says.
    ("/gen", "gen/x.go", True),
    ("/gen", "a/gen/x.go", False),
    ("a/gen", "a/gen/x.go", True),
    ("a/gen", "b/a/gen/x.go", False),
    # A folder only.
    ("gen/", "gen/x.go", True),
    ("gen/", "gen", False),
    # Any number of folders.
    ("**/gen", "a/b/gen", True),
    ("**/gen", "gen", True),
    ("a/**", "a/b/c", True),
    ("a/**", "a", False),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/*/b", "a/x/y/b", False),
    # Single characters.
    ("?.go", "a.go", True),
    ("?.go", "ab.go", False),
    ("[ab].go", "b.go", True),
    ("[!ab].go", "c.go", True),
    ("[!ab].go", "b.go", False),
    ("[a-c].go", "b.go", True),
    ("[[:digit:]].go", "7.go", True),
    ("a[/]b", "a/b", False),
    # What is no pattern.
    ("# gen", "# gen", False),
    (r"\#gen", "#gen", True),
    (r"\!gen", "!gen", True),
    (r"\*.go", "*.go", True),
    (r"\*.go", "a.go", False),
    ("gen  ", "gen", True),
    ("gen\\ ", "gen ", True),
    ("gen\r\n", "gen", True),
    ("", "gen", False),
    ("/", "gen", False),
    ("[a", "[a", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), CASES)
def test_covers(pattern: str, path: str, expected: bool) -> None:
    assert Patterns([pattern]).cover(path) is expected


def test_the_last_that_matches_decides() -> None:
    patterns = Patterns(["*.go", "!keep.go", "*.py", "a/keep.go"])
    assert patterns.say("x.go") is True
    assert patterns.say("keep.go") is False
    assert patterns.say("a/keep.go") is True
    assert patterns.say("x.txt") is None


def test_a_list_of_comments_is_empty() -> None:
    assert not Patterns(["# nothing", "", "   "])
    assert Patterns(["a"])


PIECES = [
    "a",
    "b",
    "*",
    "?",
    ".go",
    "[ab]",
    "[!a]",
    "[a-b]",
    "[^b-z]",
    r"\a",
    "x",
    " ",
    "[[:alpha:]]",
]
PARTS = st.one_of(
    st.just("**"), st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
)
# What stars of a row mean beside others the manual of git leaves open.
ONE_STAR = re.compile(r"(?<=[^/])\*\*+|\*\*+(?=[^/])")


@st.composite
def lines(draw: st.DrawFn) -> str:
    text = ONE_STAR.sub("*", "/".join(draw(st.lists(PARTS, min_size=1, max_size=3))))
    negated, rooted, folder = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    return f"{'!' * negated}{'/' * rooted}{text}{'/' * folder}"


NAMES = st.sampled_from(["a", "b", "ab", "a.go", "b.py", "x y", "[a]", "A", "1"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program("git")
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(lines(), min_size=1, max_size=4), st.lists(PATHS, min_size=30, max_size=30))
def test_it_is_the_language_of_git(repository: Path, given: list[str], paths: list[str]) -> None:
    (repository / ".gitignore").write_text("\n".join(given) + "\n")
    asked = subprocess.run(
        ["git", "-C", repository, "check-ignore", "--no-index", "-z", "--stdin"],
        input="\0".join(paths) + "\0",
        capture_output=True,
        text=True,
        check=False,
    )
    expected = set(asked.stdout.split("\0")) - {""}
    patterns = Patterns(given)
    assert {path for path in paths if patterns.cover(path)} == expected
