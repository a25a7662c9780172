"""Where the pages of this process are listened for, and who may be at the other end.

A socket file is made under the number of the process in a directory of this user (see `_place`), so
only this user reaches it; where the system tells who has connected, that is asked as well. A port
of this machine is open to each of its users, and to the browsers of those.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import selectors
import socket
import stat
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snowshed.observe._serve import _place

__all__ = [
    "LOOPBACK",
    "AddressTaken",
    "Listener",
    "Listening",
    "is_of_this_user",
    "listen_on_port",
    "listen_on_socket",
    "names_this_machine",
]

LOOPBACK = "127.0.0.1"
_BACKLOG = 64
_HIGHEST_PORT = 65535
_CREDENTIALS = struct.Struct("iII")  # process, user, group


class AddressTaken(OSError):  # noqa: N818 - not an error
    """Another process listens there."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens.

    Attributes:
        socket: it does not block.
        address: path of the file, or a URL.
        path: its file; None if it is a port.
        inode: number of the file.
        port: None if it is a file.
        loopback: can be reached from this machine alone.
    """

    socket: socket.socket
    address: str
    path: Path | None = None
    inode: int = 0
    port: int | None = None
    loopback: bool = False

    def remove(self) -> None:
        """Remove the file, unless a process with the same number in another container has it."""
        if self.path is not None:
            with contextlib.suppress(OSError):
                if self.path.lstat().st_ino == self.inode:
                    self.path.unlink()


class Listening:
    """Listeners of which a thread takes what comes, until somebody else ends that.

    Args:
        listeners: closed when it ends.

    Raises:
        OSError: no more files can be had.
    """

    def __init__(self, listeners: list[Listener]) -> None:
        self.listeners = listeners
        self._ended = False
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._take_in()

    def _take_in(self) -> None:
        taken_in = {each.data for each in self._selector.get_map().values()}
        for listener in tuple(self.listeners):
            if listener not in taken_in:
                self._selector.register(listener.socket, selectors.EVENT_READ, listener)

    def add(self, listeners: list[Listener]) -> None:
        """Have the thread that reads `ready` listen to these, too."""
        self.listeners += listeners
        self.wake()

    def ready(self, over: Callable[[], bool]) -> Iterator[Listener]:
        """Yield each listener at which somebody waits, until it is ``over``.

        Closes all then if `end` was called before; else this can be called again.

        Args:
            over: asked after each `wake`.
        """
        try:
            while not over():
                for key, _ in self._selector.select():
                    if key.data is not None:
                        yield key.data
                        continue
                    self._woken.recv(64)
                    self._take_in()
        finally:
            if self._ended:
                self.close()

    def end(self) -> None:
        """Remove the files, and have the thread that reads `ready` close the rest."""
        for listener in self.listeners:
            listener.remove()
        self._ended = True

    def wake(self) -> None:
        """Have the thread that reads `ready` look whether it is over, and what was added."""
        with contextlib.suppress(OSError):
            self._wake.send(b"x")

    def close(self) -> None:
        """Close all that is open, in the calling thread."""
        self._selector.close()
        for each in (self._wake, self._woken, *(listener.socket for listener in self.listeners)):
            each.close()


def listen_on_socket() -> Listener:
    """Listen on the socket of this process.

    Raises:
        OSError: there is no place for it, or the place is not safe.
        ValueError: the place has an impossible name.
    """
    path = _place.prepared() / _place.socket_of(os.getpid()).name
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()  # of a process that had this number before
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _closed_on_error(listener):
        listener.bind(os.fspath(path))
        path.chmod(0o600)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        return Listener(listener, str(path), path, path.lstat().st_ino)


def listen_on_port(host: str, port: int) -> Listener:
    """Listen on a port; 0 for any that is free.

    Raises:
        AddressTaken: another process has it.
        OSError: it cannot be had for another reason.
        ValueError: there is no such port.
    """
    if not 0 <= port <= _HIGHEST_PORT:
        msg = f"a port is a number from 0 to {_HIGHEST_PORT}, not {port}"
        raise ValueError(msg)
    family, address = _address_of(host, port)
    listener = socket.socket(family, socket.SOCK_STREAM)
    with _closed_on_error(listener):
        # What a worker leaves behind in TIME_WAIT must not keep the port from the next one.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(_BACKLOG)  # two can bind at once; the second one fails here
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise AddressTaken(*error.args) from error
            raise
        listener.setblocking(False)
        name, got = listener.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        loopback = ipaddress.ip_address(name).is_loopback
        return Listener(listener, f"http://{shown}:{got}", port=got, loopback=loopback)


def _address_of(host: str, port: int) -> tuple[int, Any]:
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return family, address
    # Not asked of the system, which would cost the start of a service 5 ms.
    return socket.AF_INET if number.version == 4 else socket.AF_INET6, (host, port)


@contextlib.contextmanager
def _closed_on_error(listener: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        listener.close()
        raise


def is_of_this_user(connection: socket.socket) -> bool:
    """Tell whether this user, or root, is at the other end of a Unix socket."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the directory keeps others out
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return _CREDENTIALS.unpack(told)[1] in {0, os.geteuid()}


def names_this_machine(host: str) -> bool:
    """Tell whether a ``Host`` header has ``localhost`` or an address, or is empty.

    Any other name is one that somebody may have let lead here, to have the browser of a user of
    this machine ask for them.
    """
    name = host.rpartition("]")[0].removeprefix("[") if "[" in host else host.partition(":")[0]
    if name.lower() in {"", "localhost"} and "[" not in host:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
