"""Whoever runs the tests: the test that leaks is named, and nobody else's."""

from __future__ import annotations

import re
import sys

import pytest

import _needs
from _projects import ASYNCIO, BEGINNING, PLUGINS, failing, run

pytest_plugins = ["pytester"]

SHARED_LOOP = """
import contextlib
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="session")
QUEUE = asyncio.Queue()


async def serve():
    while True:
        await asyncio.create_task(QUEUE.get())


@pytest_asyncio.fixture(loop_scope="session", scope="session", autouse=True)
async def server():
    task = asyncio.create_task(serve())
    yield
    task.cancel()


async def breed():
    while True:
        asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)


async def test_leaks():
    asyncio.create_task(breed(), name="breeder")
    await asyncio.sleep(0.001)


async def test_is_clean():
    for _ in range(10):
        await asyncio.sleep(0.001)


async def test_keeps_a_server_busy():
    for number in range(10):
        QUEUE.put_nowait(number)
        await asyncio.sleep(0)
"""


def test_on_a_shared_loop_a_leak_is_that_of_the_test_that_made_it(
    pytester: pytest.Pytester,
) -> None:
    """Neither of those that come after, nor are the tasks of fixtures anybody's leak."""
    arguments = ("--asyncio-mode=strict", "-o", "snowshed_leak_grace=0.001")
    printed = failing(pytester, SHARED_LOOP, *arguments)
    assert "1 failed, 2 passed" in printed
    assert "\n  breeder  breed()\n" in printed


ANYIO = """
import anyio

async def test_a_group_ends_its_tasks():
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0.001)

async def test_leaks():
    asyncio.create_task(refresh())

@pytest.fixture
async def background():
    task = asyncio.create_task(refresh())
    yield
    task.cancel()

async def test_with_a_fixture(background):
    await anyio.sleep(0)
"""


def test_under_anyio_the_runner_and_the_fixtures_are_nobodys_leak(
    pytester: pytest.Pytester,
) -> None:
    arguments = (*PLUGINS["anyio"], "--snowshed-leaks=error")
    result = run(pytester, *arguments, test_it=BEGINNING + ANYIO)
    result.assert_outcomes(failed=1, passed=2)
    assert "test_leaks ended with 1 task still running:\n  refresh()\n" in result.stdout.str()


def test_with_trio_nothing_is_watched_and_nothing_said(pytester: pytest.Pytester) -> None:
    _needs.module("trio")
    source = """
import pytest, trio

@pytest.fixture
def anyio_backend():
    return "trio"

@pytest.mark.max_tasks(1)
@pytest.mark.no_blocking(50)
async def test_it():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep, 0)
        nursery.start_soon(trio.sleep, 0)
"""
    result = run(pytester, *PLUGINS["anyio"], "--snowshed-leaks=error", test_it=source)
    result.assert_outcomes(passed=1)


def test_what_asyncio_run_cancels_is_no_leak(pytester: pytest.Pytester) -> None:
    source = """
import unittest

async def main():
    asyncio.create_task(refresh())
    await asyncio.sleep(0)

def test_run():
    asyncio.run(main())

def test_a_runner():
    with asyncio.Runner() as runner:
        runner.run(main())

class TestPlain(unittest.TestCase):
    def test_it(self):
        asyncio.run(main())

def test_a_loop_that_stays_open():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.stop()
    LOOPS.append(loop)

LOOPS = []

@pytest.fixture(scope="session", autouse=True)
def close():
    yield
    for loop in LOOPS:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_forever()
        loop.close()
"""
    printed = failing(pytester, source)
    assert "1 failed, 3 passed" in printed
    assert "test_a_loop_that_stays_open ended with 1 task still running:" in printed


def test_each_example_of_a_property_is_looked_through(pytester: pytest.Pytester) -> None:
    source = """
from hypothesis import given, settings, strategies

@settings(max_examples=3, database=None)
@given(strategies.integers())
async def test_leaks(number):
    asyncio.create_task(refresh())

@settings(max_examples=3, database=None)
@given(strategies.integers())
async def test_is_clean(number):
    await asyncio.sleep(0)
"""
    printed = failing(pytester, source, "-o", "snowshed_leak_grace=0")
    assert "1 failed, 1 passed" in printed
    assert re.search(r"\n  refresh\(\)  \(\d+ times\)\n", printed)


TWO_LEAKS = """
async def test_one():
    asyncio.create_task(refresh())

async def test_two():
    asyncio.create_task(refresh())
"""


@pytest.mark.parametrize("mode", ["warn", "error"])
def test_workers_of_xdist_report_to_the_terminal(pytester: pytest.Pytester, mode: str) -> None:
    _needs.module("xdist")
    arguments = (*ASYNCIO, "-n2", f"--snowshed-leaks={mode}")
    result = run(pytester, *arguments, test_it=BEGINNING + TWO_LEAKS)
    if mode == "warn":
        result.assert_outcomes(passed=2)
        result.stdout.fnmatch_lines_random(
            ["test_it.py::test_one ended with 1 task*", "test_it.py::test_two ended with 1 task*"]
        )
    else:
        result.assert_outcomes(failed=2)
        result.stdout.fnmatch_lines_random(
            ["test_one ended with 1 task*", "test_two ended with 1 task*"]
        )


def test_a_test_that_is_run_again_is_judged_again(pytester: pytest.Pytester) -> None:
    _needs.module("pytest_rerunfailures")
    source = """
RUNS = []

async def test_it():
    RUNS.append(1)
    if len(RUNS) == 1:
        asyncio.create_task(refresh())
"""
    pytester.makepyfile(test_it=BEGINNING + source)
    result = pytester.runpytest_inprocess(*ASYNCIO, "--reruns=2", "--snowshed-leaks=error")
    result.stdout.fnmatch_lines(["*1 passed, 1 rerun*"])


def test_a_test_may_stop_the_clock_and_replace_what_sleeps(pytester: pytest.Pytester) -> None:
    """The grace must end all the same."""
    source = """
import time

@pytest.fixture
def frozen(monkeypatch):
    async def never(*args):
        await asyncio.Event().wait()
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(asyncio, "sleep", never)

async def test_frozen(frozen):
    asyncio.create_task(asyncio.sleep(1))
"""
    assert "1 failed" in failing(pytester, source)


def test_a_test_sees_nothing_of_being_watched(pytester: pytest.Pytester) -> None:
    source = """
async def test_factories():
    loop = asyncio.get_running_loop()
    assert loop.get_task_factory() is None
    assert loop.get_exception_handler() is None
    made = []

    def factory(loop, coro, **kwargs):
        made.append(coro)
        return asyncio.Task(coro, loop=loop, **kwargs)

    loop.set_task_factory(factory)
    assert loop.get_task_factory() is factory
    asyncio.create_task(refresh())
    assert len(made) == 1

@pytest.mark.allow_task_leaks(reason="looks at what is left of a watched test")
def test_nothing_is_left_of_it():
    for kind, names in (
        (threading.Thread, ["start"]),
        (asyncio.BaseEventLoop, ["__init__", "create_task", "call_exception_handler"]),
    ):
        for name in names:
            assert not hasattr(getattr(kind, name), "__wrapped__")
"""
    pytester.makepyfile(test_it=BEGINNING + source)
    # In a process of its own: in this one the outer test is watched meanwhile.
    printed = pytester.runpytest_subprocess(*ASYNCIO, "--snowshed-leaks=error").stdout.str()
    assert "1 failed, 1 passed" in printed
    assert "test_factories ended with 1 task still running:\n  refresh()\n" in printed


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks_are_watched_and_stay_eager(pytester: pytest.Pytester) -> None:
    source = """
async def test_it():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    done = asyncio.create_task(asyncio.sleep(0, "x"))
    ran = []
    async def work():
        ran.append(1)
    assert asyncio.create_task(work()).done()
    await done
    asyncio.create_task(refresh())
"""
    assert "test_it ended with 1 task still running:\n  refresh()" in failing(pytester, source)


UVLOOP = """
import uvloop

async def outer():
    asyncio.get_running_loop().call_soon(lambda: asyncio.create_task(refresh()))
    await asyncio.sleep(0.001)

async def test_leaks():
    assert type(asyncio.get_running_loop()) is uvloop.Loop
    await outer()

async def test_leaks_from_a_callback():
    asyncio.get_running_loop().call_soon(asyncio.create_task, refresh())
    await asyncio.sleep(0.001)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop knows no Windows")
@pytest.mark.parametrize("plugin", PLUGINS)
def test_on_uvloop_it_is_the_same(pytester: pytest.Pytester, plugin: str) -> None:
    _needs.module("uvloop")
    if plugin == "anyio":
        beginning = BEGINNING.replace('"asyncio"', '("asyncio", {"use_uvloop": True})')
    else:
        beginning = BEGINNING
        pytester.makeconftest("""
            import uvloop

            def pytest_asyncio_loop_factories(config, item):
                return {"uvloop": uvloop.new_event_loop}
        """)
    arguments = (*PLUGINS[plugin], "--snowshed-leaks=error")
    printed = run(pytester, *arguments, test_it=beginning + UVLOOP).stdout.str()
    assert "test_leaks ended with 1 task still running:\n  refresh()\n" in printed
    assert "call_soon(lambda: asyncio.create_task(refresh()))" in printed
    assert "test_leaks_from_a_callback ended with 1 task still running:\n  refresh()\n" in printed
    assert "created at a line that is not known" in printed


def test_an_attached_process_counts_as_before(pytester: pytest.Pytester) -> None:
    source = """
snowshed.init(mode="enforce")

async def test_it():
    async with snowshed.open_scope("cart", budget=10) as scope:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(3)]
        assert scope.statistics().live == 3
        await asyncio.wait(tasks)
    asyncio.create_task(refresh())
"""
    pytester.makepyfile(test_it=BEGINNING + source)
    # In a process of its own, since it stays attached.
    result = pytester.runpytest_subprocess(*ASYNCIO, "--snowshed-leaks=error")
    result.assert_outcomes(failed=1)
    printed = result.stdout.str()
    assert "test_it ended with 1 task still running:\n  refresh()\n" in printed
