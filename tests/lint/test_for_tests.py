"""Which files are tests, or there for tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._fakes import write
from snowshed.lint import _for_tests
from snowshed.lint._for_tests import is_test


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project that is kept in a folder which is called like tests."""
    write(tmp_path, {"pyproject.toml": "", "test/project/.git/HEAD": ""})
    write(tmp_path, {"test/project/go.mod": "module m\n"})
    monkeypatch.chdir(tmp_path / "test" / "project")
    _for_tests._top.cache_clear()
    _for_tests._is_marked.cache_clear()
    return tmp_path / "test" / "project"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *(("a/x_test.go", True), ("a/test_x.go", False), ("a/x.go", False), ("conftest.go", False)),
        *(("a/test_x.py", True), ("x_test.py", True), ("conftest.py", True), ("x.py", False)),
        *(("a/latest.py", False), ("protest_x.py", False)),
    ],
)
def test_tests_are_known_by_name(here: Path, path: str, expected: bool) -> None:
    assert is_test(path) is expected


@pytest.mark.parametrize("suffix", ["go", "py"])
@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        *(("tests", True), ("test", True), ("testing", True), ("a/test/deep", True)),
        *(("internal/testutil", True), ("testutils", True), ("test_helpers/a", True)),
        *(("maintnotifications/e2e", True), ("integration-tests/a", True), ("unit_test", True)),
        *(("latest", False), ("a/contest", False), ("a/tester", False), ("protests", False)),
        *(("ab_test", False), ("examples", False), ("Tests", False)),
        # At the top it is where the tests of the whole lie; deeper down what connects services.
        *(("integration", True), ("integration/plugin/logging", True)),
        *(("components/integration", False), ("integrations", False)),
    ],
)
def test_folders_for_tests_are_known_by_name(
    here: Path, folder: str, suffix: str, expected: bool
) -> None:
    assert is_test(f"{folder}/x.{suffix}") is expected
    assert is_test(f"{here}/{folder}/x.{suffix}", str(here)) is expected


def test_what_lies_above_the_project_makes_no_test(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_test("a.py")
    assert not is_test(f"{here}/a.go", str(here))
    (here / "tests").mkdir()
    monkeypatch.chdir("tests")
    assert is_test("a.py")
    assert not is_test("../a.py")


def test_a_module_of_its_own_may_be_the_tests_of_the_project(here: Path) -> None:
    write(here, {"tests/go.mod": "module m/tests\n", "service/pyproject.toml": ""})
    assert is_test("tests/framework/cluster.go")
    assert not is_test("service/a.py")
    assert is_test("service/integration/a.py")


def test_without_git_the_last_module_on_the_way_up_is_the_top(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"test/m/go.mod": "module m\n", "test/m/tests/go.mod": "module m/tests\n"})
    monkeypatch.chdir(tmp_path)
    assert is_test("test/m/tests/a.go")
    assert not is_test("test/m/a.go")


def test_where_nothing_says_what_the_project_is_it_is_what_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "test" / "package"
    write(package, {"a.py": "", "tests/a.py": "", "here/a.py": ""})
    monkeypatch.chdir(package / "here")
    # A folder that was given, and one of it.
    assert not is_test(f"{package}/a.py", str(package))
    assert is_test(f"{package}/tests/a.py", str(package))
    assert is_test(f"{package}/tests/a.py", f"{package}/tests")
    # A file that was given, and one in the current folder.
    assert is_test(f"{package}/tests/a.py")
    assert not is_test(f"{package}/a.py")
    monkeypatch.chdir(package)
    assert not is_test("a.py", ".")
    assert is_test("tests/a.py", ".")
    assert is_test("tests/deep/a.py")
    # Whether it is the top of anything is not known.
    assert not is_test("integration/a.py", ".")
