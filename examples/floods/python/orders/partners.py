"""Who the shop talks to.

The carrier has a bad day: it takes every call and answers none. That needs no code, as the system
takes calls on behalf of a program that does not.
"""

from __future__ import annotations

import socket

_LISTENS = socket.create_server(("127.0.0.1", 0), backlog=4096)
CARRIER: str
CARRIER_PORT: int
CARRIER, CARRIER_PORT = _LISTENS.getsockname()
