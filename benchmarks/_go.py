"""Go programs to compare with, built from the toolchain of this environment; nothing is fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from benchmarks._pythons import HOUSE

__all__ = ["build", "go_root", "go_version", "has_go"]

# The one that the tests fill, too.
_CACHE = HOUSE / ".pytest_cache" / "go"


def has_go() -> bool:
    """Tell whether there is a Go toolchain."""
    return _program() is not None


def build(package: str | Path | Iterable[Path], to: Path) -> Path:
    """Build a package of Go's, or one or more files, into the program ``to``."""
    files = [package] if isinstance(package, str | Path) else package
    _go("build", "-o", str(to), *map(str, files))
    return to


def go_root() -> Path:
    """Return the folder of the toolchain, whose ``src`` is the standard library."""
    return Path(_go("env", "GOROOT").strip())


def go_version() -> str:
    """Return the version as Go writes it, such as go1.27.3."""
    return _go("env", "GOVERSION").strip()


@cache
def _program() -> str | None:
    beside = Path(sys.executable).with_name("go")
    return str(beside) if beside.exists() else shutil.which("go")


def _go(*arguments: str) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GO")},
        "CGO_ENABLED": "0",
        "GOCACHE": str(_CACHE / "build"),
        "GOENV": "off",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
    }
    command = [_program() or "go", *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout
