"""Answers questions about this process from a thread of its own.

The service that has to be looked at is the one whose loop does not turn any more, and pages inside
its application are then as silent as the rest. So a thread serves the same pages. It listens on a
Unix socket, which each process has (see `_place`), and on a port of this machine if there is one to
have: of the processes of one service the first takes it, and the others do without.

Whoever asks is not trusted to be quick or to be few. There is one request on each connection; its
head has 8 KiB and 5 s to arrive, nothing behind the head is read, and the answer has 60 s to leave.
16 connections are served at once; who has not got a place after a second is sent away with a 503.

A web page can have a browser ask this machine, under a name that leads here. So a port that is only
for this machine answers to no name but ``localhost`` and addresses.

A fork takes the sockets along, but not the thread, which lies down meanwhile (see
`snowshed.observe._background`). The child closes its copies, so that the port falls free when the
parent ends, and serves when it is started again itself.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import logging
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from snowshed.observe._background import Background, Rest
from snowshed.observe._serve import _place
from snowshed.observe._serve._exchange import (
    METHODS,
    UNIX,
    Answer,
    BadRequest,
    Request,
    Response,
    head_of,
    plain,
    read_head,
    split_target,
)
from snowshed.observe._serve._listen import (
    LOOPBACK,
    AddressTaken,
    Listener,
    Listening,
    is_of_this_user,
    listen_on_port,
    listen_on_socket,
    names_this_machine,
)

__all__ = ["Server", "ServerStatistics"]

logger = logging.getLogger("snowshed.debug")
AT_ONCE = 16
HEAD_AT_MOST = 8192
HEAD_WITHIN = 5.0
SENT_WITHIN = 60.0
PLACE_WITHIN = 1.0
_SOCKET, _PORT = "socket", "port"
_BODY_AT_MOST = 65536
_COPIED_AT_MOST = 65536
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class ServerStatistics:
    """What a `Server` has done since it was made.

    Attributes:
        answered: requests that got an answer, whatever it was.
        refused: connections that were sent away because all places were taken.
        dropped: connections that ended without a request, or did not take their answer.
        open: connections that are served now.
    """

    answered: int
    refused: int
    dropped: int
    open: int


class Server:
    """Serves what ``answer`` says, from a thread of its own.

    Args:
        answer: called in a thread of the server, up to 16 at a time. One that raises is answered by
            a 500 with the error, and logged once.
        port: port of ``host``; None: only the Unix socket; 0: any that is free. One that is taken
            already is done without.
        host: address to listen on. One beyond loopback opens the pages to whoever reaches it, so
            ``answer`` should ask for a token.
        unix: listen on the socket of this process, too.

    Costs nothing until it is started; then a thread that sleeps until somebody asks.
    """

    def __init__(
        self, answer: Answer, *, port: int | None = None, host: str = LOOPBACK, unix: bool = True
    ) -> None:
        self._answer = answer
        self._host, self._port = host, port
        self._unix = unix and hasattr(socket, "AF_UNIX")
        self._failed = False
        self._answered = self._refused = self._dropped = 0
        self._fresh()
        _all.add(self)

    def _fresh(self) -> None:
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._open: set[socket.socket] = set()
        self._running: Listening | None = None
        self._begun: set[str] = set()

    def __repr__(self) -> str:
        return f"<snowshed debug server at {', '.join(self.addresses()) or 'no address'}>"

    def start(self, *, with_port: bool = True) -> None:
        """Begin to serve, as far as that was not begun before; from any thread.

        Args:
            with_port: whether to take the port as well. It is for the process that does the
                service's work, which is not always the first that runs a loop.

        Raises nothing: what fails is one log line. Cost: about a millisecond the first time.
        """
        wanted = {_SOCKET, _PORT} if with_port else {_SOCKET}
        with self._lock:
            if wanted <= self._begun:
                return
            listeners = [*self._listeners(wanted - self._begun)]
            self._begun |= wanted
            if listeners and self._running is not None:
                self._running.add(listeners)
            elif listeners:
                self._running = self._run(listeners)
        for listener in listeners if self._running is not None else ():
            logger.info("debug pages are served at %s", listener.address)

    def _run(self, listeners: list[Listener]) -> Listening | None:
        try:
            running = Listening(listeners)
            self._thread = Background(
                "snowshed-debug", partial(self._accept, running), self.forget, running.wake
            )
            self._thread.start()
        except (OSError, RuntimeError) as error:  # no more files, or threads, can be had
            logger.warning("the debug pages are not served: %s", error)
            for listener in listeners:
                listener.remove()
                listener.socket.close()
            return None
        atexit.register(self.stop)
        return running

    def stop(self) -> None:
        """Serve no more, and remove the socket. Does nothing if it does not serve."""
        with self._lock:
            running, self._running = self._running, None
            self._begun.clear()
        if running is not None:
            atexit.unregister(self.stop)
            running.end()
            self._thread.stop(2 * PLACE_WITHIN)

    def addresses(self) -> tuple[str, ...]:
        """Return where it serves: the path of a socket, ``http://host:port``, both or none."""
        running = self._running
        return () if running is None else tuple(each.address for each in running.listeners)

    @property
    def port(self) -> int | None:
        """The port that it has got; None if it has none."""
        running = self._running
        ports = () if running is None else (each.port for each in running.listeners)
        return next((port for port in ports if port is not None), None)

    def statistics(self) -> ServerStatistics:
        """Return what it has done so far; from any thread."""
        return ServerStatistics(self._answered, self._refused, self._dropped, len(self._open))

    def forget(self) -> None:
        """Close what came along in a fork, in the child; the parent goes on."""
        running, connections = self._running, self._open
        self._fresh()
        for connection in connections:
            connection.close()
        if running is not None:
            atexit.unregister(self.stop)
            self._thread.stop(0)
            running.close()

    # Listening.

    def _listeners(self, wanted: set[str]) -> Iterator[Listener]:
        if _SOCKET in wanted and self._unix:
            yield from _listening("a Unix socket", listen_on_socket)
        if _PORT in wanted and self._port is not None:
            listen = partial(listen_on_port, self._host, self._port)
            yield from _listening(f"port {self._port}", listen)

    # Serving.

    def _accept(self, running: Listening, rest: Rest) -> None:
        if self._unix:
            with contextlib.suppress(OSError, ValueError):
                _place.sockets()  # removes what dead processes have left behind
        for listener in running.ready(lambda: rest(0)):
            try:
                connection, peer = listener.socket.accept()
            except OSError as error:
                if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
                    time.sleep(_PAUSE)  # the connection is still there, and there is no file for it
                continue
            self._take(connection, listener, peer)

    def _take(self, connection: socket.socket, listener: Listener, peer: Any) -> None:
        """Serve a connection in a thread, if there is a place for it."""
        places = self._places
        if not places.acquire(timeout=PLACE_WITHIN):
            self._refused += 1
            _send_away(connection)
            return
        arguments = (connection, listener, peer, places)
        self._open.add(connection)
        try:
            threading.Thread(
                target=self._serve, args=arguments, name="snowshed-debug-answer", daemon=True
            ).start()
        except RuntimeError:
            self._refused += 1
            self._open.discard(connection)
            places.release()
            _send_away(connection)

    def _serve(
        self,
        connection: socket.socket,
        listener: Listener,
        peer: Any,
        places: threading.BoundedSemaphore,
    ) -> None:
        try:
            with connection:
                head = _head_from(connection)
                response, with_body, rest = self._respond(head, listener, connection, peer)
                connection.settimeout(SENT_WITHIN)
                _send(connection, head_of(response), response.body if with_body else b"")
                self._answered += 1
                if rest:
                    _pour_away(connection)
        except (OSError, _Gone):  # a timeout is an OSError
            self._dropped += 1
        finally:
            self._open.discard(connection)
            places.release()

    def _respond(
        self, head: bytes | None, listener: Listener, connection: socket.socket, peer: Any
    ) -> tuple[Response, bool, bool]:
        """Return what to send, whether with its body, and whether more may have been sent here."""
        if head is None:
            return plain(431, f"a request has at most {HEAD_AT_MOST} bytes"), True, True
        try:
            method, target, headers = read_head(head)
            path, query = split_target(target)
        except BadRequest as error:
            return plain(400, str(error)), True, True
        private = listener.port is None
        if method not in METHODS:
            response = plain(405, "only GET", ("allow", "GET, HEAD"))
        elif private and not is_of_this_user(connection):
            response = plain(403, "only for the user of this process")
        elif listener.loopback and not names_this_machine(headers.get("host", "")):
            response = plain(403, "only for 'localhost' or an address as host")
        else:
            request = Request(
                path, method, query, headers, peer=UNIX if private else peer[0], private=private
            )
            response = self._guarded(request)
        return response, method != "HEAD", method not in METHODS or "content-length" in headers

    def _guarded(self, request: Request) -> Response:
        try:
            return self._answer(request)
        except Exception as error:  # it is shown, and logged once
            if not self._failed:
                self._failed = True
                logger.exception("the debug page %s failed", request.path)
            return plain(500, f"{type(error).__name__}: {error}")


class _Gone(Exception):  # noqa: N818 - nothing is wrong
    """Whoever has connected asks nothing."""


def _listening(what: str, listen: Callable[[], Listener]) -> Iterator[Listener]:
    try:
        yield listen()
    except AddressTaken:
        logger.info("%s is taken: this process serves no debug pages there", what)
    except (OSError, ValueError) as error:
        logger.warning("the debug pages are not served at %s: %s", what, error)


def _head_from(connection: socket.socket) -> bytes | None:
    """Return what comes before the body; None if that is too long.

    Raises:
        OSError: it did not come in time.
        _Gone: the other side has closed before that.
    """
    give_up = time.monotonic() + HEAD_WITHIN
    head = bytearray()
    while (end := head.find(b"\r\n\r\n")) < 0:
        if len(head) > HEAD_AT_MOST:
            return None
        # Each byte may not start the time anew, or one a second would hold the place for ever.
        connection.settimeout(max(give_up - time.monotonic(), 0.001))
        received = connection.recv(4096)
        if not received:
            raise _Gone
        head += received
    return bytes(head[:end]) if end <= HEAD_AT_MOST else None


def _send(connection: socket.socket, head: bytes, body: bytes) -> None:
    # In one piece, or the second waits for an acknowledgement; but a large one is not copied.
    if len(body) < _COPIED_AT_MOST:
        connection.sendall(head + body)
    else:
        connection.sendall(head)
        connection.sendall(body)


def _pour_away(connection: socket.socket) -> None:
    """Take some of what is still coming: closing before that would take the answer back."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(_PAUSE)
    taken = 0
    with contextlib.suppress(OSError):
        while taken < _BODY_AT_MOST and (received := connection.recv(4096)):
            taken += len(received)


def _send_away(connection: socket.socket) -> None:
    response = plain(503, "busy; ask again", ("retry-after", "1"))
    with connection, contextlib.suppress(OSError):
        connection.settimeout(0)
        connection.sendall(head_of(response) + response.body)


_all: weakref.WeakSet[Server] = weakref.WeakSet()


def _forget_all() -> None:
    for server in tuple(_all):
        server.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
