"""What it takes grows with a file as the file does: counted in calls, which no machine changes."""

from __future__ import annotations

import cProfile

import pytest

from snowshed.lint._files import Language
from snowshed.lint._look import Text, Work, look, real

SERVICE = "import asyncio\nfrom fastapi import FastAPI\napp = FastAPI()\n"
HANDLER = f"{SERVICE}@app.post('/')\nasync def h():\n"
TASKS = (Language.PYTHON, HANDLER, "    asyncio.create_task(f{0}(x))\n")
ASKED = (Language.PYTHON, HANDLER, "    if x{0}: kept.add(asyncio.create_task(f{0}(x)))\n")
COROUTINES = (
    Language.PYTHON,
    SERVICE,
    "async def h{0}():\n    t = asyncio.create_task(f())\n    q.put_nowait(t)\n",
)
PLAIN = "import asyncio\n"
DROPPED = (
    Language.PYTHON,
    PLAIN,
    (
        "async def f{0}(x):\n    asyncio.create_task(g(x))\n"
        "    for y in x:\n        asyncio.create_task(g(y))\n    await asyncio.sleep(1)\n"
    ),
)
LOOPS = (
    Language.PYTHON,
    f"{PLAIN}async def f(x):\n",
    "    for y in x:\n        asyncio.create_task(g(y))\n        await h()\n",
)
TURN = (
    Language.PYTHON,
    f"{PLAIN}async def f(x):\n    while True:\n",
    "        asyncio.create_task(g(y))\n        await asyncio.sleep(1)\n",
)
CONSUMERS = (
    Language.PYTHON,
    PLAIN,
    (
        "class C{0}:\n    def __init__(self):\n        self.q = asyncio.Queue(5)\n"
        "        self.t = asyncio.create_task(self.run())\n"
        "    async def put(self, x):\n        await self.q.put(x)\n"
        "    async def run(self):\n        while True:\n"
        "            x = await self.q.get()\n            await work(x)\n"
    ),
)
WRITERS = (
    Language.PYTHON,
    PLAIN,
    (
        "conns{0} = {{}}\nasync def h{0}(reader, writer):\n    conns{0}[1] = writer\n"
        "    if await reader.readline():\n        writer.close()\n        return\n"
        "    print(1)\n    return\n"
        "async def m{0}():\n    await asyncio.start_server(h{0}, port=1)\n"
    ),
)
QUEUES = (
    Language.PYTHON,
    PLAIN,
    (
        "class A{0}:\n    def __init__(self):\n        self.s{0} = []\n"
        "    def take(self):\n        q = asyncio.Queue()\n        self.s{0}.append(q)\n"
        "        return q\n"
        "    def give(self, x):\n        for q in self.s{0}:\n            q.put_nowait(x)\n"
    ),
)
SEMAPHORES = (
    Language.PYTHON,
    PLAIN,
    (
        "async def f{0}(xs):\n    for y in xs:\n"
        "        asyncio.create_task(g(y, s=asyncio.Semaphore(2)))\n"
    ),
)
METHODS = (
    Language.GO,
    'package p\nimport "sync"\ntype S struct { mu sync.Mutex; ch chan int }\n',
    "func (s *S) M{0}() {{ s.mu.Lock(); defer s.mu.Unlock(); s.ch <- {0} }}\n",
)
SENDERS = (Language.GO, "package p\nfunc f(ch chan int) {\n", "\tgo func() {{ ch <- {0} }}()\n")


def calls(language: Language, head: str, part: str, count: int) -> int:
    """Return how many calls it takes to look at a file with ``count`` times ``part``."""
    tail = "}\n" if head.endswith("{\n") else ""
    code = head + "".join(map(part.format, range(count))) + tail
    profile = cProfile.Profile()
    seen = profile.runcall(look, Work(language, None, [Text("a", code.encode(), False)]), real())
    assert seen.problems == []
    return sum(each.callcount for each in profile.getstats())


@pytest.mark.parametrize(
    "kind",
    [TASKS, ASKED, COROUTINES, METHODS, SENDERS],
    ids=["tasks", "tasks that are asked about", "coroutines", "methods", "senders"],
)
def test_twice_as_much_takes_twice_as_long(kind: tuple[Language, str, str]) -> None:
    calls(*kind, 50)  # loads what is loaded once
    assert calls(*kind, 800) < 2.4 * calls(*kind, 400)


DENSE = {
    "dropped": DROPPED,
    "loops": LOOPS,
    "one turn": TURN,
    "consumers": CONSUMERS,
    "writers": WRITERS,
    "queues": QUEUES,
    "semaphores": SEMAPHORES,
}


@pytest.mark.parametrize("kind", DENSE.values(), ids=DENSE)
def test_what_has_much_to_tell_takes_no_longer(kind: tuple[Language, str, str]) -> None:
    """Each of many findings is asked about on its own, and not all others with it."""
    calls(*kind, 20)
    assert calls(*kind, 160) < 2.1 * calls(*kind, 80)


def test_loops_in_loops_are_gone_through_once() -> None:
    """A way through a loop may differ with what is known before it, but that is one of few."""

    def nested(depth: int) -> int:
        head = f"{PLAIN}async def h(reader, writer):\n    if reader:\n        writer.close()\n"
        loops = "".join(f"{' ' * (at + 4)}for x{at} in y:\n" for at in range(depth))
        end = f"{' ' * (depth + 4)}writer.write(b'')\nasyncio.start_server(h, port=1)\n"
        return calls(Language.PYTHON, head + loops, end, 1)

    nested(2)
    assert nested(12) < 3 * nested(6)
