"""Under `snowshed run` each process with a loop serves its pages beside it, also when stuck."""

from __future__ import annotations

import http.client
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import _needs
import _serving
from snowshed.observe._serve import _place

pytestmark = pytest.mark.server

APP = """
import os
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def who() -> int:
    return os.getpid()


@app.get("/stuck")
async def stuck() -> None:
    while not os.path.exists("go-on"):
        time.sleep(0.01)  # blocks the loop
"""


DUMP = "/debug/pprof/goroutine?debug=2"
SERVES = b"uvicorn.server.Server.main_loop(...)"


class OverSocket(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path: Path, target: str) -> _serving.Answer:
    connection = OverSocket(path)
    try:
        return _serving.ask(connection, "GET", target)
    finally:
        connection.close()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        monkeypatch.setenv(_place.VARIABLE, folder)
        yield Path(folder)


SERVERS = {
    "uvicorn spawns": ["uvicorn", "app:app", "--port", "{port}", "--workers", "2"],
    "gunicorn forks": [
        *("gunicorn", "app:app", "-w", "2", "-b", "127.0.0.1:{port}"),
        *("-k", "uvicorn.workers.UvicornWorker"),
    ],
}


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS)
def test_each_worker_has_its_own_socket_and_one_the_port(
    command: list[str], tmp_path: Path, place: Path
) -> None:
    _needs.module(command[0])
    (tmp_path / "app.py").write_text(APP)
    port = _serving.free_port()
    ours = [*_serving.UNDER_SNOWSHED, "--debug-port", str(port), "--", *command]
    with _serving.serving(ours, tmp_path, **{_place.VARIABLE: str(place)}) as running:
        for worker in workers_of(running):
            assert SERVES in ask(_place.socket_of(worker), DUMP).body
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        assert SERVES in _serving.ask(connection, "GET", DUMP).body
        connection.close()


def workers_of(running: _serving.Server) -> set[int]:
    """Return the process ids of both workers."""
    pause, found = threading.Event(), set()
    for _ in range(400):
        found.add(int(running.get("/").body))
        if len(found) == 2:
            return found
        pause.wait(0.02)
    pytest.fail(f"only {found} answer")


def test_a_process_whose_loop_is_stuck_says_where(tmp_path: Path, place: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    command = [*_serving.UNDER_SNOWSHED, "--", "uvicorn", "app:app", "--port", "{port}"]
    with _serving.serving(command, tmp_path, **{_place.VARIABLE: str(place)}) as running:
        [(_, path)] = _place.sockets()
        connection = running.connect()
        connection.request("GET", "/stuck")
        dump = wait_for_stuck(path)
        assert 'request: "GET /stuck"' in dump
        line = APP.partition("# blocks the loop")[0].count("\n") + 1
        assert f"\t{tmp_path / 'app.py'}:{line}\n" in dump
        (tmp_path / "go-on").touch()
        assert connection.getresponse().status == 200
        connection.close()


def wait_for_stuck(path: Path) -> str:
    pause = threading.Event()
    for _ in range(100):
        dump = ask(path, DUMP).body.decode()
        if "app.stuck(...)" in dump:
            return dump
        pause.wait(0.05)
    pytest.fail(dump)
