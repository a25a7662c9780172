"""Sending profiles to a server by HTTP.

Any server will do that takes the bytes of a pprof profile as the body of a POST. Pyroscope, and
Alloy in front of it, want to be told besides of which service and time it is; a URL whose path ends
with ``/ingest`` is taken for one of theirs.

Sources: Pyroscope's ``POST /ingest`` (server API; the names by which it sorts profiles are in its
``pkg/og/convert/pprof``), RFC 7617 for user and password.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import json
import os
import ssl
import time
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urljoin

from snowshed.observe._addresses import headers_of, shown, split
from snowshed.observe._upload._upload import NotSent, Packet

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["Server"]

_ANSWER_READ = 4096
_SHOWN_AT_MOST = 200
_BOUNDARY = "snowshed-profile-5d0f"
# Said of the values of a block profile, or Pyroscope takes it for one of mutexes.
_BLOCK_TYPES = json.dumps(
    {
        "contentions": {"display-name": "block_count", "units": "lock_samples"},
        "delay": {"display-name": "block_duration", "units": "lock_nanoseconds"},
    }
).encode()


class Server:
    """Sends profiles by POST, one connection for as many as there are at a time.

    Args:
        url: ``http`` or ``https``; user and password in it are sent as basic authentication.
        service: what Pyroscope should call the service.
        headers: sent along, each as ``Name: value``.
        cafile: certificates that the server's is checked against; None: those of the system.
        timeout: seconds that the connection may take, that sending may, and that the answer may.

    Raises:
        ValueError: no such URL or header.
        OSError: ``cafile`` cannot be read.
    """

    def __init__(
        self,
        url: str,
        *,
        service: str = "service",
        headers: Iterable[str] = (),
        cafile: str | None = None,
        timeout: float = 10.0,
    ) -> None:
        self._url = split(url)
        self._service = service
        self._timeout = timeout
        self._headers = {**_credentials(self._url), **headers_of(headers)}
        secure = self._url.scheme == "https"
        self._tls = _context(cafile) if secure else None
        self._connection: http.client.HTTPConnection | None = None

    def __str__(self) -> str:
        return shown(self._url)

    def send(self, packet: Packet) -> None:
        """Post it, and read the answer."""
        path, body, kind = self._request(packet)
        headers = {"User-Agent": "snowshed", "Content-Type": kind, **self._headers}
        try:
            connection = self._connected()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.rest()
            raise self._failure(error) from error
        self._read_rest(answer)
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)

    def rest(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def after_fork(self) -> None:
        """Let go, in the child, of the connection that the parent may send through just now."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.sock is not None:
            # Not `close`: a thread that is not here may hold the lock of what is read.
            with contextlib.suppress(OSError):
                os.close(connection.sock.detach())

    def _connected(self) -> http.client.HTTPConnection:
        connection = self._connection
        if connection is None:
            host, port = self._url.hostname or "", self._url.port
            connection = self._connection = (
                http.client.HTTPConnection(host, port, timeout=self._timeout)
                if self._tls is None
                else http.client.HTTPSConnection(
                    host, port, timeout=self._timeout, context=self._tls
                )
            )
            in_time: Any = partial(_InTime, seconds=self._timeout)
            connection.response_class = in_time
        elif connection.sock is not None:
            connection.sock.settimeout(self._timeout)  # less was left when the last answer came
        return connection

    def _read_rest(self, answer: http.client.HTTPResponse) -> None:
        """Read what follows the head, so that the connection can be used again."""
        try:
            answer.read(_ANSWER_READ)
            used_up = answer.will_close or not answer.isclosed()
        except (OSError, http.client.HTTPException):
            used_up = True  # the status was there, and that is all that counts
        if used_up:
            self.rest()

    def _failure(self, error: OSError | http.client.HTTPException) -> NotSent:
        # What came instead of an answer is not shown: it may be an echo, headers and all.
        what = error if isinstance(error, OSError) else "the answer is no HTTP"
        return NotSent(f"{self}: {type(error).__name__}: {what}")

    def _refusal(self, answer: http.client.HTTPResponse) -> NotSent:
        # Asked too often or overloaded: later. Anything else it will refuse again.
        final = answer.status < 500 and answer.status not in {408, 425, 429}
        after = answer.getheader("Retry-After", "")
        seconds = float(after) if after.isascii() and after.isdigit() else None
        msg = f"{self} answered {answer.status}{self._elsewhere(answer)}"
        return NotSent(msg, final=final, after=seconds)

    def _elsewhere(self, answer: http.client.HTTPResponse) -> str:
        """Tell where a redirection leads; it is not followed, as headers are not for others."""
        location = answer.getheader("Location")
        if not 300 <= answer.status < 400 or not location:
            return ""
        try:
            where = shown(split(urljoin(self._url.geturl(), location)))
        except ValueError:
            return ""
        return f"; it is at {where[:_SHOWN_AT_MOST]}, which profiles_to has to name itself"

    def _request(self, packet: Packet) -> tuple[str, bytes, str]:
        """Return path, body and content type."""
        path = self._url.path or "/"
        if not path.rstrip("/").endswith("/ingest"):
            query = f"?{self._url.query}" if self._url.query else ""
            return f"{path}{query}", packet.body, "application/octet-stream"
        asked = {"name": self._service, "spyName": "snowshed"}
        asked |= {"from": str(int(packet.began)), "until": str(int(packet.ended))}
        asked |= dict(parse_qsl(self._url.query))
        if packet.kind == "block":
            asked.pop("format", None)
            body, kind = _form(packet.body), f"multipart/form-data; boundary={_BOUNDARY}"
        else:
            asked["format"] = "pprof"
            body, kind = packet.body, "application/octet-stream"
        return f"{path}?{urlencode(asked)}", body, kind


class _InTime(http.client.HTTPResponse):
    """An answer all of which has to be there in time, not only each next byte of it."""

    def __init__(self, sock: Any, *args: Any, seconds: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        fp: Any = self.fp
        self.fp = io.BufferedReader(_Until(sock, fp.detach(), time.monotonic() + seconds))


class _Until(io.RawIOBase):
    """Reads from a socket up to a point in time."""

    def __init__(self, sock: Any, raw: io.RawIOBase, until: float) -> None:
        self._sock = sock
        self._raw = raw
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            msg = "timed out"
            raise TimeoutError(msg)
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _form(profile: bytes) -> bytes:
    parts = {"profile": profile, "sample_type_config": _BLOCK_TYPES}
    lines: list[bytes] = []
    for name, content in parts.items():
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{name}"'
        lines += [f"--{_BOUNDARY}".encode(), disposition.encode(), b"", content]
    return b"\r\n".join([*lines, f"--{_BOUNDARY}--".encode(), b""])


def _context(cafile: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=cafile)
    except OSError as error:
        # That of the system names no file, and that of OpenSSL its own source.
        broken = isinstance(error, ssl.SSLError)
        why = "it holds no certificate in PEM" if broken else error.strerror
        msg = f"profiles_cafile {cafile!r} cannot be used: {why}"
        raise OSError(msg) from error


def _credentials(url: SplitResult) -> dict[str, str]:
    if url.username is None:
        return {}
    pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
