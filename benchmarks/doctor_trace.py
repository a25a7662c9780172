"""What it takes to diagnose an execution trace of Go, beside the tool that comes with Go.

Both are whole commands, from their start to their end, on one file and in turn: ``snowshed doctor``
tells all that it finds, ``go tool trace -pprof=sync`` writes how long was waited at which line.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._figures import figure
from benchmarks._go import build, go_version, has_go
from benchmarks._processes import CAN_MEASURE
from benchmarks._pythons import HOUSE
from benchmarks._runner import Row, row_of

NAME = "trace"
CPU, MEMORY = 2.0, 0.1
ROUNDS = 3
# Rounds of the program that is traced: 50 MB.
SIZE = 8600
TOOL = "go tool trace -pprof=sync"
OURS = "snowshed doctor"
_PROGRAM = HOUSE / "benchmarks" / "go" / "traced.go"


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of CPU, and bytes of memory at most, that a command took."""

    cpu: float
    memory: int


def measure(*, rounds: int, size: int = SIZE) -> Iterator[list[Row]]:
    """Yield the rows of a trace of a program with ``size`` rounds; none without Go, or Linux."""
    if not CAN_MEASURE or not has_go():
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trace = folder / "trace.out"
        with trace.open("wb") as file:
            subprocess.run([build(_PROGRAM, folder / "traced"), str(size)], stdout=file, check=True)
        doctor = [sys.executable, "-m", "snowshed", "doctor", "--fail-on", "never", str(trace)]
        commands: dict[str, list[str]] = {
            TOOL: [str(build("cmd/trace", folder / "tool")), "-pprof=sync", str(trace)],
            OURS: doctor,
        }
        spent: list[dict[str, Spent]] = []
        for _ in range(min(rounds, ROUNDS)):
            order = random.sample(list(commands), len(commands))
            spent.append({which: _run(commands[which]) for which in order})
        yield [*_rows(trace.stat().st_size, spent)]


def _run(command: Sequence[str]) -> Spent:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=HOUSE)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss << 10)


def _rows(size: int, spent: Sequence[dict[str, Spent]]) -> Iterator[Row]:
    loop, megabytes = go_version(), 1e6
    section = f"{NAME} of {size / megabytes:.0f} MB"
    for what, goal in (("cpu", CPU), ("memory", MEMORY)):
        ratios = [getattr(each[OURS], what) / getattr(each[TOOL], what) for each in spent]
        name = "CPU" if what == "cpu" else "memory at most"
        yield row_of(
            ratios, section=section, name=f"{OURS}: {name}", loop=loop, goal=goal, baseline=TOOL
        )
    figures = f"{section}: what it took"
    for which in (TOOL, OURS):
        cpu = [each[which].cpu for each in spent]
        memory = [each[which].memory / megabytes for each in spent]
        yield figure(figures, f"{which}: CPU, s", loop, cpu)
        yield figure(figures, f"{which}: memory at most, MB", loop, memory)
