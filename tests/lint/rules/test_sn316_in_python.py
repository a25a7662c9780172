"""Events and futures of Python that nobody sets, or nobody when something fails."""

from __future__ import annotations

import pytest

from lint._wanted import python

RULE = "SN316"
HEAD = "import asyncio, threading\nfrom asyncio import Event\n"


def head(code: str) -> str:
    return HEAD + code.lstrip("\n")


NEVER = {
    "an attribute": """
class Server:
    def __init__(self):
        self._ready = asyncio.Event()
    async def wait(self):
        await self._ready.wait()  # want
""",
    "that is only looked at": """
class Server:
    def __init__(self):
        self._ready: Event | None = None
    def start(self):
        self._ready = Event()
        self._ready.clear()
    async def wait(self):
        if self._ready is not None and not self._ready.is_set():
            await self._ready.wait()  # want
""",
    "a future": """
class Server:
    def __init__(self, loop):
        self._answer = loop.create_future()
    async def wait(self):
        return await self._answer  # want
""",
    "of threads": """
class Server:
    def __init__(self):
        self._stopped = threading.Event()
    def join(self):
        self._stopped.wait()  # want
""",
    "of the module": """
_ready = threading.Event()
def wait():
    _ready.wait()  # want
""",
}


@pytest.mark.parametrize("code", NEVER.values(), ids=[*NEVER])
def test_nobody_sets_it(code: str) -> None:
    (found,) = python(RULE, head(code))
    assert "nobody ever sets" in found.message


ATTRIBUTE = """
class Server:
    def __init__(self, ready=None):
        self._ready = asyncio.Event()
    async def wait(self):
        await self._ready.wait()
"""
SOMEBODY = {
    "is set": ATTRIBUTE + "    def go(self): self._ready.set()\n",
    "is set by another": ATTRIBUTE + "def go(server): server._ready.set()\n",
    "is set later": ATTRIBUTE + "    def go(self): loop.call_soon(self._ready.set)\n",
    "is given to somebody": ATTRIBUTE + "    def go(self): start(self._ready)\n",
    "is told": ATTRIBUTE + "    @property\n    def ready(self): return self._ready\n",
    "is found by its name": ATTRIBUTE + "def go(server): getattr(server, '_ready').set()\n",
    "is another's, too": ATTRIBUTE + "    def go(self, ready): self._ready = ready\n",
    "has another name": ATTRIBUTE + "    def go(self):\n        e = self._ready\n        e.set()\n",
    "belongs to all": ATTRIBUTE.replace("_ready", "ready"),
    "is waited for with an end": ATTRIBUTE.replace(
        "await self._ready.wait()", "await asyncio.wait_for(self._ready.wait(), 3)"
    ),
    "is waited for in a block with an end": """
class Server:
    def __init__(self):
        self._ready = asyncio.Event()
    async def wait(self):
        async with asyncio.timeout(3):
            await self._ready.wait()
""",
    "is one of several": ATTRIBUTE.replace(
        "await self._ready.wait()", "await asyncio.wait({asyncio.create_task(self._ready.wait())})"
    ),
    "of threads, with an end": """
class Server:
    def __init__(self):
        self._stopped = threading.Event()
    def join(self):
        self._stopped.wait(3)
        self._stopped.wait(timeout=3)
""",
    "runs until it is cancelled": """
async def main():
    forever = asyncio.Event()
    await forever.wait()
    await asyncio.Event().wait()
    await asyncio.Future()
""",
}


@pytest.mark.parametrize("code", SOMEBODY.values(), ids=[*SOMEBODY])
def test_somebody_may_set_it(code: str) -> None:
    python(RULE, head(code))


def test_a_module_beside_it_sets_it() -> None:
    python(RULE, {"a.py": head(ATTRIBUTE), "b.py": "import asyncio\ndef go(s): s._ready.set()\n"})


def load(body: str, more: str = "") -> str:
    lines = "\n".join(f"            {line}" for line in body.strip().splitlines())
    return head(f"""
class Catalogue:
    def __init__(self):
        self.loaded = None
    async def price(self, product):
        if self.loaded is None:
{lines}
        await self.loaded.wait()
{more}
""")


GOOD_PATH = {
    "an attribute": """
self.loaded = asyncio.Event()
self.prices = await self.load()
self.loaded.set()  # want
""",
    "a variable, too": """
event = self.loaded = asyncio.Event()
self.prices = await self.load()
event.set()  # want
""",
    "an error is told and goes on": """
self.loaded = asyncio.Event()
try:
    self.prices = await self.load()
except OSError:
    log.exception("no prices")
    raise
self.loaded.set()  # want
""",
    "in the try": """
self.loaded = asyncio.Event()
try:
    self.prices = await self.load()
    self.loaded.set()  # want
except OSError:
    self.loaded = None
    raise
""",
}


@pytest.mark.parametrize("code", GOOD_PATH.values(), ids=[*GOOD_PATH])
def test_it_is_set_only_if_all_goes_well(code: str) -> None:
    (found,) = python(RULE, load(code))
    assert found.waits_at


BAD_PATH = {
    "in a finally": """
self.loaded = asyncio.Event()
try:
    self.prices = await self.load()
finally:
    self.loaded.set()
""",
    "in an except": """
self.loaded = asyncio.Event()
try:
    self.prices = await self.load()
    self.loaded.set()
except OSError:
    self.loaded.set()
    raise
""",
    "an error that goes no further": """
self.loaded = asyncio.Event()
try:
    self.prices = await self.load()
except OSError:
    self.prices = {}
self.loaded.set()
""",
    "nothing that waits": """
self.loaded = asyncio.Event()
self.prices = compute()
self.loaded.set()
""",
    "given to somebody": """
event = self.loaded = asyncio.Event()
register(event)
self.prices = await self.load()
event.set()
""",
}


@pytest.mark.parametrize("code", BAD_PATH.values(), ids=[*BAD_PATH])
def test_it_is_set_all_the_same(code: str) -> None:
    python(RULE, load(code))


def test_somebody_else_sets_it_when_it_fails() -> None:
    code = GOOD_PATH["an attribute"].replace("  # want", "")
    python(RULE, load(code, "    def fail(self):\n        self.loaded.set()\n"))


def test_whoever_waits_gives_up() -> None:
    code = load(GOOD_PATH["an attribute"].replace("  # want", ""))
    limited = "await asyncio.wait_for(self.loaded.wait(), 3)"
    python(RULE, code.replace("await self.loaded.wait()", limited))


FLIGHTS = """
class Flights:
    async def get(self, key):
        if key in self.flights:
            return await self.flights[key]
        future = self.flights[key] = asyncio.get_running_loop().create_future()
        value = await self.load(key)
        future.set_result(value)  # want
        return value
"""


def test_one_asks_for_all() -> None:
    python(RULE, head(FLIGHTS))
    found = FLIGHTS.replace(
        "in self.flights:", "in self.flights:\n            f = self.flights[key]"
    )
    python(RULE, head(found.replace("return await self.flights[key]", "return await f")))


def test_one_asks_for_all_and_tells_all() -> None:
    told = """
class Flights:
    async def get(self, key):
        if key in self.flights:
            return await self.flights[key]
        future = self.flights[key] = asyncio.get_running_loop().create_future()
        try:
            value = await self.load(key)
        except Exception as error:
            future.set_exception(error)
            raise
        future.set_result(value)
        return value
"""
    python(RULE, head(told))


REMOTE = """
class Remote:
    def __init__(self, reader):
        self.reader = reader
        self.waiting = {}
    async def read(self):
        while line := await self.reader.readline():
            self.waiting.pop(line).set_result(line)
    async def ask(self, number):
        future = asyncio.get_running_loop().create_future()
        self.waiting[number] = future
        await self.send(number)
        return await future  # want
"""


def test_an_answer_is_all_that_sets_it() -> None:
    python(RULE, head(REMOTE))


def test_a_callback_is_all_that_sets_it() -> None:
    code = REMOTE.replace("# want", "# want advice").replace(
        "async def read(self)", "def on(self, line)"
    )
    python(RULE, head(code.replace("while line := await self.reader.readline()", "if line")))


@pytest.mark.parametrize(
    "more",
    [
        "    def lost(self):\n        for each in self.waiting.values(): each.cancel()\n",
        "    def lost(self, why):\n        self.waiting.popitem()[1].set_exception(why)\n",
        "    def lost(self, each):\n        each.set_exception(OSError())\n",
        "    def lost(self):\n        for each in self.waiting.values(): each.set_result(None)\n",
    ],
)
def test_the_end_is_told(more: str) -> None:
    python(RULE, head(REMOTE.replace("  # want", "") + more))


def test_whoever_asks_gives_up() -> None:
    code = REMOTE.replace("await future  # want", "await asyncio.wait_for(future, 3)")
    python(RULE, head(code))


def test_a_module_beside_it_may_tell_the_end() -> None:
    beside = "import asyncio\ndef lost(r):\n    for each in r.waiting.values(): each.cancel()\n"
    python(RULE, {"a.py": head(REMOTE.replace("  # want", "")), "b.py": beside})
