"""Run the suite on this Python and on every other supported one, each in its own environment.

They run side by side, as many as there are cores; what the others print follows our own.

usage: python scripts/test_others.py [ARGUMENTS FOR PYTEST]

Looks for the others on PATH and among pyenv's, and takes the newest of each minor version. Left
out are the version that runs this file, pre-releases, free-threaded builds, and a Python that
cannot make environments. What one Python is enough for (marker `house`) runs on this one only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

OLDEST = (3, 11)
VERSION_OF_A_FINAL_CPYTHON = """
import ensurepip, sys, sysconfig, venv
if sys.implementation.name != "cpython" or sys.version_info.releaselevel != "final":
    sys.exit(1)
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    sys.exit(1)
print(*sys.version_info[:3])
"""


def candidates() -> list[Path]:
    folders = [Path(entry) for entry in os.get_exec_path()]
    folders += (Path.home() / ".pyenv" / "versions").glob("*/bin")
    found = [path for folder in folders for path in folder.glob("python3.*")]
    return [path for path in found if re.fullmatch(r"python3\.\d+", path.name)]


def version_of(python: Path) -> tuple[int, ...] | None:
    command = [python, "-c", VERSION_OF_A_FINAL_CPYTHON]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return tuple(map(int, answer.stdout.split())) if answer.returncode == 0 else None


def others() -> dict[str, Path]:
    """Return the Python to use for each minor version but our own, oldest first."""
    versions = {python: version_of(python) for python in candidates()}
    usable = sorted(
        (version, python)
        for python, version in versions.items()
        if version is not None and version >= OLDEST and version[:2] != sys.version_info[:2]
    )
    return {"{}.{}".format(*version): python for version, python in usable}


def main(arguments: list[str]) -> int:
    found = others()
    for name, python in found.items():
        print(f"== Python {name} ({python})", flush=True)
        subprocess.run(["scripts/venv", f".venv-{name}", "test", python], check=True)
    own, more = ["-m", "pytest", *arguments], ["-m", "pytest", "-m", "not house", *arguments]
    calls = {name: [f".venv-{name}/bin/python", *more] for name in found}
    return 0 if side_by_side([sys.executable, *own], calls) else 1


def side_by_side(own: list[str], others: dict[str, list[str]]) -> bool:
    """Run ``own``, and beside it ``others``: half of what a test does is to wait for a server."""
    pool = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1))
    try:
        suites = {name: pool.submit(suite, call) for name, call in others.items()}
        well = subprocess.run(own, check=False).returncode == 0
        return all([well, *(passed(name, *each.result()) for name, each in suites.items())])
    finally:
        pool.shutdown(cancel_futures=True)


def suite(call: list[str]) -> tuple[int, IO[bytes]]:
    """Run ``call``; return its exit code and what it has printed."""
    printed = tempfile.TemporaryFile()  # noqa: SIM115 - read when our own run has ended
    done = subprocess.run(call, stdout=printed, stderr=subprocess.STDOUT, check=False)
    return done.returncode, printed


def passed(name: str, code: int, printed: IO[bytes]) -> bool:
    """Tell what a run has printed, and whether all was well."""
    printed.seek(0)
    print(f"== the suite on Python {name}", flush=True)
    shutil.copyfileobj(printed, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    if code != 0:
        print(f"the suite failed on Python {name}", flush=True)
    return code == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
