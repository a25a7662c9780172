"""A real PostgreSQL for a test, on a free port of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import _needs
from _serving import _end_with_the_tests, free_port

# Debian keeps the programs of the server where no path leads.
_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_USER = "postgres"
_PATIENCE = 60.0


def _program(name: str) -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, _DEBIAN)])
    return shutil.which(name, path=path) or _needs.missing(f"needs the program {name!r}")


def _as_user() -> dict[str, Any]:
    """It refuses to run as root."""
    return {"user": _USER, "group": _USER, "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server while the block runs; yields the URL of a database without a password."""
    initdb, server = _program("initdb"), _program("postgres")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        data = Path(folder) / "data"
        if os.geteuid() == 0:
            shutil.chown(folder, _USER, _USER)
        words = [initdb, "-D", str(data), "-U", "shop", "-A", "trust", "--no-sync", "--no-locale"]
        subprocess.run(words, check=True, capture_output=True, cwd=folder, **_as_user())
        listens = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", folder]
        process = subprocess.Popen(
            [server, "-D", str(data), "-p", str(port), *listens],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            preexec_fn=_end_with_the_tests,  # noqa: PLW1509 - as in _serving
            **_as_user(),
        )
        try:
            _wait_until_ready(Path(folder) / "data" / "postmaster.pid", process)
            yield f"postgresql://shop@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(state: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the last line of its own file says so."""
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        assert process.poll() is None, "postgres ended"
        if state.exists() and state.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.05)
    raise AssertionError("postgres did not begin")
