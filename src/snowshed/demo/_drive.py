"""Starting the load generator, and reading back what both processes wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from snowshed.demo._model import Outcome, Plan, Sample
from snowshed.demo._service import CouldNotRunError, last_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_TAIL = 2.0
"""Seconds that samples may come after the planned end of a run."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the generator reported.

    Attributes:
        started: start of the run on the clock of `time.monotonic`.
        outcomes: one for each planned request, in planned order.
    """

    started: float
    outcomes: tuple[Outcome, ...]


def drive(port: int, plan: Plan, directory: Path, on_outcome: Callable[[Outcome], None]) -> Loaded:
    """Carry the plan out against a port of the loopback interface, in another process.

    Raises:
        CouldNotRunError: the generator failed; its last words are part of the message.
    """
    log = directory / "load.log"
    command = (sys.executable, "-m", "snowshed.demo._load", str(port), json.dumps(asdict(plan)))
    with _generating(command, log) as process:
        assert process.stdout is not None
        loaded = read_load(process.stdout, on_outcome)
        status = process.wait()
    if status != 0 or loaded is None:
        msg = f"the load generator ended with exit code {status}; its output:{last_words(log)}"
        raise CouldNotRunError(msg)
    return loaded


@contextmanager
def _generating(command: tuple[str, ...], log: Path) -> Iterator[subprocess.Popen[str]]:
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def read_load(lines: Iterable[str], on_outcome: Callable[[Outcome], None]) -> Loaded | None:
    """Read what the generator prints, as it prints it; None when it said nothing."""
    objects = (json.loads(line) for line in lines)
    first = next(objects, None)
    if first is None:
        return None
    outcomes = []
    for fields in objects:
        outcomes.append(Outcome(**fields))
        on_outcome(outcomes[-1])
    return Loaded(first["started"], tuple(sorted(outcomes, key=lambda outcome: outcome.at)))


def read_samples(lines: Iterable[str], started: float, seconds: float) -> tuple[Sample, ...]:
    """Read the gauges of a run that began at ``started`` and lasted ``seconds``.

    Samples from before the run are left out, they show the start of the process; so are those from
    long after it. A last line that was cut off is not an error.
    """
    samples = (
        Sample(fields["at"] - started, fields["tasks"], fields["rss"], fields["request_peak"])
        for fields in _objects(lines)
    )
    return tuple(sample for sample in samples if 0 <= sample.at <= seconds + _TAIL)


def _objects(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        if isinstance(fields, dict):
            yield fields
