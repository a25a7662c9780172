"""Daemon threads: what hangs in one holds up nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from snowshed.shed._rules._threads import DaemonThreads

HUNG = """
import asyncio, threading
from snowshed.shed._meter import Meter
from snowshed.shed._rules import RuleEvent, RuleRunner, RulesFile
from snowshed.shed._rules._hooks import HookRunner

hangs = threading.Event()

def hang(*_):
    hangs.set()
    threading.Event().wait()

async def hook():
    runner = HookRunner({"hook": hang}, timeout=0.01)
    runner.fire("hook", RuleEvent(0.0, "enter", "a"))
    await until_it_hangs()
    await runner.aclose()

async def file():
    rules = RulesFile("standard")
    runner = RuleRunner(rules, meter=Meter(), interval=0.01)
    rules.poll = hang
    runner.start()
    await until_it_hangs()

async def until_it_hangs():
    while not hangs.is_set():
        await asyncio.sleep(0.01)

asyncio.run(WHICH())
print("ended")
"""


@pytest.mark.parametrize("which", ["hook", "file"])
def test_a_process_ends_though_a_hook_or_the_disk_hangs(which: str) -> None:
    command = [sys.executable, "-c", HUNG.replace("WHICH", which)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "ended\n"


@pytest.mark.asyncio
async def test_what_it_returns_and_raises_comes_back() -> None:
    def job(error: BaseException | None) -> str:
        if error is not None:
            raise error
        thread = threading.current_thread()
        return f"{thread.name} {thread.daemon}"

    loop, threads = asyncio.get_running_loop(), DaemonThreads("job")
    assert await loop.run_in_executor(threads, job, None) == "job True"
    with pytest.raises(KeyError):
        await loop.run_in_executor(threads, job, KeyError("a"))
    for error in (StopIteration(), SystemExit(3)):
        with pytest.raises(RuntimeError, match=type(error).__name__):
            await asyncio.wait_for(loop.run_in_executor(threads, job, error), 5)
