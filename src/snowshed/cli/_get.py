"""One question over HTTP, whose answer has a limit in bytes and in time.

A timeout of a socket is one for each read: who sends a byte every few seconds keeps us for ever. So
here each read may take what is left until the deadline of the whole, from looking up the name to
the last byte.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from snowshed._printable import printable
from snowshed.cli._why import (
    CannotAsk,
    CutOff,
    refused,
    told_of_certificate,
    told_of_network,
    told_of_tls,
    who_speaks,
)
from snowshed.errors import FormatError
from snowshed.formats._pprof import unzip

__all__ = ["AtPort", "AtSocket", "context_of", "get"]

# A hundred thousand tasks, one by one, are 30 MB.
ANSWER_AT_MOST = 1 << 29
_PIECE = 1 << 16
_ERROR_AT_MOST = 1 << 16
_GZIP = {"gzip", "x-gzip"}


class _Deadline:
    """When all has to be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds are left.

        Raises:
            TimeoutError: none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _TlsTimeoutError(TimeoutError):
    """There was somebody, who did not agree on TLS."""


class _Socket(socket.socket):
    """A socket each of whose reads may take what is left of the time."""

    deadline: _Deadline

    def recv_into(self, *args: Any, **how: Any) -> int:
        self.settimeout(self.deadline.left())
        return super().recv_into(*args, **how)


class _TlsSocket(_Socket, ssl.SSLSocket):
    """The same, over TLS: what comes next in line reads that."""


class Place(Protocol):
    """Where one can be asked.

    Attributes:
        host: for the head of the question, and for messages.
        port: the same.
        usual: the port that is not written.
    """

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def usual(self) -> int: ...

    def connect(self, deadline: _Deadline) -> socket.socket:
        """Return a connection."""
        ...


@dataclass(frozen=True, slots=True)
class AtSocket:
    """A process that listens on a Unix socket.

    Attributes:
        path: of the socket.
    """

    path: Path
    host: str = "localhost"
    port: int = 80
    usual: int = 80

    def connect(self, deadline: _Deadline) -> socket.socket:
        """Return a connection."""
        return _connected(_Socket(socket.AF_UNIX), str(self.path), deadline, deadline.left())


@dataclass(frozen=True, slots=True)
class AtPort:
    """A service that listens on a port.

    Attributes:
        host: its name or address.
        port: its number.
        tls: how to know it; None: it is asked in the open.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None

    @property
    def usual(self) -> int:
        """The port that is not written."""
        return 80 if self.tls is None else 443

    def connect(self, deadline: _Deadline) -> socket.socket:
        """Return a connection to the first of its addresses that takes one."""
        addresses = _addresses(self.host, self.port, deadline)
        failed: OSError = OSError("it has no address")
        for number, (family, kind, proto, _, address) in enumerate(addresses):
            share = deadline.left() / (len(addresses) - number)
            try:
                plain = _connected(_Socket(family, kind, proto), address, deadline, share)
            except OSError as error:
                failed = error
            else:
                return plain if self.tls is None else self._secured(self.tls, plain, deadline)
        raise failed

    def _secured(self, tls: ssl.SSLContext, plain: _Socket, deadline: _Deadline) -> socket.socket:
        plain.settimeout(deadline.left())
        try:
            secured = tls.wrap_socket(plain, server_hostname=self.host)
        except TimeoutError:
            plain.close()
            raise _TlsTimeoutError from None
        except BaseException:
            plain.close()
            raise
        assert isinstance(secured, _TlsSocket)
        secured.deadline = deadline
        return secured


def _connected(sock: _Socket, address: Any, deadline: _Deadline, seconds: float) -> _Socket:
    sock.deadline = deadline
    sock.settimeout(seconds)
    try:
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


def _addresses(host: str, port: int, deadline: _Deadline) -> list[Any]:
    """Look up a host, in a thread: it cannot be told to end, and may take a minute."""
    outcome: list[list[Any] | Exception] = []

    def look_up() -> None:
        try:
            outcome.append([*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except Exception as error:  # noqa: BLE001 - raised by whoever waits
            outcome.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(deadline.left())
    if not outcome:
        raise TimeoutError
    (found,) = outcome
    if isinstance(found, Exception):
        raise found
    return found


def context_of(cacert: str | None) -> ssl.SSLContext:
    """Return how to know a service that speaks TLS.

    Args:
        cacert: file with the certificates of those who may have signed its own; None: those that
            the system trusts.

    Raises:
        CannotAsk: the file has none.
    """
    try:
        context = ssl.create_default_context(cafile=cacert)
    except ssl.SSLError:
        msg = f"--cacert {cacert!r} has no certificate in it; it takes those of PEM"
        raise CannotAsk(msg) from None
    except OSError as error:
        msg = f"--cacert {cacert!r} cannot be read: {error.strerror}"
        raise CannotAsk(msg) from None
    context.sslsocket_class = _TlsSocket
    return context


def get(place: Place, target: str, headers: Iterable[tuple[str, bytes]], timeout: float) -> bytes:
    """Return what is at ``target``.

    Args:
        place: who is asked.
        target: path and query.
        headers: to be sent.
        timeout: seconds that all of it may take.

    Raises:
        NoSuchPage: it is not there.
        CutOff: the answer ends too early.
        CannotAsk: there is none.
    """
    deadline = _Deadline(timeout)
    pieces: list[bytes] = []
    try:
        question = _question(place, target, headers)
        with place.connect(deadline) as question.sock:
            question.endheaders()
            with question.getresponse() as response:
                missing = _read(response, pieces)
    except TimeoutError as error:
        raise CannotAsk(_told_of_time(error, timeout, sum(map(len, pieces)))) from None
    except ssl.SSLCertVerificationError as error:
        said = told_of_certificate(error.verify_code, error.verify_message, place.host)
        raise CannotAsk(said) from None
    except ssl.SSLError as error:
        raise CannotAsk(told_of_tls(error.reason, str(error))) from None
    except http.client.BadStatusLine as error:
        line = "" if isinstance(error, http.client.RemoteDisconnected) else str(error.args[0])
        raise CannotAsk(who_speaks(line)) from None
    except OSError as error:
        raise CannotAsk(told_of_network(error, place.host)) from None
    except (http.client.InvalidURL, UnicodeError) as error:
        msg = f"that is no URL: {error}"
        raise CannotAsk(msg) from None
    except http.client.HTTPException as error:
        msg = f"what answers is no HTTP server: {type(error).__name__}"
        raise CannotAsk(msg) from None
    return _whole(response, b"".join(pieces), missing)


def _question(
    place: Place, target: str, headers: Iterable[tuple[str, bytes]]
) -> http.client.HTTPConnection:
    """Return what will be sent, so far as it can be."""
    connection = http.client.HTTPConnection(place.host, place.port)
    connection.default_port = place.usual
    named = [*headers]
    own_host = any(name.lower() == "host" for name, _ in named)
    connection.putrequest("GET", target, skip_host=own_host, skip_accept_encoding=True)
    connection.putheader("accept-encoding", "identity")
    connection.putheader("connection", "close")
    for name, value in named:
        connection.putheader(name, value)
    return connection


def _read(response: http.client.HTTPResponse, pieces: list[bytes]) -> str:
    """Read the body into ``pieces``; return what is missing of it."""
    at_most = ANSWER_AT_MOST if response.status == http.client.OK else _ERROR_AT_MOST
    size, whole = 0, response.length
    try:
        while size <= at_most and (piece := response.read1(_PIECE)):
            pieces.append(piece)
            size += len(piece)
    except http.client.IncompleteRead as broken:
        pieces.append(broken.partial)
        return "the rest is missing"
    except (ConnectionError, ssl.SSLError) as error:
        if not pieces:
            raise
        return f"the rest is missing ({printable(error.strerror or error)})"
    if size > ANSWER_AT_MOST:
        msg = f"the answer has more than {ANSWER_AT_MOST >> 20} MB"
        raise CannotAsk(msg)
    return f"{whole - size:,} more are missing" if whole and size < min(whole, at_most) else ""


def _whole(response: http.client.HTTPResponse, body: bytes, missing: str) -> bytes:
    """Return the body of a good answer, without the encoding that it was sent in."""
    encoding = (response.headers.get("content-encoding") or "identity").strip().lower()
    if encoding in _GZIP:
        try:
            body, wrong = unzip(body, ANSWER_AT_MOST)
        except FormatError:
            msg = f"the answer has more than {ANSWER_AT_MOST >> 20} MB"
            raise CannotAsk(msg) from None
        # What stands behind the end of it is no loss.
        missing = missing or next((each for each in wrong if each.startswith("byte")), "")
    if response.status != http.client.OK:
        raise refused(response.status, {k.lower(): v for k, v in response.headers.items()}, body)
    if encoding not in {*_GZIP, "identity"}:
        msg = f"the answer is encoded as {encoding[:40]!r}, which was not asked for"
        raise CannotAsk(msg)
    if missing:
        msg = f"the answer was cut off after {len(body):,} bytes: {missing}"
        raise CutOff(msg, body)
    return body


def _told_of_time(error: TimeoutError, timeout: float, came: int) -> str:
    if isinstance(error, _TlsTimeoutError):
        return f"no https was agreed on within {timeout:g} s; does it speak http?"
    what = f"no whole answer within {timeout:g} s, {came:,} bytes of it" if came else ""
    waited = what or f"no answer within {timeout:g} s"
    return f"{waited}; is it stopped, or starved? --timeout waits for longer"
