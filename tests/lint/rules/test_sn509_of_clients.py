"""Writers of connections that a client opens: closed by asyncio once nobody has them."""

from __future__ import annotations

import pytest

from lint._wanted import python

HEAD = """
import asyncio

devices = {}
"""

CLIENT = [
    """\
    r, w = await asyncio.open_connection('h', 1)
    if not await r.read():
        return None  # want advice
    w.close()
""",
    """\
    r, w = await asyncio.wait_for(asyncio.open_connection('h', 1), 5)
    try:  # want advice
        data = await r.read()
        w.close()
    except OSError:
        data = b''
""",
    """\
    r, w = await asyncio.wait_for(  # no end
        asyncio.open_connection('h', 1), 5  # want advice
    )
    w.write(b'x')
""",
]


@pytest.mark.parametrize("text", CLIENT)
def test_a_client_is_told_as_advice(text: str) -> None:
    """Since Python 3.11 the writer of a client is closed once nobody has it."""
    python("SN509", f"{HEAD}async def ask():\n{text}\n")


def test_a_client_that_a_collection_has() -> None:
    text = (
        "async def ask(name):\n    r, w = await asyncio.open_connection('h', 1)\n"
        "    devices[name] = w\n    if not await r.read():\n        return None  # want\n"
        "    del devices[name]\n    w.close()\n"
    )
    python("SN509", HEAD + text)


QUIET_CLIENT = [
    # What could not be opened is not there.
    """\
    try:
        r, w = await asyncio.open_connection('h', 1)
    except OSError:
        return None
    w.close()
""",
    """\
    w = None
    try:
        r, w = await asyncio.open_connection('h', 1)
        return await r.read()
    except OSError:
        return b''
    finally:
        if w:
            w.close()
""",
    """\
    while True:
        try:
            r, w = await asyncio.open_connection('h', 1)
        except ConnectionRefusedError:
            continue
        else:
            w.close()
            break
""",
    """\
    for _ in range(3):
        r, w = await asyncio.open_connection('h', 1)
        w.close()
""",
    # An error on its way out: nobody has it then.
    """\
    r, w = await asyncio.open_connection('h', 1)
    data = await r.read()
    w.close()
    return data
""",
    # Another rule tells of one that is never closed.
    """\
    r, w = await asyncio.open_connection('h', 1)
    return await r.read()
""",
    "    return await asyncio.open_connection('h', 1)",
    "    self.r, self.w = await asyncio.open_connection('h', 1)",
    """\
    streams = await asyncio.open_connection('h', 1)
    return streams
""",
    """\
    r, w = await asyncio.open_connection('h', 1)
    return Connection(r, w)
""",
]


@pytest.mark.parametrize("text", QUIET_CLIENT)
def test_a_client_that_is_well(text: str) -> None:
    python("SN509", f"{HEAD}async def ask(self):\n{text}\n")
