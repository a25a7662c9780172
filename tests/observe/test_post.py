"""Sending profiles by HTTP: real servers, on this machine."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from snowshed.observe._upload._post import Server
from snowshed.observe._upload._upload import NotSent, Packet, Uploader

BODY = b"\x1f\x8b a profile"


def packet(kind: str = "wall", ended: float = 1_700_000_015.25, body: bytes = BODY) -> Packet:
    return Packet(kind, body, ended - 15, ended)


class Receiver(ThreadingHTTPServer):
    """Takes profiles, and answers as it was told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A client that does not trust the certificate is part of a test."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_profile_is_the_body_of_a_post(receiver: Receiver) -> None:
    target = Server(f"{receiver.url}/profiles?team=shop", headers=["X-Scope-OrgID: team"])
    target.send(packet())
    target.rest()
    [(path, headers, body)] = receiver.got
    assert (path, body) == ("/profiles?team=shop", BODY)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Scope-OrgID"] == "team"
    assert headers["User-Agent"] == "snowshed"


def test_a_batch_takes_one_connection(receiver: Receiver) -> None:
    uploader = Uploader(Server(receiver.url))
    for _ in range(3):
        uploader.submit(packet)
    uploader.step(0.0)
    assert len(receiver.got) == 3
    assert receiver.connections == 1
    uploader.submit(packet)
    uploader.step(0.0)
    assert receiver.connections == 2


def test_user_and_password_are_basic_authentication(receiver: Receiver) -> None:
    url = receiver.url.replace("127", "ann:s3%40ret@127")
    target = Server(url)
    target.send(packet())
    target.rest()
    [(_, headers, _)] = receiver.got
    assert base64.b64decode(headers["Authorization"].split()[1]) == b"ann:s3@ret"
    assert str(target) == receiver.url


def test_pyroscope_is_told_service_time_and_format(receiver: Receiver) -> None:
    target = Server(f"{receiver.url}/ingest", service="shop")
    target.send(packet())
    target.rest()
    [(path, _, body)] = receiver.got
    assert urlsplit(path).path == "/ingest"
    assert parse_qs(urlsplit(path).query) == {
        "name": ["shop"],
        "spyName": ["snowshed"],
        "from": ["1700000000"],
        "until": ["1700000015"],
        "format": ["pprof"],
    }
    assert body == BODY


def test_what_the_url_says_to_pyroscope_counts(receiver: Receiver) -> None:
    target = Server(f"{receiver.url}/ingest?name=shop%7Benv%3Dprod%7D", service="x")
    target.send(packet())
    target.rest()
    assert parse_qs(urlsplit(receiver.got[0][0]).query)["name"] == ["shop{env=prod}"]


def test_pyroscope_is_told_that_a_block_profile_is_none_of_mutexes(receiver: Receiver) -> None:
    body = b"\x1f\x8b\r\n--snowshed\r\n"
    target = Server(f"{receiver.url}/ingest")
    target.send(packet("block", body=body))
    target.rest()
    [(path, headers, form)] = receiver.got
    assert "format" not in parse_qs(urlsplit(path).query)
    head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + form, policy=email.policy.HTTP)
    parts = {
        part["Content-Disposition"].params["name"]: part.get_payload(decode=True)
        for part in message.iter_parts()
    }
    assert parts.keys() == {"profile", "sample_type_config"}
    assert b"\r\n\r\n" + body + b"\r\n--" in form
    names = {v["display-name"] for v in json.loads(parts["sample_type_config"]).values()}
    assert names == {"block_count", "block_duration"}


@pytest.mark.parametrize(
    ("status", "final"),
    [
        (301, True),
        (400, True),
        (401, True),
        (413, True),
        (408, False),
        (429, False),
        (503, False),
    ],
)
def test_an_answer_tells_whether_to_come_again(
    receiver: Receiver, status: int, final: bool
) -> None:
    receiver.status = status
    receiver.headers = {"Retry-After": "120"}
    target = Server(f"{receiver.url}/a?token=s3cret")
    with pytest.raises(NotSent, match=rf"^{receiver.url}/a answered {status}$") as caught:
        target.send(packet())
    target.rest()
    assert caught.value.final is final
    assert caught.value.after == 120.0


def test_a_long_answer_is_not_read_to_the_end(receiver: Receiver) -> None:
    receiver.body = bytes(100_000)
    target = Server(receiver.url)
    target.send(packet())
    assert target._connection is None
    receiver.headers = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
    receiver.status = 503
    with pytest.raises(NotSent) as caught:
        target.send(packet())
    assert caught.value.after is None
    target.rest()


def test_nobody_there_may_pass() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        target = Server(f"http://ann:s3cret@127.0.0.1:{port}/?token=s3cret")
        with pytest.raises(NotSent, match="ConnectionRefusedError") as caught:
            target.send(packet())
    assert not caught.value.final
    assert "s3cret" not in str(caught.value)


def test_a_server_that_says_nothing_is_left_after_a_while() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = Server(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
        with pytest.raises(NotSent, match="TimeoutError"):
            target.send(packet())


@contextmanager
def answering(answer: Callable[[socket.socket, bytes], object]) -> Iterator[str]:
    """Serve one connection: ``answer`` is called with it and what came over it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                came = b""
                while not came.endswith(BODY):  # closing before that would be a reset
                    came += connection.recv(65536)
                answer(connection, came)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_what_is_no_http_is_an_error_that_does_not_repeat_it() -> None:
    """It may be an echo, with all headers."""
    with answering(lambda connection, came: connection.sendall(b"\x1b[31m" + came)) as url:
        target = Server(url, headers=["X-Token: s3cret"], timeout=10)
        with pytest.raises(NotSent) as caught:
            target.send(packet())
    assert str(caught.value) == f"{url}: BadStatusLine: the answer is no HTTP"
    assert not caught.value.final


def test_who_hangs_up_without_an_answer_is_told_of_as_such() -> None:
    remote = pytest.raises(NotSent, match="RemoteDisconnected: Remote end closed")
    with answering(lambda connection, _: None) as url, remote as caught:
        Server(url, timeout=10).send(packet())
    assert not caught.value.final


@pytest.mark.parametrize("bit", [b"X", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_an_answer_that_comes_bit_by_bit_and_never_ends_is_left_after_a_while(bit: bytes) -> None:
    """Each read is quick; it is all of them that may not take longer."""
    over, ended = threading.Event(), threading.Event()

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        for _ in range(1000):  # or this test would, without what it is for
            connection.sendall(bit)
            if over.wait(0.01):
                return
        ended.set()

    with answering(answer) as url:
        with pytest.raises(NotSent, match="TimeoutError"):
            Server(url, timeout=0.1).send(packet())
        assert not ended.is_set()
        over.set()


def test_each_answer_has_all_of_the_time(receiver: Receiver) -> None:
    target = Server(receiver.url, timeout=9.0)
    target.send(packet())
    assert target._connection is not None
    assert target._connection.sock.gettimeout() < 9.0
    assert target._connected().sock.gettimeout() == 9.0
    target.rest()


def test_a_profile_has_arrived_when_the_status_says_so_whatever_follows() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with answering(lambda connection, _: connection.sendall(head + b"no\r\n")) as url:
        target = Server(url, timeout=10)
        target.send(packet())
        assert target._connection is None


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://ann:s3cret@new.example/ingest?token=s3cret", "https://new.example/ingest"),
        ("/new", "/new"),
        ("https://new.example/" + "x" * 500, "https://new.example/xxx"),
        ("ftp://new.example/", ""),
        ("https://new example/\x1b", ""),
        ("", ""),
    ],
)
def test_a_redirection_is_not_followed_but_told_of(
    receiver: Receiver, location: str, told: str
) -> None:
    receiver.status = 308
    receiver.headers = {"Location": location}
    target = Server(f"{receiver.url}/a", headers=["X-Token: s3cret"])
    with pytest.raises(NotSent) as caught:
        target.send(packet())
    target.rest()
    said = str(caught.value)
    begin = f"{receiver.url}/a answered 308"
    if told:
        where = f"{receiver.url}{told}" if told.startswith("/") else told
        assert said.startswith(f"{begin}; it is at {where}")
    else:
        assert said == begin
    assert "s3cret" not in said
    assert len(said) < 350
    assert len(receiver.got) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_lets_go_of_the_connection_and_the_parent_keeps_it(receiver: Receiver) -> None:
    target = Server(receiver.url)
    target.send(packet())
    assert target._connection is not None
    handle = target._connection.sock.fileno()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # there is the receiver's thread
        child = os.fork()
    if child == 0:
        code = 1
        try:
            target.after_fork()
            os.fstat(handle)
        except OSError:
            code = 0 if target._connection is None else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    target.send(packet())
    target.rest()
    assert (len(receiver.got), receiver.connections) == (2, 1)


def test_https_is_checked_against_the_certificates_that_were_given(
    receiver: Receiver, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("needs openssl")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    url = receiver.url.replace("http:", "https:")
    target = Server(url, cafile=str(certificate))
    target.send(packet())
    target.rest()
    assert receiver.got[0][2] == BODY
    with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
        Server(url).send(packet())
