"""Every loop of the process is seen when it starts, with the frame that runs it."""

from __future__ import annotations

import asyncio
import asyncio.events
import subprocess
import sys
import threading

import pytest

import _needs
from snowshed.attach._loops import frame_of_running_loop, watch_loops


class Watch:
    def __init__(self):
        self.installed = []
        self.frames = {}
        self.stopped = []

    def install(self, loop):
        self.installed.append(loop)

    def running(self, loop, frame):
        if frame is None:
            self.stopped.append(loop)
        else:
            self.frames[loop] = frame.f_code.co_name


@pytest.fixture
def unchanged(monkeypatch):
    """Put the function that is replaced back afterwards."""
    for module in (asyncio.events, asyncio):
        monkeypatch.setattr(module, "_set_running_loop", module._set_running_loop)


@pytest.fixture
def watch(unchanged):
    watch = Watch()
    watch_loops(watch, failed=lambda: pytest.fail("it failed"))
    return watch


async def which():
    return asyncio.get_running_loop()


def test_a_loop_of_asyncio_run(watch):
    loop = asyncio.run(which())
    assert set(watch.installed) == {loop}
    assert watch.frames == {loop: "run_forever"}
    assert set(watch.stopped) == {loop}


def test_a_loop_of_ones_own_making(watch):
    class Mine(asyncio.SelectorEventLoop):
        pass

    with asyncio.Runner(loop_factory=Mine) as runner:
        loop = runner.run(which())
    assert type(loop) is Mine
    assert watch.installed[0] is loop


def test_the_loops_of_threads(watch):
    """asgiref runs loops of its own in threads, while the main one runs."""
    loops = []

    async def main():
        loops.append(await which())
        await asyncio.to_thread(lambda: loops.append(asyncio.run(which())))
        assert set(watch.frames) == set(loops)
        assert loops[0] not in watch.stopped

    asyncio.run(main())
    assert len(set(loops)) == 2
    assert set(watch.stopped) == set(loops)


def test_a_loop_that_stops_and_runs_again(watch):
    loop = asyncio.new_event_loop()
    for _ in range(2):
        assert loop.run_until_complete(which()) is loop
    loop.close()
    assert watch.stopped == [loop, loop]


def test_watching_again_replaces_the_former_watch(watch):
    other = Watch()
    watch_loops(other, failed=lambda: pytest.fail("it failed"))
    asyncio.run(which())
    assert watch.installed == []
    assert len(set(other.installed)) == 1


@pytest.mark.parametrize("hook", ["install", "running"])
def test_a_watch_that_fails_stops_no_loop(unchanged, hook):
    def fails(*_args):
        raise LookupError("a bug of ours")

    watch, failures = Watch(), []
    setattr(watch, hook, fails)
    watch_loops(watch, failed=lambda: failures.append(sys.exc_info()[0]))
    loop = asyncio.run(which())
    assert loop.is_closed()
    assert set(failures) == {LookupError}


def test_outside_of_a_loop_none_is_running(watch):
    asyncio.run(which())
    assert asyncio._get_running_loop() is None
    seen = []
    thread = threading.Thread(target=lambda: seen.append(asyncio._get_running_loop()))
    thread.start()
    thread.join()
    assert seen == [None]


def test_the_frame_of_a_loop_that_runs_already():
    async def main():
        return frame_of_running_loop().f_code.co_name

    assert asyncio.run(main()) == "run_forever"
    assert frame_of_running_loop() is None


# uvloop keeps what it finds when it is imported; in this process it may have been.
IN_PROCESS = """
import asyncio, sys
{first}
import snowshed
runtime = snowshed.init(sites_from=0, log_interval=0)
import uvloop
from snowshed.integrations.asgi import RequestScopeMiddleware

async def work(): pass

async def app(scope, receive, send):
    kept = [asyncio.create_task(work()) for _ in range(3)]
    asyncio.get_running_loop().call_soon(lambda: kept.append(asyncio.create_task(work())))
    await asyncio.sleep(0.05)

async def main():
    scope = {{"type": "http", "method": "GET", "path": "/"}}
    await asyncio.create_task(runtime.wrap(app)(scope, None, None))

uvloop.run(main())
print(runtime.statistics().spawned, runtime.statistics().failures)
"""


def run(first=""):
    code = IN_PROCESS.format(first=first)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )


def test_uvloop_imported_later_is_watched_down_to_its_callbacks():
    """Its loop has no frame: what a callback starts must not be blamed on who runs the loop."""
    _needs.module("uvloop")
    done = run()
    assert (done.stdout, done.stderr) == ("4 0\n", "")


def test_uvloop_imported_before_is_told_of():
    _needs.module("uvloop")
    done = run("import uvloop")
    assert done.stdout == "0 0\n"
    assert "uvloop was imported before snowshed.init() was called" in done.stderr
