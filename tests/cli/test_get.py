"""One question over HTTP to servers of every kind: an answer, or one line, and both in time."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import _needs
from cli._servers import certificate, hear, page, saying, server
from snowshed.cli import _get
from snowshed.cli._access import Access
from snowshed.cli._ask import CannotAsk, Question, at_url
from snowshed.cli._why import CutOff

PROFILE = Question("pprof/goroutine")
IN_TIME = 30.0


def ask(
    url: str,
    *,
    timeout: float = IN_TIME,
    cacert: str | None = None,
    headers: tuple[str, ...] = (),
) -> bytes:
    return at_url(url, Access(timeout, None, headers, cacert)).ask(PROFILE)


def why(url: str, *, timeout: float = IN_TIME, cacert: str | None = None) -> str:
    with pytest.raises(CannotAsk) as error:
        ask(url, timeout=timeout, cacert=cacert)
    line = str(error.value)
    assert line.startswith(f"{url}: ")
    assert line.isprintable()
    return line.removeprefix(f"{url}: ")


class TestInTime:
    """The time is that of the whole answer, and the server has all of it to do its worst."""

    @pytest.mark.parametrize(
        ("first", "each"),
        [
            (b"", b"H"),
            (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
            (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", b"x"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"0"),
        ],
    )
    def test_bytes_that_trickle_do_not_keep_us(self, first: bytes, each: bytes) -> None:
        # Each byte comes well within the time, and they go on for ever.
        gone = threading.Event()

        def trickle(connection: socket.socket) -> None:
            try:
                connection.sendall(first)
                while True:
                    connection.sendall(each)
                    time.sleep(0.02)
            finally:
                gone.set()

        began = time.monotonic()
        with server(trickle) as url:
            told = why(url, timeout=0.5)
            assert gone.wait(IN_TIME)
        assert "within 0.5 s" in told
        assert told.endswith("--timeout waits for longer")
        assert time.monotonic() - began < IN_TIME

    def test_how_much_has_come_is_told(self) -> None:
        def stops(connection: socket.socket) -> None:
            hear(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n" + b"x" * 1234)
            connection.recv(1)

        with server(stops) as url:
            assert why(url, timeout=0.5).startswith(
                "no whole answer within 0.5 s, 1,234 bytes of it; is it stopped, or starved?"
            )

    def test_one_that_never_agrees_on_tls(self) -> None:
        with server(lambda connection: connection.recv(100_000) and connection.recv(1)) as url:
            told = why(url.replace("http:", "https:"), timeout=0.5)
        assert told == "no https was agreed on within 0.5 s; does it speak http?"

    def test_a_name_that_takes_for_ever_to_look_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looked_up = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: looked_up.wait(IN_TIME))
        try:
            assert "no answer within 0.2 s" in why("http://shop.example", timeout=0.2)
        finally:
            looked_up.set()


class TestInBytes:
    def test_an_answer_without_end_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_get, "ANSWER_AT_MOST", 1 << 20)

        def pour(connection: socket.socket) -> None:
            hear(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(bytes(1 << 16))

        with server(pour) as url:
            assert why(url) == "the answer has more than 1 MB"

    def test_a_small_answer_that_grows_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_get, "ANSWER_AT_MOST", 1 << 20)
        bomb = page(gzip.compress(bytes(2 << 20)), "200 OK", "content-encoding: gzip")
        with saying(bomb) as url:
            assert why(url) == "the answer has more than 1 MB"

    def test_of_an_error_the_beginning_is_read(self) -> None:
        with saying(b"HTTP/1.1 500 x\r\n\r\nno room\n" + b"x" * 1_000_000) as url:
            assert why(url) == "no room"


class TestEncodings:
    @pytest.mark.parametrize("name", ["gzip", "x-gzip", "GZIP"])
    def test_what_is_compressed_on_the_way_is_given_as_it_was(self, name: str) -> None:
        with saying(page(gzip.compress(b"dump"), "200 OK", f"content-encoding: {name}")) as url:
            assert ask(url) == b"dump"

    def test_what_is_encoded_otherwise_is_said_to_be(self) -> None:
        with saying(page(b"dump", "200 OK", "content-encoding: br")) as url:
            assert why(url) == "the answer is encoded as 'br', which was not asked for"

    def test_pieces_are_put_together(self) -> None:
        head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        with saying(head + b"2\r\ndu\r\n2;x=y\r\nmp\r\n0\r\n\r\n") as url:
            assert ask(url) == b"dump"


class TestCutOff:
    @pytest.mark.parametrize(
        ("answer", "came", "told"),
        [
            (b"content-length: 9\r\n\r\ndump", b"dump", "after 4 bytes: 5 more are missing"),
            (b"content-length: 9\r\n\r\n", b"", "after 0 bytes: 9 more are missing"),
            (
                b"transfer-encoding: chunked\r\n\r\n4\r\ndump\r\n",
                b"dump",
                "after 4 bytes: the rest is missing",
            ),
            (
                b"transfer-encoding: chunked\r\n\r\n2\r\ndu\r\n9\r\nmp",
                b"dump",
                "after 4 bytes: the rest is missing",
            ),
            (
                b"transfer-encoding: chunked\r\n\r\n4\r\ndump\r\nno number\r\n",
                b"dump",
                "after 4 bytes: the rest is missing",
            ),
            (
                b"content-encoding: gzip\r\n\r\n" + gzip.compress(b"dump")[:-3],
                b"dump",
                "after 4 bytes: byte 21 of the gzip data: it ends there, too early",
            ),
        ],
    )
    def test_what_came_is_kept_and_what_did_not_is_told(
        self, answer: bytes, came: bytes, told: str
    ) -> None:
        with saying(b"HTTP/1.1 200 OK\r\n" + answer) as url, pytest.raises(CutOff) as error:
            ask(url)
        assert str(error.value) == f"{url}: the answer was cut off {told}"
        assert error.value.body == came

    def test_a_connection_that_breaks_is_an_end_too(self) -> None:
        def breaks(connection: socket.socket) -> None:
            hear(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n" + b"x" * 70_000)
            # Who closes with this answers with a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, *[0] * 7]))

        with server(breaks) as url, pytest.raises(CannotAsk) as error:
            ask(url)
        assert "missing" in str(error.value) or "closed the connection" in str(error.value)


class TestWrongPort:
    @pytest.mark.parametrize(
        ("greeting", "told"),
        [
            (b"SSH-2.0-OpenSSH_9.6\r\n", "is no HTTP server, but an SSH server ('SSH-2.0-OpenSSH"),
            (b"220 mail ready\r\n", "but a mail or FTP server ('220 mail ready'): is the port"),
            (b"-ERR unknown command 'GET'\r\n", 'but Redis or the like ("-ERR unknown command'),
            (b"J\0\0\0\n8.0.36\0", "is no HTTP server: it begins with 'J\\x00\\x00\\x00'; is the"),
            (b"\x1b[31mred\r\n", "it begins with '\\x1b[31mred'"),
            (b"\x15\x03\x01\0\x02\x02\x46", "what answers speaks https: try https://"),
            (b"", "it closed the connection without an answer"),
            (b"x" * 100_000, "is no HTTP server: LineTooLong"),
            (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200, "is no HTTP server: HTTPException"),
        ],
    )
    def test_what_is_no_http_is_told_by_how_it_begins(self, greeting: bytes, told: str) -> None:
        with saying(greeting) as url:
            assert told in why(url)

    def test_who_speaks_no_https_is_told_so(self) -> None:
        def serve(connection: socket.socket) -> None:
            connection.recv(100_000)
            connection.sendall(page(b"", "400 Bad Request"))

        with server(serve) as url:
            told = why(url.replace("http:", "https:"))
        assert told == "what answers speaks no https there: try http://, or another port"

    def test_who_ends_the_connection_before_tls_is_told_so(self) -> None:
        with server(lambda connection: connection.recv(100_000)) as url:
            told = why(url.replace("http:", "https:"))
        assert told.endswith("try http://, or another port") or "http or https?" in told

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        assert why(f"http://127.0.0.1:{port}") == "nobody listens there (any more)"

    def test_a_host_that_does_not_exist(self) -> None:
        told = why("http://no-such-host.invalid:6060")
        assert told.startswith("there is no host 'no-such-host.invalid' as far as is known here (")


class TestHosts:
    def test_an_address_of_version_6(self) -> None:
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            _needs.missing("needs IPv6")
        heard: list[bytes] = []

        def serve(connection: socket.socket) -> None:
            heard.append(hear(connection))
            connection.sendall(page(b"dump"))

        with server(serve, host="::1") as url:
            assert ask(url) == b"dump"
        assert f"host: {url.removeprefix('http://')}\r\n".encode() in heard[0].lower()

    def test_the_second_address_is_tried_where_the_first_takes_nobody(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = closed.getsockname()
        with saying(page(b"dump")) as url:
            port = int(url.rpartition(":")[2])
            found = [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
                for address in (nobody, ("127.0.0.1", port))
            ]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            assert ask("http://shop.example") == b"dump"


class TestHeaders:
    def test_what_is_given_is_sent_and_a_host_of_ones_own_too(self) -> None:
        heard: list[bytes] = []

        def serve(connection: socket.socket) -> None:
            heard.append(hear(connection))
            connection.sendall(page(b"dump"))

        with server(serve) as url:
            ask(url, headers=("Cookie: id=s3cret", "Host: shop.internal", "X-A:b"))
        lines = heard[0].split(b"\r\n")
        assert b"Cookie: id=s3cret" in lines
        assert [line for line in lines if line.lower().startswith(b"host:")] == [
            b"Host: shop.internal"
        ]

    def test_they_do_not_go_where_one_is_sent_on(self) -> None:
        heard: list[bytes] = []
        with server(lambda connection: heard.append(hear(connection))) as other:
            moved = page(b"", "302 Found", f"location: {other}/debug")
            with saying(moved) as url, pytest.raises(CannotAsk) as error:
                ask(url, headers=("Cookie: id=s3cret",))
        assert f"it is at {other}/debug, so name that place" in str(error.value)
        assert not any(heard)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def good(folder: Path) -> Iterator[tuple[str, str]]:
    """A server whose certificate is right, but signed by nobody."""
    pem, context = certificate(folder / "good", "IP:127.0.0.1")
    with saying(page(b"dump"), tls=context) as url:
        yield url, str(pem)


class TestTls:
    def test_who_has_signed_can_be_named(self, good: tuple[str, str]) -> None:
        url, pem = good
        assert ask(url, cacert=pem) == b"dump"

    def test_whom_nobody_has_signed_is_refused(self, good: tuple[str, str]) -> None:
        told = why(good[0])
        assert told.startswith("nobody who is known here has signed the certificate of 127.0.0.1 (")
        assert told.endswith("; --cacert FILE names who has")

    def test_a_certificate_for_another_host(self, folder: Path) -> None:
        pem, context = certificate(folder / "other", "DNS:shop.example")
        with saying(page(b"dump"), tls=context) as url:
            told = why(url, cacert=str(pem))
        assert told.startswith("the certificate is for another host: ")
        assert "127.0.0.1" in told

    def test_a_certificate_that_has_expired(self, folder: Path) -> None:
        dates = ("20200101000000Z", "20210101000000Z")
        pem, context = certificate(folder / "old", "IP:127.0.0.1", dates=dates)
        with saying(page(b"dump"), tls=context) as url:
            told = why(url, cacert=str(pem))
        assert told == "the certificate of 127.0.0.1 has expired; it has to be renewed there"

    def test_who_is_asked_in_the_open_and_speaks_tls(self, good: tuple[str, str]) -> None:
        told = why(good[0].replace("https:", "http:"))
        # Its alert, or the end of the connection: whichever the system tells of.
        assert told.endswith(("try https://", "and does it speak http or https?"))

    def test_trickling_tls_does_not_keep_us(self, folder: Path) -> None:
        pem, context = certificate(folder / "slow", "IP:127.0.0.1")

        def trickle(connection: socket.socket) -> None:
            while True:
                connection.sendall(b"H")
                time.sleep(0.02)

        with server(trickle, tls=context) as url:
            assert "no answer within 0.5 s" in why(url, timeout=0.5, cacert=str(pem))

    @pytest.mark.parametrize(
        ("content", "told"),
        [("no certificate", "has no certificate in it"), (None, "cannot be read: No such file")],
    )
    def test_a_file_that_is_none(self, content: str | None, told: str, tmp_path: Path) -> None:
        if content is not None:
            (tmp_path / "pem").write_text(content)
        assert told in why("https://127.0.0.1:1", cacert=str(tmp_path / "pem"))

    def test_the_context_checks_what_it_should(self) -> None:
        context = _get.context_of(None)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
