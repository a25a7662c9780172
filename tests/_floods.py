"""The example services, loaded by real clients and diagnosed by the real command.

A client that gets no answer hangs up after a moment and asks again, as browsers and balancers do:
so a route that never answers is loaded like any other.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FLOODS = Path(__file__).parents[1] / "examples" / "floods"
SEVERITIES = ("low", "medium", "high")
# What a test asks a route with a fault for at most, however slow the doctor is on a busy machine.
REQUESTS_AT_MOST = 400
PAUSE = 0.1
# Seconds that a diagnosis may take: one that never ends has to fail by itself.
TIMEOUT = 300


@dataclass(frozen=True, slots=True)
class Told:
    """What the doctor has told."""

    exit_code: int
    document: dict[str, Any]

    def above_low(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["findings"]
        return [each for each in found if each["severity"] != "low"]

    def of(self, detail: str) -> list[dict[str, Any]]:
        return [each for each in self.above_low() if each["detail"] == detail]

    def __str__(self) -> str:
        lines = [
            f"{each['severity']} {each['detail']} {each['count']} {each['state']} at "
            f"{each['function']} {each['file']}:{each['line']} {each['evidence']}"
            for each in self.document["findings"]
        ]
        return "\n".join([f"exit {self.exit_code}", *lines, *self.document["warnings"]])


def doctor(*arguments: str) -> Told:
    """Run `snowshed doctor` with ``arguments``, and 300 ms between its looks."""
    command = [sys.executable, "-m", "snowshed", "doctor", *arguments]
    done = subprocess.run(
        [*command, "--apart", "300ms", "--format", "json"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    assert done.stdout, done.stderr
    return Told(done.returncode, json.loads(done.stdout))


@contextmanager
def flooded(
    url: str, *, clients: int = 4, patience: float = 0.1, at_most: float = REQUESTS_AT_MOST
) -> Iterator[None]:
    """Have ``clients`` ask for ``url`` again and again; begin once each has asked twice."""
    over, asked = threading.Event(), count(1)
    enough = threading.Event()

    def ask() -> None:
        while not over.is_set():
            number = next(asked)
            if number > at_most:
                return
            get(url, patience)
            if number >= 2 * clients:
                enough.set()
            over.wait(PAUSE)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        assert enough.wait(TIMEOUT)
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def get(url: str, patience: float) -> int | None:
    """Return the status of the answer; None if there is none for so many seconds."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=patience)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return None
    else:
        return answer.status
    finally:
        connection.close()


def seen(ask: Callable[[], Told], *details: str, attempts: int = 4) -> Told:
    """Ask the doctor until it has told ``details`` above `low`; a busy machine floods slowly."""
    told = ask()
    while attempts > 1 and not all(map(told.of, details)):
        told, attempts = ask(), attempts - 1
    return told
