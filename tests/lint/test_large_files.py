"""What it takes grows with a file as the file does: counted in calls, which no machine changes."""

from __future__ import annotations

import cProfile
import pstats

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
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "kind",
    [TASKS, ASKED, COROUTINES, METHODS, SENDERS],
    ids=["tasks", "tasks that are asked about", "coroutines", "methods", "senders"],
)
def test_twice_as_much_takes_twice_as_long(kind: tuple[Language, str, str]) -> None:
    calls(*kind, 50)  # loads what is loaded once
    assert calls(*kind, 800) < 2.4 * calls(*kind, 400)
