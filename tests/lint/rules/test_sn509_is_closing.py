"""Who asks a writer whether it is closed knows it, on one way and not on the other."""

from __future__ import annotations

import pytest

from lint._wanted import python

HEAD = """
import asyncio

others = {}

async def serve():
    await asyncio.start_server(handle, port=1)

async def handle(reader, writer):
"""


@pytest.mark.parametrize(
    "body",
    [
        """\
    if writer.is_closing():
        return
    writer.write(await reader.read())
    writer.close()
""",
        """\
    if not writer.is_closing():
        writer.write(await reader.read())
    else:
        return
    writer.close()
""",
        """\
    while True:
        if await reader.read() and writer.transport.is_closing():
            break
        if not (await reader.read() or writer.is_closing()):
            writer.write(await reader.read())
    else:
        writer.close()
""",
        """\
    while not writer.is_closing():
        if await reader.read(1) == b'x':
            writer.close()
            return
""",
        """\
    if await reader.read() and not writer.is_closing():
        writer.close()
""",
    ],
)
def test_where_it_is_closed_it_is_not_left_open(body: str) -> None:
    python("SN509", HEAD + body)


@pytest.mark.parametrize(
    "body",
    [
        # The other half of the question says nothing of it.
        """\
    if writer.is_closing() or not await reader.read():
        return  # want
    writer.close()
""",
        """\
    if not writer.is_closing():
        return  # want
    writer.close()
""",
        # It is over, and goes on where it is not.
        """\
    if writer.is_closing():
        print('it is over')
    if not await reader.read():
        return  # want
    writer.close()
""",
        """\
    while not writer.is_closing():  # want
        if not await reader.read():
            break
        if await reader.read() == b'x':
            writer.close()
""",
        # Another one is asked about.
        """\
    if others['b'].is_closing():
        return  # want
    writer.close()
""",
    ],
)
def test_where_it_may_be_open_it_is(body: str) -> None:
    python("SN509", HEAD + body)
