"""Run the suite on every other supported Python of this machine, each in its own environment.

They run side by side; what each prints follows when it has ended.

usage: python scripts/test_others.py [ARGUMENTS FOR PYTEST]

Looks on PATH and among pyenv's, and takes the newest of each minor version. Left out are the
version that runs this file, pre-releases, free-threaded builds, and a Python that cannot make
environments. What one Python is enough for (marker `house`) is left out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
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
    started = []
    for name, python in others().items():
        venv = f".venv-{name}"
        print(f"== Python {name} ({python})", flush=True)
        subprocess.run(["scripts/venv", venv, "test", python], check=True)
        command = [f"{venv}/bin/python", "-m", "pytest", "-m", "not house", *arguments]
        # Side by side: half of what a test does is to wait for a server or for another process.
        printed = tempfile.TemporaryFile()  # noqa: SIM115 - read when the run has ended
        run = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT)
        started.append((name, run, printed))
    results = [passed(*each) for each in started]
    return 0 if all(results) else 1


def passed(name: str, run: subprocess.Popen[bytes], printed: IO[bytes]) -> bool:
    """Wait for ``run``, and tell what it has printed."""
    code = run.wait()
    printed.seek(0)
    print(f"== the suite on Python {name}", flush=True)
    shutil.copyfileobj(printed, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    if code != 0:
        print(f"the suite failed on Python {name}", flush=True)
    return code == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
