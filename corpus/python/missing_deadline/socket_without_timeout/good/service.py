"""The health of a cache is asked by a socket that waits for a second: that is unhealthy, too."""

import socket

TIMEOUT = 1.0


def is_healthy(host: str, port: int) -> bool:
    """Tell whether the cache answers."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False
