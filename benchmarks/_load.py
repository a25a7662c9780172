"""The load generator of `fastapi_throughput`, a process of its own.

Reads lines of ``PORT ROUTE REQUESTS``, sends that many over connections that stay open, and answers
each line with the seconds that it took.
"""

from __future__ import annotations

import re
import socket
import sys
import time

CONNECTIONS = 8
CART = b'{"numbers": [1, 2, 3, 4, 5]}'
ROUTES = {
    "item": b"GET /item?number=42 HTTP/1.1\r\nhost: shop\r\n\r\n",
    "cart": b"POST /cart HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(CART), CART),
}
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def load(port: int, route: str, requests: int) -> float:
    """Send ``requests``, as many at once as there are connections; return the seconds."""
    request = ROUTES[route]
    began = time.perf_counter()
    connections = [
        socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(CONNECTIONS)
    ]
    for _ in range(requests // CONNECTIONS):
        for connection in connections:
            connection.sendall(request)
        for connection in connections:
            _read_response(connection)
    for connection in connections:
        connection.close()
    return time.perf_counter() - began


def _read_response(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    if length is None or not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"not the expected answer: {head!r}")
    while len(body) < int(length[1]):
        body += _some(connection)


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server has closed the connection")
    return data


if __name__ == "__main__":
    for line in sys.stdin:
        port, route, requests = line.split()
        print(load(int(port), route, int(requests)), flush=True)
