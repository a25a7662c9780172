"""The rows of other Pythons: the same benchmarks, run by each of them in an environment of its own.

The interpreters and environments are those of ``make test-all``.
"""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._table import from_json

if TYPE_CHECKING:
    from benchmarks._runner import Row

HOUSE = Path(__file__).parent.parent


def others() -> dict[str, Path]:
    """Return an interpreter for each other minor version that is found, by that version."""
    found: dict[str, Path] = runpy.run_path(str(HOUSE / "scripts/test_others.py"))["others"]()
    return found


def rows_of(version: str, python: Path, arguments: Iterable[str]) -> list[Row]:
    """Return what another Python measures with these arguments; nothing if that fails."""
    venv = f".venv-{version}"
    try:
        make = ["scripts/venv", venv, "test", str(python)]
        subprocess.run(make, cwd=HOUSE, check=True)
        command = [f"{venv}/bin/python", "-m", "benchmarks", "--json", *arguments]
        answer = subprocess.run(command, cwd=HOUSE, check=True, stdout=subprocess.PIPE)
    except subprocess.CalledProcessError as error:
        print(f"Python {version} is left out: {error}", file=sys.stderr)
        return []
    return [from_json(fields) for fields in json.loads(answer.stdout)]
