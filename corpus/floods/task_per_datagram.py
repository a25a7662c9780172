"""Two thousand measurements arrive while the database takes a second for each."""

from __future__ import annotations

from typing import Any

from corpus.floods._world import Slow, Tasks, settled

MEASURES = "tasks alive at once when 2000 measurements have come in"
AT_MOST = 5
VIRTUAL = True


async def flood(service: Any) -> float:
    """Hand the measurements to the protocol, as the loop does."""
    tasks, database = Tasks(), Slow(1)
    transport = await service.serve(database)
    protocol = transport.get_protocol()
    for _ in range(2000):
        protocol.datagram_received(b"orders:3", ("127.0.0.1", 1))
    await settled()
    assert database.calls
    transport.close()
    return tasks.most
