"""What the whole command takes on a small profile, beside importing the library.

``snowshed doctor small.pb.gz`` is started again and again, in turn with ``import snowshed``, each
in a process of its own. The goal is three times that and 100 ms. Both find their bytecode compiled,
as after the first start.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._figures import figure
from benchmarks._processes import CAN_MEASURE
from benchmarks._pythons import HOUSE
from benchmarks._runner import Row, row_of

NAME = "start"
TIMES, MORE = 3, 0.1
ROUNDS = 15
IMPORT, DOCTOR = "import snowshed", "snowshed doctor"
_PROFILE = HOUSE / "tests" / "formats" / "go" / "proto.pb.gz"
_CODE = {
    IMPORT: "import snowshed",
    # What the script of the command does.
    DOCTOR: "import sys; from snowshed.cli import main; sys.exit(main())",
}


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of CPU, and on the clock, that a process took."""

    cpu: float
    wall: float


def measure(*, rounds: int) -> Iterator[list[Row]]:
    """Yield the rows; none where a process cannot be measured."""
    if not CAN_MEASURE:
        return
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            IMPORT: [sys.executable, "-c", _CODE[IMPORT]],
            DOCTOR: [sys.executable, "-c", _CODE[DOCTOR], "doctor", str(_PROFILE)],
        }
        # The first round compiles.
        spent = [
            {which: _run(command, Path(folder)) for which, command in commands.items()}
            for _ in range(min(rounds, ROUNDS) + 1)
        ][1:]
    yield [*_rows(spent)]


def _rows(spent: list[dict[str, Spent]]) -> Iterator[Row]:
    loop = "CPython"
    section = f"{NAME}: a small profile"
    for what in ("cpu", "wall"):
        pairs = [(getattr(each[IMPORT], what), getattr(each[DOCTOR], what)) for each in spent]
        yield row_of(
            [doctor / (TIMES * base + MORE) for base, doctor in pairs],
            section=section,
            name=f"{DOCTOR}: {'CPU' if what == 'cpu' else 'time'}",
            loop=loop,
            goal=1.0,
            baseline=f"{TIMES} x `{IMPORT}` + {1000 * MORE:.0f} ms",
        )
    for which in _CODE:
        cpu = [1000 * each[which].cpu for each in spent]
        yield figure(f"{section}: what it took", f"{which}: CPU, ms", loop, cpu)


def _run(command: Sequence[str], folder: Path) -> Spent:
    """Run a command with its bytecode in ``folder``, where no settings are."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Spent(used.ru_utime + used.ru_stime, time.perf_counter() - began)
