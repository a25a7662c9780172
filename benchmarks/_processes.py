"""Processes that are measured from outside, and what that takes."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks._pythons import HOUSE

# What makes a command that begins with a Python one that snowshed looks at.
RUN = ("-m", "snowshed", "run", "--", sys.executable)
# CPU clocks of other processes are read as Linux numbers them.
CAN_MEASURE = sys.platform.startswith("linux")

Process = subprocess.Popen[bytes]


@contextmanager
def started(*arguments: str, talks: bool = False) -> Iterator[Process]:
    """Run Python with ``arguments``, and end it at the end.

    Args:
        arguments: of the interpreter.
        talks: whether lines are sent to it and come from it.
    """
    pipe = subprocess.PIPE if talks else None
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, cwd=HOUSE, stdin=pipe, stdout=pipe) as process:
        try:
            yield process
        finally:
            process.terminate()


def tell(process: Process, line: str) -> None:
    """Send a line to a process that talks."""
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())
    process.stdin.flush()


def hear(process: Process) -> str:
    """Return the next line of a process that talks.

    Raises:
        ChildProcessError: it has ended.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        msg = f"{process.args!r} has ended"
        raise ChildProcessError(msg)
    return line.decode().strip()


def cpu_of(process: Process) -> float:
    """Return the CPU seconds that a process has used."""
    # How Linux numbers the CPU clock of another process; see clock_getcpuclockid(3).
    return time.clock_gettime(~process.pid << 3 | 2)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(process: Process, port: int, patience: float) -> None:
    """Wait until the process listens, at most ``patience`` seconds.

    Raises:
        OSError: it does not.
    """
    give_up = time.monotonic() + patience
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > give_up or process.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            return


def arguments_of_uvicorn(app: str, *, port: int, loop: str, parser: str) -> Sequence[str]:
    """Return how to start uvicorn in a Python."""
    options = ("--port", str(port), "--loop", loop, "--http", parser, "--log-level", "warning")
    return ("-m", "uvicorn", app, "--no-access-log", *options)
