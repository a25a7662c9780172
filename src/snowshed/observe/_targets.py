"""Where profiles go: into a directory, or to a server by HTTP.

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
import json
import os
import re
import ssl
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode

from snowshed.observe._addresses import headers_of, parse_target, shown, split
from snowshed.observe._upload import NotSent, Packet, Target

if TYPE_CHECKING:
    from snowshed.observe._settings import Settings

__all__ = ["Directory", "Server", "target_of"]

_ANSWER_READ = 4096
_BOUNDARY = "snowshed-profile-5d0f"
_LEFT_BEHIND = 60.0
_OURS = re.compile(r"snowshed-\d{8}T\d{6}\.\d{3}-\d+-\d+-[a-z]+\.pb\.gz")
# Said of the values of a block profile, or Pyroscope takes it for one of mutexes.
_BLOCK_TYPES = json.dumps(
    {
        "contentions": {"display-name": "block_count", "units": "lock_samples"},
        "delay": {"display-name": "block_duration", "units": "lock_nanoseconds"},
    }
).encode()


class Directory:
    """Keeps the newest profiles as files, each written whole or not at all.

    Several processes may share it. Only this user can read the files. Cost of a packet: the write,
    and a look at the directory.

    Args:
        path: made if it is not there.
        keep_files: how many are kept, those of other processes included.
        keep_bytes: their size together.
    """

    def __init__(self, path: Path, *, keep_files: int, keep_bytes: int) -> None:
        self.path = path.absolute()
        self._keep_files = keep_files
        self._keep_bytes = keep_bytes
        self._number = 0

    def __str__(self) -> str:
        return str(self.path)

    def send(self, packet: Packet) -> None:
        """Write it, and remove the oldest beyond what is to be kept."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(packet)
            self._prune()
        except OSError as error:
            msg = f"{self.path}: {error.strerror or error}"
            raise NotSent(msg) from error

    def rest(self) -> None:
        """Nothing is held."""

    def _write(self, packet: Packet) -> None:
        self._number += 1
        when = time.strftime("%Y%m%dT%H%M%S", time.gmtime(packet.ended))
        millis = int(packet.ended * 1000) % 1000
        unique = f"{os.getpid()}-{self._number}"
        name = f"snowshed-{when}.{millis:03d}-{unique}-{packet.kind}.pb.gz"
        partial = self.path / f".{name}.tmp"
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packet.body)
            partial.replace(self.path / name)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def _prune(self) -> None:
        entries = [*os.scandir(self.path)]
        self._remove_partial(entries)
        names = sorted((e.name for e in entries if _OURS.fullmatch(e.name)), reverse=True)
        total = 0
        for index, name in enumerate(names):
            # Another process may have been faster.
            with contextlib.suppress(FileNotFoundError):
                file = self.path / name
                total += file.stat().st_size
                # The newest one stays, however small the allowance.
                if index and (index >= self._keep_files or total > self._keep_bytes):
                    file.unlink()

    def _remove_partial(self, entries: Sequence[os.DirEntry[str]]) -> None:
        """Remove what a process that was killed has left half written."""
        for entry in entries:
            if _OURS.fullmatch(entry.name.removeprefix(".").removesuffix(".tmp")) and (
                entry.name.endswith(".tmp")
            ):
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - entry.stat().st_mtime > _LEFT_BEHIND:
                        (self.path / entry.name).unlink()


class Server:
    """Sends profiles by POST, one connection for as many as there are at a time.

    Args:
        url: ``http`` or ``https``; user and password in it are sent as basic authentication.
        service: what Pyroscope should call the service.
        headers: sent along, each as ``Name: value``.
        cafile: certificates that the server's is checked against; None: those of the system.
        timeout: seconds that one read, write or connect may take.

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
        self._tls = ssl.create_default_context(cafile=cafile) if secure else None
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
            answer.read(_ANSWER_READ)
            if answer.will_close or not answer.isclosed():
                self.rest()
        except (OSError, http.client.HTTPException) as error:
            self.rest()
            msg = f"{self}: {type(error).__name__}: {error}"
            raise NotSent(msg) from error
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)

    def rest(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._url.hostname or "", self._url.port
            self._connection = (
                http.client.HTTPConnection(host, port, timeout=self._timeout)
                if self._tls is None
                else http.client.HTTPSConnection(
                    host, port, timeout=self._timeout, context=self._tls
                )
            )
        return self._connection

    def _refusal(self, answer: http.client.HTTPResponse) -> NotSent:
        # Asked too often or overloaded: later. Anything else it will refuse again.
        final = answer.status < 500 and answer.status not in {408, 425, 429}
        after = answer.getheader("Retry-After", "")
        seconds = float(after) if after.isascii() and after.isdigit() else None
        return NotSent(f"{self} answered {answer.status}", final=final, after=seconds)

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


def target_of(settings: Settings, service: str) -> Target | None:
    """Return where the settings have profiles sent; None: nowhere.

    Raises:
        OSError: the file with certificates cannot be read.
    """
    if settings.profiles_to is None:
        return None
    where = parse_target(settings.profiles_to)
    if isinstance(where, Path):
        return Directory(where, keep_files=settings.keep_files, keep_bytes=settings.keep_bytes)
    return Server(
        where,
        service=service,
        headers=settings.profiles_headers,
        cafile=settings.profiles_cafile,
        timeout=settings.profiles_timeout,
    )


def _form(profile: bytes) -> bytes:
    parts = {"profile": profile, "sample_type_config": _BLOCK_TYPES}
    lines: list[bytes] = []
    for name, content in parts.items():
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{name}"'
        lines += [f"--{_BOUNDARY}".encode(), disposition.encode(), b"", content]
    return b"\r\n".join([*lines, f"--{_BOUNDARY}--".encode(), b""])


def _credentials(url: SplitResult) -> dict[str, str]:
    if url.username is None:
        return {}
    pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
