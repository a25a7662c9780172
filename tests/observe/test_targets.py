"""Where profiles go: real files and real servers, on this machine."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from snowshed.observe._settings import Settings
from snowshed.observe._targets import Directory, Server, target_of
from snowshed.observe._upload import NotSent, Packet, Uploader

BODY = b"\x1f\x8b a profile"


def packet(kind: str = "wall", ended: float = 1_700_000_015.25, body: bytes = BODY) -> Packet:
    return Packet(kind, body, ended - 15, ended)


class TestDirectory:
    def test_each_profile_is_a_file_that_only_this_user_can_read(self, tmp_path: Path) -> None:
        place = tmp_path / "a" / "profiles"
        target = Directory(place, keep_files=10, keep_bytes=1000)
        target.send(packet())
        target.send(packet("block"))
        target.rest()
        first, second = sorted(place.iterdir(), key=lambda file: file.name)
        assert first.read_bytes() == second.read_bytes() == BODY
        assert first.name == f"snowshed-20231114T221335.250-{os.getpid()}-1-wall.pb.gz"
        assert second.name.endswith("-2-block.pb.gz")
        assert stat.S_IMODE(first.stat().st_mode) == 0o600
        assert stat.S_IMODE(place.stat().st_mode) == 0o700

    def test_the_newest_files_are_kept_and_those_of_others_left_alone(self, tmp_path: Path) -> None:
        others = [tmp_path / "snowshed-notes.txt", tmp_path / "heap.pb.gz"]
        for other in others:
            other.write_bytes(b"x")
        target = Directory(tmp_path, keep_files=3, keep_bytes=1000)
        for number in range(6):
            target.send(packet(ended=1_700_000_000.0 + number))
        names = sorted(file.name for file in tmp_path.iterdir() if file not in others)
        assert [name[22:24] for name in names] == ["23", "24", "25"]
        assert all(other.exists() for other in others)

    def test_so_are_those_that_fit_into_the_bytes_and_the_newest_always(
        self, tmp_path: Path
    ) -> None:
        target = Directory(tmp_path, keep_files=100, keep_bytes=250)
        for number in range(5):
            target.send(packet(ended=1_700_000_000.0 + number, body=bytes(100)))
        assert len([*tmp_path.iterdir()]) == 2
        target.send(packet(ended=1_700_000_009.0, body=bytes(1000)))
        [only] = tmp_path.iterdir()
        assert only.stat().st_size == 1000

    def test_half_a_file_is_never_seen_and_removed_when_it_was_left_behind(
        self, tmp_path: Path
    ) -> None:
        name = "snowshed-20231114T221335.250-4711-1-wall.pb.gz"
        old, new, other = (tmp_path / f for f in (f".{name}.tmp", f".{name[:-8]}x.tmp", ".a.tmp"))
        fresh = tmp_path / f".{name.replace('4711', '4712')}.tmp"
        for file in (old, new, other, fresh):
            file.write_bytes(b"half")
        for file in (old, new, other):
            os.utime(file, (time.time() - 3600,) * 2)
        Directory(tmp_path, keep_files=10, keep_bytes=1000).send(packet())
        assert not old.exists()
        assert new.exists()
        assert other.exists()
        assert fresh.exists()

    def test_a_place_that_cannot_be_used_is_an_error_that_may_pass(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        target = Directory(tmp_path / "file" / "x", keep_files=1, keep_bytes=1)
        with pytest.raises(NotSent, match=f"^{tmp_path}/file/x: Not a directory$") as caught:
            target.send(packet())
        assert not caught.value.final

    def test_a_disk_that_is_full_leaves_no_half_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(NotSent, match="No space left"):
            Directory(tmp_path, keep_files=1, keep_bytes=1).send(packet())
        assert [*tmp_path.iterdir()] == []

    def test_a_relative_place_stays_where_it_was_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        target = Directory(Path("profiles"), keep_files=1, keep_bytes=1)
        monkeypatch.chdir("/")
        target.send(packet())
        assert len([*(tmp_path / "profiles").iterdir()]) == 1
        assert str(target) == str(tmp_path / "profiles")


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


class TestServer:
    def test_a_profile_is_the_body_of_a_post(self, receiver: Receiver) -> None:
        target = Server(f"{receiver.url}/profiles?team=shop", headers=["X-Scope-OrgID: team"])
        target.send(packet())
        target.rest()
        [(path, headers, body)] = receiver.got
        assert (path, body) == ("/profiles?team=shop", BODY)
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["X-Scope-OrgID"] == "team"
        assert headers["User-Agent"] == "snowshed"

    def test_a_batch_takes_one_connection(self, receiver: Receiver) -> None:
        uploader = Uploader(Server(receiver.url))
        for _ in range(3):
            uploader.submit(packet)
        uploader.step(0.0)
        assert len(receiver.got) == 3
        assert receiver.connections == 1
        uploader.submit(packet)
        uploader.step(0.0)
        assert receiver.connections == 2

    def test_user_and_password_are_basic_authentication(self, receiver: Receiver) -> None:
        url = receiver.url.replace("127", "ann:s3%40ret@127")
        target = Server(url)
        target.send(packet())
        target.rest()
        [(_, headers, _)] = receiver.got
        assert base64.b64decode(headers["Authorization"].split()[1]) == b"ann:s3@ret"
        assert str(target) == receiver.url

    def test_pyroscope_is_told_service_time_and_format(self, receiver: Receiver) -> None:
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

    def test_what_the_url_says_to_pyroscope_counts(self, receiver: Receiver) -> None:
        target = Server(f"{receiver.url}/ingest?name=shop%7Benv%3Dprod%7D", service="x")
        target.send(packet())
        target.rest()
        assert parse_qs(urlsplit(receiver.got[0][0]).query)["name"] == ["shop{env=prod}"]

    def test_pyroscope_is_told_that_a_block_profile_is_none_of_mutexes(
        self, receiver: Receiver
    ) -> None:
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
        self, receiver: Receiver, status: int, final: bool
    ) -> None:
        receiver.status = status
        receiver.headers = {"Retry-After": "120"}
        target = Server(f"{receiver.url}/a?token=s3cret")
        with pytest.raises(NotSent, match=rf"^{receiver.url}/a answered {status}$") as caught:
            target.send(packet())
        target.rest()
        assert caught.value.final is final
        assert caught.value.after == 120.0

    def test_a_long_answer_is_not_read_to_the_end(self, receiver: Receiver) -> None:
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

    def test_nobody_there_may_pass(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            target = Server(f"http://ann:s3cret@127.0.0.1:{port}/?token=s3cret")
            with pytest.raises(NotSent, match="ConnectionRefusedError") as caught:
                target.send(packet())
        assert not caught.value.final
        assert "s3cret" not in str(caught.value)

    def test_a_server_that_says_nothing_is_left_after_a_while(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            target = Server(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
            with pytest.raises(NotSent, match="TimeoutError"):
                target.send(packet())

    def test_what_is_no_http_is_an_error(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"SSH-2.0-OpenSSH\r\n")

            thread = threading.Thread(target=answer)
            thread.start()
            target = Server(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=10)
            with pytest.raises(NotSent, match="BadStatusLine"):
                target.send(packet())
            thread.join()

    def test_https_is_checked_against_the_certificates_that_were_given(
        self, receiver: Receiver, tmp_path: Path
    ) -> None:
        import ssl

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


def test_the_settings_tell_where(tmp_path: Path) -> None:
    assert target_of(Settings(), "shop") is None
    assert isinstance(target_of(Settings(profiles_to=str(tmp_path)), "shop"), Directory)
    target = target_of(Settings(profiles_to="http://host/ingest"), "shop")
    assert str(target) == "http://host/ingest"
    with pytest.raises(OSError, match="No such file"):
        target_of(Settings(profiles_to="https://host", profiles_cafile="/no/such.pem"), "shop")
