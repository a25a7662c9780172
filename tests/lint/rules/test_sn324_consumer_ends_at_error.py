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
    "until all is done": journal(
        ("maxsize=10", ""),
        (WORK, f"{WORK}\n            self.events.task_done()"),
        ("events.put(event)", "events.join()"),
    ),
}
ALL = """
import asyncio
async def worker(name, queue):
    while True:
        url = await queue.get()
        await fetch(url)  # want
        queue.task_done()
async def crawl(urls):
    queue = asyncio.Queue()
    workers = [asyncio.create_task(worker(n, queue)) for n in range(4)]
    for url in urls:
        queue.put_nowait(url)
    await queue.join()
    for each in workers:
        each.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
"""


def all_(*changes: tuple[str, str]) -> str:
    code = ALL
    for old, new in changes:
        assert old in code
        code = code.replace(old, new)
    return code


LAST = "    await asyncio.gather(*workers, return_exceptions=True)\n"
WORKERS = "workers = [asyncio.create_task(worker(n, queue)) for n in range(4)]"
# Who starts them waits until all is done, and only then looks at them.
MORTAL_IN_ONE = {
    "cancelled and waited for after it": all_(),
    "cancelled after it": all_((LAST, "")),
    "one by one": all_(
        (
            WORKERS,
            (
                "workers = []\n    for n in range(4):\n"
                "        task = asyncio.create_task(worker(n, queue))\n"
                "        workers.append(task)"
            ),
        )
    ),
    "one, by its name": all_(
        (WORKERS, "task = asyncio.create_task(worker(1, queue=queue))"),
        ("    for each in workers:\n        each.cancel()\n" + LAST, "    task.cancel()\n"),
    ),
    "a limit as well": all_(
        ("Queue()", "Queue(10)"), ("queue.put_nowait(url)", "await queue.put(url)")
    ),
    "in the function itself": """
import asyncio
async def crawl(urls):
    queue = asyncio.Queue()
    async def worker():
        while True:
            url = await queue.get()
            await fetch(url)  # want
            queue.task_done()
    worker_task = asyncio.ensure_future(worker())
    for url in urls:
        await queue.put(url)
    await queue.join()
    worker_task.cancel()
""",
}


@pytest.mark.parametrize("code", MORTAL_IN_ONE.values(), ids=[*MORTAL_IN_ONE])
def test_all_is_waited_for_and_one_has_ended(code: str) -> None:
    (found,) = python(RULE, code)
    assert found.waits_at


SOUND_IN_ONE = {
    "each is done, and the others go on": all_(
        (
            "        await fetch(url)  # want\n        queue.task_done()",
            (
                "        try:\n            await fetch(url)\n"
                "        finally:\n            queue.task_done()"
            ),
        ),
    ),
    "each error is caught": all_(
        (
            "        await fetch(url)  # want\n",
            (
                "        try:\n            await fetch(url)\n        except Exception:\n"
                "            log.exception('lost')\n"
            ),
        )
    ),
    "each is done, and as many go on": all_(
        ("        await fetch(url)  # want\n        queue.task_done()", "        queue.task_done()")
    ),
    "raced with them": all_(
        ("  # want", ""),
        (
            "    await queue.join()\n",
            (
                "    done = asyncio.create_task(queue.join())\n"
                "    await asyncio.wait({done, *workers}, return_when='FIRST_COMPLETED')\n"
            ),
        ),
    ),
    "looked at before": all_(
        ("  # want", ""),
        (
            "    await queue.join()\n",
            "    await asyncio.gather(*workers)\n    await queue.join()\n",
        ),
    ),
    "looked at before, in a list": all_(
        ("  # want", ""),
        (
            WORKERS,
            (
                "workers = []\n    for n in range(4):\n"
                "        task = asyncio.create_task(worker(n, queue))\n"
                "        workers.append(task)"
            ),
        ),
        (
            "    await queue.join()\n",
            "    await asyncio.wait(workers, timeout=60)\n    await queue.join()\n",
        ),
    ),
    "with a callback": all_(
        ("  # want", ""),
        (
            "    await queue.join()\n",
            "    for one in workers:\n        one.add_done_callback(x)\n    await queue.join()\n",
        ),
    ),
    "who waits gives up": all_(
        ("  # want", ""), ("await queue.join()", "await asyncio.wait_for(queue.join(), 5)")
    ),
    "nothing says that it is done": all_(("  # want", ""), ("        queue.task_done()\n", "")),
    "given to somebody": all_(("  # want", ""), (WORKERS, f"{WORKERS}\n    watch(workers)")),
    "another queue": all_(("  # want", ""), ("await queue.join()", "await other.join()")),
    "of a parameter": all_(
        ("  # want", ""),
        ("crawl(urls)", "crawl(urls, queue)"),
        ("    queue = asyncio.Queue()\n", ""),
    ),
}


@pytest.mark.parametrize("code", SOUND_IN_ONE.values(), ids=[*SOUND_IN_ONE])
def test_all_is_waited_for_and_each_goes_on(code: str) -> None:
    python(RULE, code)


def test_the_message_says_what_waits() -> None:
    (found,) = python(RULE, all_())
    assert found.message == (
        "an error here ends `worker`, and nobody is told: then not all of `queue` is ever done, "
        "and `join` waits for ever"
    )
    (found,) = python(RULE, journal())
    assert found.message.endswith(
        "from `self.events`, and when it is full each `put` waits for ever"
    )


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
