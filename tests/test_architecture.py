"""The shape of the house, as far as a machine can see it. Import directions: `lint-imports`."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import snowshed

pytestmark = pytest.mark.house

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "snowshed"
TESTS = ROOT / "tests"
MODULES = sorted(SOURCE.rglob("*.py"))
FILES = sorted(
    path
    for folder in ("src", "tests", "benchmarks", "corpus", "examples", "scripts")
    for path in (ROOT / folder).rglob("*.py")
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def does_something(module: Path) -> bool:
    """Plain data and doors that only pass names on have nothing to test."""
    return any(isinstance(node, FUNCTIONS) for node in ast.walk(tree(module)))


def own_test_file(module: Path) -> Path:
    """A concept is one module, or one private folder; its test file has the same name."""
    parts = module.relative_to(SOURCE).with_suffix("").parts
    inside_private = [index for index, part in enumerate(parts[:-1]) if part.startswith("_")]
    if inside_private:
        parts = parts[: inside_private[0] + 1]
    elif parts[-1] == "__init__":
        parts = parts[:-1] or ("snowshed",)
    return TESTS.joinpath(*parts[:-1], f"test_{parts[-1].strip('_')}.py")


@pytest.mark.parametrize("module", [*filter(does_something, MODULES)], ids=name)
def test_every_module_that_does_something_has_its_test_file(module: Path) -> None:
    assert own_test_file(module).exists(), f"write {name(own_test_file(module))}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_has_at_most_400_lines_and_a_function_60(path: Path) -> None:
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= 400
    for node in ast.walk(tree(path)):
        if isinstance(node, FUNCTIONS):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= 60, f"{node.name} has {lines} lines"


def is_public(module: Path) -> bool:
    parts = module.relative_to(SOURCE).with_suffix("").parts
    return not any(part.startswith("_") and part != "__init__" for part in parts)


@pytest.mark.parametrize("module", [*filter(is_public, MODULES)], ids=name)
def test_a_public_module_says_what_is_public(module: Path) -> None:
    body = tree(module).body
    assigned = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    names = {target.id for target in assigned if isinstance(target, ast.Name)}
    only_a_docstring = all(isinstance(node, ast.Expr) for node in body)
    assert only_a_docstring or "__all__" in names


MAPPED = [SOURCE / part for part in ("doctor", "lint", "lint/_go", "lint/_python")]


@pytest.mark.parametrize("folder", MAPPED, ids=name)
def test_the_door_of_a_large_folder_says_where_what_lives(folder: Path) -> None:
    door = ast.get_docstring(tree(folder / "__init__.py")) or ""
    inside = {path.stem for path in folder.iterdir() if path.name.startswith("_")}
    missing = {each for each in inside - {"__init__", "__pycache__"} if f"``{each}``" not in door}
    assert not missing


PUBLIC = sorted(set(snowshed.__all__) - {"__version__"})
REFERENCE = "\n".join(page.read_text() for page in (ROOT / "docs" / "reference").rglob("*.md"))
TYPED = (TESTS / "typing" / "api.py").read_text()


@pytest.mark.parametrize("public", PUBLIC)
def test_a_public_name_has_a_docstring_a_reference_entry_and_a_typed_usage(public: str) -> None:
    assert getattr(snowshed, public).__doc__, "explain the problem, the units, the errors"
    assert re.search(
        rf"^\.\. auto\w+:: snowshed\.{public}(\(.*\))?$", REFERENCE, flags=re.MULTILINE
    )
    assert re.search(rf"\bsnowshed\.{public}\b", TYPED), "use it in tests/typing/api.py"


def test_the_public_names_are_sorted_and_exist() -> None:
    assert list(snowshed.__all__) == sorted(snowshed.__all__)
    assert set(snowshed.__all__) <= set(dir(snowshed))


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after ``statement``."""
    code = f"import json, sys; before = set(sys.modules); {statement}; "
    code += "print(json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def third_party(modules: set[str]) -> set[str]:
    tops = {module.partition(".")[0] for module in modules}
    return {top for top in tops if top not in sys.stdlib_module_names} - {"snowshed"}


def test_import_snowshed_is_lazy() -> None:
    loaded = loaded_by("import snowshed")
    assert third_party(loaded) == set()
    assert {module for module in loaded if module.startswith("snowshed")} == {"snowshed"}


def test_the_public_names_need_no_third_party_but_msgspec() -> None:
    with_msgspec = third_party(loaded_by("import msgspec"))
    assert third_party(loaded_by("from snowshed import *")) <= with_msgspec


def test_version_project_and_changelog_agree() -> None:
    """The newest section of the changelog is this version, or fragments wait for its release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert importlib.metadata.version("snowshed") == project["version"] == snowshed.__version__
    sections = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    unreleased = any((ROOT / "changelog.d").glob("*.*.md"))
    assert unreleased is not (sections[:1] == [project["version"]])


def test_fragments_are_of_a_known_type_and_say_something() -> None:
    towncrier = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]
    types = {entry["directory"] for entry in towncrier["type"]}
    for fragment in (ROOT / "changelog.d").glob("+*.md"):
        assert fragment.name.split(".")[1] in types
        assert fragment.read_text().strip()


def test_the_extra_all_holds_every_extra_that_a_user_needs() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for_us = {"all", "dev", "test", "check", "docs", "servers", "bench"}
    held = set(re.findall(r"[\w-]+", extras["all"][0].partition("[")[2]))
    assert held == extras.keys() - for_us
