"""Consumers that end at an error of their work, and those whose end leads somewhere."""

from __future__ import annotations

import pytest

from lint._wanted import python

RULE = "SN324"
JOURNAL = """
import asyncio
class Journal:
    def __init__(self, size):
        self.events = asyncio.Queue(maxsize=10)
        self.task = None
    def start(self):
        self.task = asyncio.create_task(self.run())
    async def run(self):
        while True:
            event = await self.events.get()
            await self.write(event)  # want
    async def note(self, event):
        await self.events.put(event)
    async def stop(self):
        self.task.cancel()
"""


def journal(*changes: tuple[str, str], more: str = "") -> str:
    code = JOURNAL
    for old, new in changes:
        assert old in code
        code = code.replace(old, new)
    return code + more


WORK = "            await self.write(event)  # want"
GET = f"            event = await self.events.get()\n{WORK}"
MORTAL = {
    "kept": journal(),
    "dropped": journal(("self.task = asyncio.create", "asyncio.create")),
    "a limit that is told": journal(("maxsize=10", "size")),
    "many that wait for the end of all": journal(("events.put(event)", "events.join()")),
    "that says when an element is done": journal(
        (
            WORK,
            (
                "            try:\n                await self.write(event)  # want\n"
                "            finally:\n                self.events.task_done()"
            ),
        )
    ),
    "that knows when it is cancelled": journal(
        (
            WORK,
            (
                "            try:\n                await self.write(event)  # want\n"
                "            except asyncio.CancelledError:\n                return"
            ),
        )
    ),
    "cancelled and waited for": journal(more="        await self.task\n"),
    "of the module": """
import asyncio
events = asyncio.Queue(10)
async def run():
    while True:
        event = await events.get()
        await write(event)  # want
async def start():
    asyncio.create_task(run())
async def note(event):
    await events.put(event)
""",
}


@pytest.mark.parametrize("code", MORTAL.values(), ids=[*MORTAL])
def test_it_ends_at_an_error(code: str) -> None:
    (found,) = python(RULE, code)
    assert found.waits_at


SOUND = {
    "goes on": journal(
        (
            WORK,
            (
                "            try:\n                await self.write(event)\n"
                "            except Exception:\n                log.exception('lost')"
            ),
        )
    ),
    "says that it ends": journal(
        ("        while True:\n", "        try:\n         while True:\n"),
        (WORK, f"{WORK[:-8]}\n        except Exception:\n            self.broken = True"),
    ),
    "ends by what the finally does": journal(
        ("        while True:\n", "        try:\n         while True:\n"),
        (WORK, f"{WORK[:-8]}\n        finally:\n            self.close()"),
    ),
    "handled by a block": journal(
        (WORK, "            with suppress(OSError):\n                await self.write(event)")
    ),
    "no limit": journal(("maxsize=10", ""), ("  # want", "")),
    "no limit, by its number": journal(("maxsize=10", "0"), ("  # want", "")),
    "nobody waits": journal(
        ("await self.events.put(event)", "self.events.put_nowait(event)"), ("  # want", "")
    ),
    "who puts gives up": journal(
        ("await self.events.put(event)", "await asyncio.wait_for(self.events.put(event), 3)"),
        ("  # want", ""),
    ),
    "has a callback": journal(
        ("  # want", ""),
        ("self.run())", "self.run())\n        self.task.add_done_callback(self.ended)"),
    ),
    "is looked at": journal(
        ("  # want", ""), more="    def is_well(self): return not self.task.done()\n"
    ),
    "is waited for": journal(("  # want", ""), more="    async def join(self): await self.task\n"),
    "belongs to a group": journal(
        ("  # want", ""),
        ("asyncio.create_task(self.run())", "await gather(self.run())"),
        ("def start", "async def start"),
    ),
    "is given to somebody": journal(
        ("  # want", ""), more="    def all(self): return [self.task]\n"
    ),
    "takes one": journal(("while True", "if True"), ("  # want", "")),
    "ends when it is told to": journal(("while True", "while self.runs"), ("  # want", "")),
    "does what cannot fail": journal(("self.write(event)  # want", "asyncio.sleep(1)")),
    "a queue from elsewhere": journal(("asyncio.Queue(maxsize=10)", "size"), ("  # want", "")),
}


@pytest.mark.parametrize("code", SOUND.values(), ids=[*SOUND])
def test_its_end_leads_somewhere(code: str) -> None:
    python(RULE, code)
