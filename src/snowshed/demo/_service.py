"""Starting the shop as a real service, and stopping it again.

The runs of a comparison differ in the words before ``python -m uvicorn`` or in one option at its
end, and in nothing else. Loop and protocol are named, so that a uvloop that happens to be installed
does not decide the figures.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHOP = Path(__file__).with_name("shop.py")
_START_WITHIN = 20.0
_STOP_WITHIN = 2.0
_LAST_WORDS = 20


class CouldNotRunError(Exception):
    """A process of the demo did not do its part; the message is one line, then its output."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running shop."""

    pid: int
    port: int
    log: Path
    gauges: Path


def service_command(port: int) -> tuple[str, ...]:
    """Return the command that starts the shop as it is."""
    return (
        *(sys.executable, "-m", "uvicorn", "--app-dir", str(SHOP.parent), f"{SHOP.stem}:app"),
        *("--host", "127.0.0.1", "--port", str(port), "--loop", "asyncio", "--http", "h11"),
        *("--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "2"),
    )


def guard(*options: str) -> tuple[str, ...]:
    """Return what to put before a command, so that it runs under snowshed with these options."""
    return (sys.executable, "-m", "snowshed", "run", "--mode", "enforce", *options, "--")


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(command: Sequence[str], port: int, directory: Path) -> Iterator[Service]:
    """Run the service while the block runs; its output and gauges go to files in ``directory``.

    It is started inside ``directory``, so that no configuration file of the user's decides what is
    measured, and in a session of its own, so that whatever it starts can be ended with it.

    Raises:
        CouldNotRunError: the service ended before it answered, or did not answer in time.
    """
    log, gauges = directory / "service.log", directory / "gauges.jsonl"
    gauges.touch()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=directory,
            env=_environment(gauges),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_open(process, port, log)
        yield Service(process.pid, port, log, gauges)
    finally:
        stop(process)


def last_words(log: Path) -> str:
    """Return the end of a log, indented."""
    lines = log.read_text(errors="replace").splitlines()[-_LAST_WORDS:]
    return "".join(f"\n    {line}" for line in lines) or " (it printed nothing)"


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end; if it has not after a grace, end it and all that it started."""
    process.terminate()
    try:
        process.wait(_STOP_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment(gauges: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SNOWSHED_")}
    return {**ours, "SHOP_GAUGES": str(gauges)}


def _wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    give_up = time.monotonic() + _START_WITHIN
    while time.monotonic() < give_up:
        if process.poll() is not None:
            msg = f"it ended with exit code {process.returncode}; its output:{last_words(log)}"
            raise CouldNotRunError(msg)
        if _is_open(port):
            return
        time.sleep(0.05)
    msg = f"it did not answer within {_START_WITHIN:.0f} s; its output:{last_words(log)}"
    raise CouldNotRunError(msg)


def _is_open(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
