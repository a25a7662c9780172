"""Processes that show their debug pages, with tasks that were made up: for what asks them.

usage: python tests/_debugged.py NUMBER

As a program it has so many tasks that wait for a lock, says when it is ready, and ends with its
input.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _snapshots
from snowshed.integrations._debug import Access, Observed, Pages
from snowshed.observe._serve import _place
from snowshed.observe._serve._serve import Server

if TYPE_CHECKING:
    from snowshed.model import TaskSnapshot


@contextmanager
def place() -> Iterator[Path]:
    """A place for sockets; their paths may not be long."""
    before = os.environ.get(_place.VARIABLE)
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        os.environ[_place.VARIABLE] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ[_place.VARIABLE]
            else:
                os.environ[_place.VARIABLE] = before


@contextmanager
def serving(
    tasks: Iterable[TaskSnapshot],
    *,
    sources: Mapping[str, Any] | None = None,
    token: str | None = None,
) -> Iterator[Server]:
    """Have this process show ``tasks``, at its socket and at a port."""
    found = _snapshots.snapshot(tasks)
    pages = Pages(
        observed=Observed(snapshot=lambda: found),
        sources={name: (lambda value=value: value) for name, value in (sources or {}).items()},
        access=Access(token),
        mount="/debug",
    )
    server = Server(pages.answer, port=0)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def workers(*numbers: int) -> Iterator[list[int]]:
    """Start a process for each number, with so many tasks; yield their ids."""
    command = [sys.executable, __file__]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, str(number)],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
            for number in numbers
        ]
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == b"ready\n"
        yield [each.pid for each in started]


if __name__ == "__main__":
    with serving(_snapshots.task(each) for each in range(int(sys.argv[1]))):
        print("ready", flush=True)
        sys.stdin.read()
