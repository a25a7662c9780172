"""Where profiles go: into a directory, or to a server (see `snowshed.observe._upload._post`)."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from snowshed.observe._addresses import parse_target
from snowshed.observe._upload._upload import NotSent, Packet, Target

if TYPE_CHECKING:
    from snowshed.observe._settings import Settings

__all__ = ["Directory", "target_of"]

_LEFT_BEHIND = 60.0
_OURS = re.compile(r"snowshed-\d{8}T\d{6}\.\d{3}-\d+-\d+-[a-z]+\.pb\.gz")


class Directory:
    """Keeps the newest profiles as files, each written whole or not at all.

    Several processes may share it, also of other users: their files stay. Only this user can read
    the files. Cost of a packet: the write, and a look at the directory.

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
        """Write it, after removing the oldest beyond what is to be kept with it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # In this order: what fails is done again, and should not have left a file by then. And
            # a disk that is full has room afterwards.
            self._make_room(len(packet.body))
            self._write(packet)
        except OSError as error:
            msg = f"{self.path}: {error.strerror or error}"
            raise NotSent(msg) from error

    def rest(self) -> None:
        """Nothing is held."""

    def after_fork(self) -> None:
        """Nothing is the parent's: its files have its number in their names."""

    def _write(self, packet: Packet) -> None:
        self._number += 1
        when = time.strftime("%Y%m%dT%H%M%S", time.gmtime(packet.ended))
        millis = int(packet.ended * 1000) % 1000
        unique = f"{os.getpid()}-{self._number}"
        name = f"snowshed-{when}.{millis:03d}-{unique}-{packet.kind}.pb.gz"
        partial = self.path / f".{name}.tmp"
        # Exclusively: others may write to the directory, too, and have put a link there.
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packet.body)
            partial.replace(self.path / name)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def _make_room(self, size: int) -> None:
        entries = [*os.scandir(self.path)]
        self._remove_partial(entries)
        names = sorted((e.name for e in entries if _OURS.fullmatch(e.name)), reverse=True)
        total = size
        for index, name in enumerate(names, 1):
            # Another process may have been faster, or be another user's.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                file = self.path / name
                total += file.stat().st_size
                if index >= self._keep_files or total > self._keep_bytes:
                    file.unlink()

    def _remove_partial(self, entries: Sequence[os.DirEntry[str]]) -> None:
        """Remove what a process that was killed has left half written."""
        for entry in entries:
            if _OURS.fullmatch(entry.name.removeprefix(".").removesuffix(".tmp")) and (
                entry.name.endswith(".tmp")
            ):
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    if time.time() - entry.stat().st_mtime > _LEFT_BEHIND:
                        (self.path / entry.name).unlink()


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
    # Loading HTTP takes longer than the rest of a start, and few services post profiles.
    from snowshed.observe._upload._post import Server  # noqa: PLC0415

    return Server(
        where,
        service=service,
        headers=settings.profiles_headers,
        cafile=settings.profiles_cafile,
        timeout=settings.profiles_timeout,
    )
