"""Real Go services for the doctor: one that leaks as it is told, one that is well."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from _go import go, go_build

# Of an answer: a service with more to do than it can takes long, and is to be waited for.
TIMEOUT = 300
_FOLDER = Path(__file__).parent / "go"


@dataclass(frozen=True, slots=True)
class Patient:
    url: str

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=TIMEOUT) as answer:
            body: bytes = answer.read()
        return body

    def asked(self) -> list[str]:
        return self.get("asked").decode().split()


@cache
def built(name: str) -> Path:
    """Build the service of that name: of one file, or of all that are in its own folder.

    Once for all tests of a run, since to link one takes longer than most of them.
    """
    program = _programs() / name
    if not (_FOLDER / name).is_dir():
        return go_build(_FOLDER / f"{name}.go", program)
    go("build", "-o", program, *sorted((_FOLDER / name).glob("*.go")))
    return program


@cache
def _programs() -> Path:
    folder = tempfile.mkdtemp(prefix="patients-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@contextmanager
def running(program: Path, *arguments: str, **environment: str) -> Iterator[Patient]:
    """Have a service run that was built, with more in its environment."""
    call, known = [program, *arguments], os.environ | environment
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, env=known) as process:
        try:
            assert process.stdout is not None
            yield Patient(process.stdout.readline().strip())
        finally:
            process.kill()


@contextmanager
def patient(name: str = "patient", **environment: str) -> Iterator[Patient]:
    """Have the service of that name run, a new one."""
    with running(built(name), **environment) as service:
        yield service


@contextmanager
def loaded(service: Patient, clients: int) -> Iterator[None]:
    """Have clients ask again and again; begin once they have had answers: load that comes grows."""
    over = threading.Event()
    answered = threading.Semaphore(0)

    def ask() -> None:
        while not over.is_set():
            service.get("work")
            answered.release()

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2 * clients):
            assert answered.acquire(timeout=120)
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
