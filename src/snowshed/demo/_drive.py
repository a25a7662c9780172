"""Starting the load generator, and reading back what both processes wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
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


class Generator:
    """A generator that waits for the word; it has loaded by then all that it needs."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def run(self, on_outcome: Callable[[Outcome], None]) -> Loaded:
        """Have it carry out its plan.

        Raises:
            CouldNotRunError: it failed; its last words are part of the message.
        """
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # if it has ended, its exit code says more
            os.write(process.stdin.fileno(), b"go\n")  # leaves no buffer to be flushed at the end
        loaded = read_load(process.stdout, on_outcome)
        status = process.wait()
        if status != 0 or loaded is None:
            words = last_words(self._log)
            msg = f"the load generator ended with exit code {status}; its output:{words}"
            raise CouldNotRunError(msg)
        return loaded


@contextmanager
def generating(port: int, plan: Plan, directory: Path) -> Iterator[Generator]:
    """Start a generator for a port of the loopback interface, in another process.

    It takes a second to start, the service takes another: both at once.
    """
    log = directory / "load.log"
    command = (sys.executable, "-m", "snowshed.demo._load", str(port), json.dumps(asdict(plan)))
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield Generator(process, log)
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
