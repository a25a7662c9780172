"""A Go service that leaks as it is told, and notes which of its profiles were asked for."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from _go import go_build

_PROGRAM = Path(__file__).parent / "go" / "patient.go"


@dataclass(frozen=True, slots=True)
class Patient:
    url: str

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=60) as answer:
            body: bytes = answer.read()
        return body

    def asked(self) -> list[str]:
        return self.get("asked").decode().split()


@contextmanager
def patient(folder: Path) -> Iterator[Patient]:
    """Build the service in ``folder``, and have it run."""
    program = go_build(_PROGRAM, folder / "patient")
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Patient(process.stdout.readline().strip())
        finally:
            process.kill()
