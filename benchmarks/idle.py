"""What snowshed takes of the processor in a service that nobody asks for anything.

Two services stand idle side by side, one of them under ``snowshed run``: once with no task but the
main one, and once with a hundred thousand that wait.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks._crowd import CROWD
from benchmarks._figures import figure
from benchmarks._processes import CAN_MEASURE, RUN, cpu_of, hear, started

if TYPE_CHECKING:
    from benchmarks._runner import LoopKind, Row

NAME = "idle"
# Per cent of one core.
GOAL = 1.0
SECONDS = 1.0
SERVICES: dict[str, tuple[str, ...]] = {"bare": (), "snowshed run": RUN}


def measure(kind: LoopKind, *, rounds: int, crowd: int = CROWD) -> Iterator[list[Row]]:
    """Yield the rows of a service without tasks and of one with ``crowd``."""
    for number in (0, crowd) if CAN_MEASURE else ():
        shares = _shares(kind, number, rounds)
        section = f"{NAME}: {number:,} tasks"
        yield [
            figure(
                section, f"{name}: CPU, in per cent", kind, found, GOAL if name != "bare" else None
            )
            for name, found in shares.items()
        ]


def _shares(kind: LoopKind, number: int, rounds: int) -> dict[str, list[float]]:
    shares: dict[str, list[float]] = {name: [] for name in SERVICES}
    with ExitStack() as stack:
        services = {
            name: stack.enter_context(
                started(*before, "-m", "benchmarks._crowd", kind, str(number), talks=True)
            )
            for name, before in SERVICES.items()
        }
        for process in services.values():
            hear(process)
        for round_ in range(-1, rounds):
            before = {name: cpu_of(process) for name, process in services.items()}
            began = time.monotonic()
            time.sleep(SECONDS)
            passed = time.monotonic() - began
            for name, process in services.items() if round_ >= 0 else ():
                shares[name].append(100 * (cpu_of(process) - before[name]) / passed)
    return shares
