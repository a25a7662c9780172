"""Helpers by which a coroutine blocks the loop, and helpers that do not."""

from __future__ import annotations

import pytest

from lint._wanted import python

HEAD = """
import asyncio
import os
import socket
import subprocess
import time
import urllib.request
import requests

session = requests.Session()

def sleeps(): time.sleep(1)
def asks(): return requests.get("http://a", timeout=1)
def asks_by_session(): return session.post("http://a")
def runs(): subprocess.run(["a"], check=True)
def opens(): return urllib.request.urlopen("http://a", timeout=1)
def computes(): return 1
def yields(): yield time.sleep(1)
async def waits(): time.sleep(1)
def reaps(): return os.waitpid(-1, os.WNOHANG)
def is_address(text): return socket.getaddrinfo(text, 0, flags=socket.AI_NUMERICHOST)
def plain(host):
    if host == "localhost":
        host = socket.gethostbyname(host)
    return host
"""


@pytest.mark.parametrize(
    "body",
    [
        "    sleeps()  # want",
        "    return asks()  # want",
        "    return asks_by_session().json()  # want",
        "    for _ in range(3):\n        runs()  # want",
        "    await store(opens())  # want",
    ],
)
def test_the_loop_waits_for_it(body: str) -> None:
    python("SN207", f"{HEAD}\nasync def handle():\n{body}\n")


@pytest.mark.parametrize(
    "body",
    [
        "    await asyncio.to_thread(sleeps)",
        "    await loop.run_in_executor(None, asks)",
        "    computes()",
        "    for each in yields():\n        pass",
        "    await waits()",
        "    reaps()",
        "    is_address(text)",
        "    plain(text)",
        "    time.sleep(1)",
        "    other.sleeps()",
        "    def later():\n        sleeps()\n    await asyncio.to_thread(later)",
        "    await asyncio.to_thread(lambda: sleeps())",
    ],
)
def test_the_loop_does_not_wait_for_it_or_another_linter_says_so(body: str) -> None:
    python("SN207", f"{HEAD}\nasync def handle():\n{body}\n")


@pytest.mark.parametrize("name", ["main", "start", "lifespan", "on_startup", "setup_module"])
def test_nobody_asks_yet_or_any_more(name: str) -> None:
    python("SN207", f"{HEAD}\nasync def {name}():\n    sleeps()\n")
    handler = f"@app.post('/{name}')\nasync def {name}():\n    sleeps()  # want\n"
    python("SN207", f"{HEAD}\n{handler}")


def test_a_function_that_is_no_coroutine_may_wait() -> None:
    python("SN207", f"{HEAD}\ndef handle():\n    sleeps()\n")


def test_the_helper_may_stand_in_a_module_beside_it_or_in_the_class() -> None:
    found = python(
        "SN207",
        {
            "api.py": """
                from .rates import rate

                class Prices:
                    def _load(self):
                        return rate()

                    def _nap(self):
                        import time
                        time.sleep(1)

                    async def price(self):
                        self._nap()  # want
                        return rate()  # want
                """,
            "rates.py": """
                import requests

                def rate():
                    return requests.get("http://a", timeout=1)
                """,
        },
    )
    told = {each.message: each.related[0].path for each in found}
    assert told == {
        "`self._nap` calls `time.sleep`, for which the loop and all its tasks wait": "app/api.py",
        "`rate` calls `requests.get`, for which the loop and all its tasks wait": "app/rates.py",
    }
