"""The thread answers over a file and a port, whatever the loop and the callers do."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import logging
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from snowshed.observe._serve import _place, _serve
from snowshed.observe._serve._exchange import Request, Response, plain
from snowshed.observe._serve._serve import Server

pytestmark = pytest.mark.allow_task_leaks(reason="the fixture stops the servers")

Make = Callable[..., Server]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        monkeypatch.setenv(_place.VARIABLE, folder)
        yield Path(folder)


@pytest.fixture
def serving(place: Path) -> Iterator[Make]:
    made = []

    def make(answer: Callable[[Request], Response] | None = None, **options: object) -> Server:
        options.setdefault("port", 0)
        server = Server(answer or show, **options)  # type: ignore[arg-type]
        made.append(server)
        server.start()
        return server

    yield make
    for server in made:
        server.stop()


def show(request: Request) -> Response:
    private = " private" if request.private else ""
    return plain(200, f"{request.method} {request.path}?{request.query} {request.peer}{private}")


class OverSocket(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str | Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def over_port(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)


def ask(
    connection: http.client.HTTPConnection, target: str = "/", method: str = "GET", **headers: str
) -> tuple[int, str]:
    try:
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def raw(server: Server, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port or 0), 10) as caller:
        caller.sendall(sent)
        return b"".join(iter(lambda: caller.recv(4096), b""))


def test_it_answers_over_a_file_and_over_a_port(serving: Make, place: Path) -> None:
    server = serving()
    path = place / f"{os.getpid()}.sock"
    assert server.addresses() == (str(path), f"http://127.0.0.1:{server.port}")
    assert ask(OverSocket(path), "/a%20b?x=1") == (200, "GET /a b?x=1 unix private\n")
    assert ask(over_port(server), "/a") == (200, "GET /a? 127.0.0.1\n")
    assert _place.sockets() == [(os.getpid(), path)]
    wait_until(lambda: server.statistics().answered == 2)
    assert repr(server) == f"<snowshed debug server at {path}, http://127.0.0.1:{server.port}>"


def test_it_is_found_no_more_when_it_has_stopped(serving: Make, place: Path) -> None:
    server = serving()
    port = server.port
    server.stop()
    assert not [*place.iterdir()]
    assert server.addresses() == ()
    assert server.port is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0))
    server.stop()
    server.start()
    assert ask(OverSocket(server.addresses()[0]))[0] == 200


def test_starting_twice_starts_once(serving: Make) -> None:
    server = serving()
    before = server.addresses()
    server.start()
    assert server.addresses() == before


def test_the_port_may_be_taken_later(serving: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "snowshed.debug")
    server = Server(show, port=0)
    server.start(with_port=False)
    try:
        [path] = server.addresses()
        assert ask(OverSocket(path))[0] == 200
        assert server.port is None
        server.start()
        server.start(with_port=False)
        assert server.addresses() == (path, f"http://127.0.0.1:{server.port}")
        assert ask(over_port(server))[0] == 200
        assert ask(OverSocket(path))[0] == 200
    finally:
        server.stop()
    assert [message.partition(" at ")[0] for message in caplog.messages] == [
        "debug pages are served"
    ] * 2


def test_it_answers_while_the_loop_is_blocked(serving: Make) -> None:
    server = serving()

    async def main() -> tuple[int, str]:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(ask, over_port(server)).result(10)  # the loop stands still here

    assert asyncio.run(main())[0] == 200


def test_head_has_no_body_and_other_methods_are_refused(serving: Make) -> None:
    server = serving()
    connection = over_port(server)
    connection.request("HEAD", "/")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    assert response.getheader("content-length") == "18"
    connection.close()
    connection = over_port(server)
    connection.request("POST", "/", body=b"x" * 60_000)
    response = connection.getresponse()
    assert (response.status, response.getheader("allow")) == (405, "GET, HEAD")
    connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET http://other/ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\na: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\na: " + b"x" * 20_000, 431),
        (b"GET / HTTP/1.1\r\nhost: evil.example.com\r\n\r\n", 403),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
    ],
)
def test_what_it_does_not_answer_is_refused_in_a_word(
    serving: Make, sent: bytes, status: int
) -> None:
    assert int(raw(serving(), sent).split(b" ")[1]) == status


def test_a_host_beyond_loopback_answers_to_any_name(serving: Make) -> None:
    server = serving(host="0.0.0.0")
    assert ask(over_port(server), Host="shop.example.com")[0] == 200


def test_another_user_is_refused(serving: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serving()
    monkeypatch.setattr(_serve, "is_of_this_user", lambda connection: False)
    assert ask(OverSocket(server.addresses()[0])) == (403, "only for the user of this process\n")
    assert ask(over_port(server))[0] == 200


def test_an_answer_that_fails_is_a_500_and_logged_once(
    serving: Make, caplog: pytest.LogCaptureFixture
) -> None:
    server = serving(lambda request: plain(200, str(1 // 0)))
    for _ in range(2):
        assert ask(over_port(server), "/x") == (
            500,
            "ZeroDivisionError: integer division or modulo by zero\n",
        )
    assert [record.getMessage() for record in caplog.records] == ["the debug page /x failed"]


def test_who_says_nothing_is_dropped(serving: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serve, "HEAD_WITHIN", 0.05)
    server = serving()
    assert raw(server, b"") == b""
    wait_until(lambda: server.statistics().dropped == 1)


def test_a_byte_now_and_then_gains_no_time(serving: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serve, "HEAD_WITHIN", 0.1)
    server = serving()
    with socket.create_connection(("127.0.0.1", server.port or 0), 10) as caller:
        drip_until_refused(caller)
    wait_until(lambda: server.statistics().dropped == 1)


def drip_until_refused(caller: socket.socket) -> None:
    pause = threading.Event()
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        for _ in range(500):
            pause.wait(0.01)
            caller.sendall(b"x")
        pytest.fail("it is still listened to")


def test_who_leaves_before_asking_is_counted(serving: Make) -> None:
    server = serving()
    socket.create_connection(("127.0.0.1", server.port or 0)).close()
    assert ask(over_port(server))[0] == 200  # served by the thread after
    wait_until(lambda: server.statistics().dropped == 1)


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("it did not come to that")


def test_a_hundred_at_once_are_served_sixteen_at_a_time(
    serving: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_serve, "PLACE_WITHIN", 10.0)  # the machine may be busy
    running, peak, lock = 0, 0, threading.Lock()
    full = threading.Event()

    def answer(request: Request) -> Response:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
            if running == _serve.AT_ONCE:
                full.set()
        full.wait(10)
        with lock:
            running -= 1
        return plain(200, "x")

    server = serving(answer)
    with ThreadPoolExecutor(100) as pool:
        found = [*pool.map(lambda _: ask(over_port(server))[0], range(100))]
    assert found == [200] * 100
    assert peak == _serve.AT_ONCE


def test_who_gets_no_place_is_sent_away(serving: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serve, "AT_ONCE", 1)
    monkeypatch.setattr(_serve, "PLACE_WITHIN", 0.01)
    entered, leave = threading.Event(), threading.Event()

    def answer(request: Request) -> Response:
        entered.set()
        leave.wait(10)
        return plain(200, "x")

    server = serving(answer)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, over_port(server))
        assert entered.wait(10)
        assert server.statistics().open == 1
        assert ask(over_port(server)) == (503, "busy; ask again\n")
        leave.set()
        assert first.result()[0] == 200
    assert server.statistics().refused == 1


def test_the_second_process_does_without_the_port(
    serving: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "snowshed.debug")
    first = serving()
    second = serving(port=first.port, unix=False)
    assert second.addresses() == ()
    assert caplog.messages[-1] == (
        f"port {first.port} is taken: this process serves no debug pages there"
    )
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_what_cannot_be_listened_on_is_one_line_in_the_log(
    serving: Make, place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(_place.VARIABLE, "relative")
    server = serving(port=70_000)
    server.start()
    assert server.addresses() == ()
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "the debug pages are not served at a Unix socket",
        "the debug pages are not served at port 70000",
    ]
    server.stop()


FORK = """
import http.client, os, sys, threading
threads = []
os.register_at_fork(before=lambda: threads.append(threading.active_count()))  # the last to run
sys.path.insert(0, {tests!r})
from snowshed.observe._serve import _place
from snowshed.observe._serve._exchange import plain
from snowshed.observe._serve._serve import Server
from test_serve import OverSocket, ask, over_port

server = Server(lambda request: plain(200, str(os.getpid())), port=0)
server.start()
port, (own, _) = server.port, server.addresses()
child = os.fork()
if child == 0:
    assert (server.addresses(), threading.active_count()) == ((), 1)
    server.start()
    path, = server.addresses()[:1]
    assert path == str(_place.socket_of(os.getpid())) != own
    assert server.port != port
    assert ask(OverSocket(path)) == (200, f"{{os.getpid()}}\\n")
    sys.exit(0)
assert threads == [1]
assert os.waitpid(child, 0)[1] == 0
assert ask(OverSocket(own)) == (200, f"{{os.getpid()}}\\n")
assert ask(over_port(server)) == (200, f"{{os.getpid()}}\\n")
assert _place.sockets() == [(os.getpid(), _place.socket_of(os.getpid()))]
if os.fork() == 0:
    sys.exit(0)  # a child that never serves removes nothing of its parent's
os.wait()
assert ask(OverSocket(own))[0] == 200
"""


def test_a_forked_child_has_its_own_and_leaves_that_of_its_parent(place: Path) -> None:
    program = FORK.format(tests=str(Path(__file__).parent))
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)
    assert not [*place.iterdir()], "removed at exit"


FORK_WITH_THE_PORT = """
import os
from snowshed.observe._serve._exchange import plain
from snowshed.observe._serve._serve import Server

first = Server(lambda request: plain(200, "x"), port=0)
first.start()
port = first.port
told, tell = os.pipe()
wait, let_go = os.pipe()
if os.fork() == 0:
    os.write(tell, b"x")
    os.read(wait, 1)
    os._exit(0)
os.read(told, 1)  # the child runs
first.stop()
second = Server(lambda request: plain(200, "x"), port=port, unix=False)
second.start()
assert second.port == port, "the child holds the port"
os.write(let_go, b"x")
os.wait()
"""


def test_a_forked_child_does_not_hold_the_port(place: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORK_WITH_THE_PORT]
    subprocess.run(command, check=True, timeout=60)
