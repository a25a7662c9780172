"""Servers that answer in every way but the right one, and certificates for them."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import _needs

Serve = Callable[[socket.socket], object]

_AUTHORITY = """
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = {names}
"""


@contextmanager
def server(
    serve: Serve, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[str]:
    """A server that does ``serve`` with each that connects, one by one; yields its URL."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:

        def run() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                if done.is_set():
                    connection.close()
                    return
                try:
                    with connection, tls.wrap_socket(connection, True) if tls else connection as c:
                        c.settimeout(30)
                        serve(c)
                except OSError:
                    continue  # whoever asked has left, as these tests want it to

        done = threading.Event()
        thread = threading.Thread(target=run)
        thread.start()
        place = f"[{host}]" if ":" in host else host
        port = listening.getsockname()[1]
        try:
            yield f"{'https' if tls else 'http'}://{place}:{port}"
        finally:
            done.set()
            # `accept` is woken by whoever connects.
            socket.create_connection((host, port)).close()
            thread.join()


def saying(answer: bytes, *, tls: ssl.SSLContext | None = None) -> AbstractContextManager[str]:
    """A server that hears the question and says the same to everybody."""

    def serve(connection: socket.socket) -> None:
        hear(connection)
        connection.sendall(answer)

    return server(serve, tls=tls)


def hear(connection: socket.socket) -> bytes:
    """Return the whole question."""
    heard = b""
    while b"\r\n\r\n" not in heard and (piece := connection.recv(65536)):
        heard += piece
    return heard


def page(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """An answer with ``body``."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers))
    return head.encode() + b"\r\n\r\n" + body


def certificate(
    folder: Path, names: str, *, dates: tuple[str, str] = ("20200101000000Z", "20450101000000Z")
) -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself, and a server's context with it."""
    openssl = _needs.program("openssl")
    folder.mkdir()
    (folder / "ca.cnf").write_text(_AUTHORITY.format(names=names))
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01\n")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True, timeout=60)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", *curve, "-keyout", "key", "-out", "request", "-subj", "/CN=snowshed test")
    made = ("-selfsign", "-keyfile", "key", "-in", "request", "-out", "pem", "-notext")
    run("ca", "-batch", "-config", "ca.cnf", *made, "-startdate", dates[0], "-enddate", dates[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pem", folder / "key")
    return folder / "pem", context
