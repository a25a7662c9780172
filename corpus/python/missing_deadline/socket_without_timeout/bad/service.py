"""The health of a cache is asked by a plain socket, which waits for ever.

The check is there to notice a cache that hangs. When it does, the check hangs as well: each probe
leaves a thread behind, and the page that should say "unhealthy" says nothing.

Cause: missing-deadline. In the wild: etherlabsio/healthcheck#28 has the same in Go.
"""

import socket


def is_healthy(host: str, port: int) -> bool:
    """Tell whether the cache answers."""
    try:
        with socket.create_connection((host, port)) as connection:  # bug: SN201
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False
