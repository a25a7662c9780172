"""Each example is a program that runs to its end and says what it shows."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_explains_itself_and_runs(example: Path, tmp_path: Path) -> None:
    assert ast.get_docstring(ast.parse(example.read_text()))
    command = [sys.executable, "-W", "error", example]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout, "an example prints what happened"


def test_there_are_examples() -> None:
    assert EXAMPLES
