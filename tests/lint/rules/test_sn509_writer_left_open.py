"""Writers of connections, and the ways out of a function that leave them open."""

from __future__ import annotations

import pytest

from lint._wanted import python

HEAD = """
import asyncio
import contextlib
import socket

devices = {}
"""
SERVE = "\n\nasync def main():\n    await asyncio.start_server(handle, None, 7000)\n"
METHOD = (
    "\n    async def start(self):\n        await asyncio.start_server(self.handle, None, 7000)\n"
)

NEVER = [
    # Nothing closes it.
    """\
async def handle(reader, writer):  # want
    writer.write(await reader.read())
""",
    # A helper writes, and that is all that it does.
    """\
async def send(w, data):
    w.write(data)
    await w.drain()

async def handle(reader, writer):  # want
    await send(writer, b'hello')
""",
    # A handler that is no coroutine.
    """\
def handle(reader, writer):  # want
    writer.write(b'full')
""",
]


@pytest.mark.parametrize("text", NEVER)
def test_a_handler_that_never_closes_it(text: str) -> None:
    (found,) = python("SN509", HEAD + text + SERVE)
    assert (
        found.message
        == "`writer` is never closed: each call of `handle` leaves its connection open"
    )


ON_ONE_WAY = [
    # A device that vanishes is kept for ever.
    """\
async def handle(reader, writer):
    devices[await reader.readline()] = writer
    while line := await reader.readline():  # want
        if line == b'bye':
            writer.close()
            return
""",
    # Who is refused is forgotten.
    """\
async def handle(reader, writer):
    line = await reader.readline()
    if line not in devices:
        writer.write(b'no')
        return  # want
    writer.write(devices[line])
    await writer.drain()
    writer.close()
""",
    # An error that is logged, and nothing else.
    """\
async def handle(reader, writer):
    try:  # want
        writer.write(await answer(reader))
        writer.close()
    except Exception:
        log('it failed')
""",
    # The same with a `return`.
    """\
async def handle(reader, writer):
    try:
        line = await reader.readline()
    except ConnectionError:
        return  # want
    writer.write(line)
    writer.close()
""",
    # A timeout that says so and goes.
    """\
async def handle(reader, writer):
    try:
        async with asyncio.timeout(5):
            line = await reader.readline()
    except TimeoutError:
        writer.write(b'too slow')
        return  # want
    writer.write(line)
    writer.transport.abort()
""",
    # A command that ends the loop, and the loop that ends by itself.
    """\
async def handle(reader, writer):
    async for line in reader:  # want
        if line == b'quit':
            writer.close()
            break
        writer.write(line)
""",
    # A protocol with a `match`.
    """\
async def handle(reader, writer):
    while True:
        match await reader.readline():
            case b'quit':
                writer.close()
                return
            case b'':
                return  # want
            case line:
                writer.write(line)
""",
    # A helper closes it, on one way.
    "async def bye(w):\n    w.write(b'bye')\n    w.close()\n    await w.wait_closed()\n\n"
    "async def handle(reader, writer):\n    if await reader.read(1) == b'x':\n"
    "        await bye(writer)\n        return\n    log(writer)  # want".replace("log(", "print("),
    # Kept in a set, of which it is taken on the good way only.
    """\
async def handle(reader, writer):
    peers.add(writer)
    if not await reader.readline():
        return  # want
    peers.discard(writer)
    writer.close()
""",
]


@pytest.mark.parametrize("text", ON_ONE_WAY)
def test_a_way_out_that_leaves_it_open(text: str) -> None:
    (found,) = python("SN509", HEAD + text + SERVE)
    assert found.message.endswith("which it closes on other ways")
    assert [each.message for each in found.related] == ["it is closed here"]


def test_a_method_and_a_name_for_the_argument() -> None:
    method = "class S:\n    async def handle(self, r, w):  # want\n        w.write(b'x')\n"
    python("SN509", HEAD + method + METHOD)
    named = "async def handle(r, w):  # want\n    w.write(b'x')\n"
    start = "\nasyncio.start_unix_server(client_connected_cb=handle, path='x')\n"
    python("SN509", HEAD + named + start)
    in_another_file = HEAD + "from .handlers import handle\n" + SERVE
    python("SN509", {"serve.py": in_another_file, "handlers.py": HEAD + named})


CLOSED = [
    """\
async def handle(reader, writer):
    try:
        writer.write(await reader.read())
    finally:
        writer.close()
""",
    """\
async def handle(reader, writer):
    try:
        if not await reader.read():
            return
        writer.write(b'x')
    except ConnectionError:
        return
    finally:
        if not writer.is_closing():
            writer.close()
""",
    """\
async def handle(reader, writer):
    with contextlib.closing(writer):
        writer.write(b'x')
""",
    """\
async def handle(reader, writer):
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(writer.close)
        writer.write(b'x')
""",
    """\
async def handle(reader, writer):
    while True:
        line = await reader.readline()
        if not line:
            break
        writer.write(line)
    writer.close()
""",
    """\
async def handle(reader, writer):
    while line := await reader.readline():
        writer.write(line)
    else:
        writer.close()
""",
    # What fails while it is closed.
    """\
async def handle(reader, writer):
    try:
        writer.close()
        await writer.wait_closed()
    except Exception:
        pass
""",
    # The condition is the question whether it is open.
    """\
async def handle(reader, writer):
    is_mine = await ask(reader)
    if is_mine:
        writer.close()
""",
    """\
async def handle(reader, writer):
    is_on = True
    while is_on:
        if not await reader.read(1):
            writer.close()
            is_on = False
""",
    # Never left but by an error, after which asyncio closes it.
    """\
async def handle(reader, writer):
    while True:
        writer.write(await reader.read(1))
""",
    """\
async def handle(reader, writer):
    line = await reader.readline()
    if not line:
        raise ValueError(line)
    writer.close()
""",
    """\
async def end(w):
    w.close()

async def handle(reader, writer):
    writer.write(b'x')
    await end(writer)
""",
    """\
async def handle(reader, writer):
    writer.write(b'x')
    return await end(writer)

async def end(w):
    w.close()
""",
    """\
async def handle(reader, writer):
    try:
        await work(reader)
    except OSError:
        writer.close()
        return
    else:
        writer.close()
""",
]


@pytest.mark.parametrize("text", CLOSED)
def test_one_that_is_closed_on_each_way(text: str) -> None:
    python("SN509", HEAD + text + SERVE)


OTHERS = [
    # Somebody else has it.
    """\
async def handle(reader, writer):
    await Session(reader, writer).run()
""",
    """\
async def handle(reader, writer):
    asyncio.create_task(serve(reader, writer))
""",
    """\
async def serve(reader, writer):
    writer.write(b'x')

def handle(reader, writer):
    asyncio.create_task(serve(reader, writer))
""",
    """\
async def handle(reader, writer):
    await end(writer=writer)
""",
    """\
async def handle(reader, writer):
    return writer
""",
    """\
async def handle(reader, writer):
    def end():
        writer.close()
    devices['x'] = end
""",
    """\
async def handle(reader, writer):
    pair = (reader, writer)
    await pipe(*pair)
""",
    """\
async def handle(reader, writer):
    transport = writer.transport
    transport.close()
""",
    """\
async def send(w):
    devices['x'] = Peer(w)

async def handle(reader, writer):
    await send(writer)
""",
    # Kept, and closed by who ends all of them, or by nobody here.
    """\
async def handle(reader, writer):
    devices['x'] = writer
    await reader.read()
""",
    """\
def stop():
    for each in devices.values():
        each.close()

async def handle(reader, writer):
    devices['x'] = writer
    if not await reader.read():
        return
    writer.close()
""",
    # Another writer has the same name.
    """\
async def handle(reader, writer):
    writer = Writer(writer)
    writer.write(b'x')
""",
    # No handler: whoever calls it has the writer.
    """\
async def other(reader, writer):
    writer.write(b'x')

async def handle(reader, writer):
    writer.close()
""",
    """\
async def handle(reader, writer):
    writer.write(b'x')
    yield 1
    writer.close()
""",
]


@pytest.mark.parametrize("text", OTHERS)
def test_one_that_somebody_else_has(text: str) -> None:
    python("SN509", HEAD + text + SERVE)


def test_one_that_an_attribute_has() -> None:
    text = (
        "class S:\n    async def handle(self, r, w):\n        self.w = w\n        w.write(b'x')\n"
    )
    python("SN509", HEAD + text + METHOD)


def test_main_ends_with_the_process() -> None:
    python("SN509", HEAD + NEVER[0].replace("handle", "main").replace("  # want", ""))
