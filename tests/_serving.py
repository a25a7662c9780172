"""Real servers for tests: started as subprocesses on a free port, ended by their own process id."""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
START_WITHIN = 30.0
STOP_WITHIN = 5.0
UNDER_SNOWSHED = (sys.executable, "-m", "snowshed", "run")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    port: int
    log: Path

    def connect(self, timeout: float = 20.0) -> http.client.HTTPConnection:
        """A connection of one's own, kept alive between requests."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def get(self, path: str, **headers: str) -> Answer:
        """One request on a connection that is closed after it."""
        connection = self.connect()
        try:
            return ask(connection, "GET", path, headers={**headers, "connection": "close"})
        finally:
            connection.close()


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    connection.request(method, path, body=body, headers=dict(headers or {}))
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, names, response.read())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    command: Sequence[str], directory: Path, *, ready: str = "/", **variables: str
) -> Iterator[Server]:
    """Run ``command`` while the block runs; ``{port}`` in its words is a free port.

    It is started in ``directory``, where its log is written too, and in a session of its own, so
    that its workers can be ended with it.
    """
    port = free_port()
    log = directory / f"{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [word.format(port=port) for word in command],
            cwd=directory,
            # Servers leave things in the home folder too.
            env={**_environment(), "HOME": str(directory), "PORT": str(port), **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_the_tests,  # noqa: PLW1509 - the tests start servers in one thread
        )
    server = Server(port, log)
    try:
        _wait_until_ready(process, server, ready)
        yield server
    finally:
        _stop(process)


def _end_with_the_tests() -> None:
    """Have the system end the server when the tests are killed, where the system can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _environment() -> dict[str, str]:
    ours = {name: text for name, text in os.environ.items() if not name.startswith("SNOWSHED_")}
    # Commands of the environment that runs the tests come first: `gunicorn`, `fastapi`.
    return {**ours, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{ours.get('PATH', '')}"}


def _wait_until_ready(process: subprocess.Popen[bytes], server: Server, path: str) -> None:
    give_up = time.monotonic() + START_WITHIN
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise AssertionError(f"it ended with {process.returncode}:\n{server.log.read_text()}")
        try:
            if server.get(path).status == http.client.OK:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.05)
    raise AssertionError(f"it did not answer:\n{server.log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
