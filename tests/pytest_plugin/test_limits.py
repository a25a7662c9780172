"""The flood as a test, and the blocked loop: which limit was passed, by how much, by which line."""

from __future__ import annotations

import pytest

from _projects import BEGINNING, PLUGINS, failing, run

pytest_plugins = ["pytester"]

FLOODS = """
from concurrent.futures import ThreadPoolExecutor


async def flood():
    tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(15)]
    tasks += [asyncio.ensure_future(asyncio.sleep(0)) for _ in range(5)]
    await asyncio.gather(*tasks)

async def one_after_the_other():
    for _ in range(100):
        await asyncio.create_task(asyncio.sleep(0))
    for _ in range(10):
        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(asyncio.sleep(0))

@pytest.mark.max_tasks(19)
async def test_floods():
    await flood()

@pytest.mark.max_tasks(n=20)
async def test_just_fits():
    await flood()
    await one_after_the_other()

@pytest.mark.max_tasks(19)
def test_floods_a_loop_of_its_own():
    asyncio.run(flood())

@pytest.mark.max_tasks(19)
def test_floods_a_loop_of_another_thread():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, flood()).result()

@pytest.mark.max_tasks(19)
async def test_floods_a_scope():
    async with snowshed.open_scope("cart") as scope:
        for _ in range(20):
            scope.spawn_nowait(asyncio.sleep, 0)

@pytest.mark.max_tasks(19)
def test_no_loop():
    pass
"""


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_flood_is_told_with_the_lines_that_made_most_of_it(
    pytester: pytest.Pytester, plugin: str
) -> None:
    """Switching the leaks off does not switch off a limit that somebody has set."""
    arguments = (*PLUGINS[plugin], "--snowshed-leaks=off")
    printed = run(pytester, *arguments, test_it=BEGINNING + FLOODS).stdout.str()
    assert "5 failed, 1 passed" in printed
    for test in ("", "_a_loop_of_its_own", "_a_loop_of_another_thread"):
        assert (
            f"""\
test_floods{test} had 20 tasks alive at once; max_tasks allows 19:
  15 created at test_it.py:25  tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(15)]
  5 created at test_it.py:26  tasks += [asyncio.ensure_future(asyncio.sleep(0)) for _ in range(5)]
  Limit the fan-out (TaskScope.map with limit=), or raise the limit of the test.
"""
            in printed
        )
    assert "  20 created at test_it.py:59  scope.spawn_nowait(asyncio.sleep, 0)\n" in printed
    assert "test_no_loop ran no event loop that max_tasks or no_blocking could watch" in printed


BLOCKS = """
import time


@pytest.mark.no_blocking(50)
async def test_sleeps_at_once():
    time.sleep(0.2)

@pytest.mark.no_blocking(ms=50)
async def test_sleeps_later():
    for _ in range(3):
        await asyncio.sleep(0.001)
    time.sleep(0.2)
    await asyncio.sleep(0.001)

@pytest.mark.no_blocking(50)
def test_sleeps_on_a_loop_of_its_own():
    async def main():
        await asyncio.sleep(0)
        time.sleep(0.2)
    asyncio.run(main())

@pytest.mark.no_blocking(2_000)
async def test_waits_and_works():
    await asyncio.sleep(0.05)
    time.sleep(0.05)
    await asyncio.to_thread(time.sleep, 0.1)
"""


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_blocked_loop_is_told_with_the_line_that_blocked_it(
    pytester: pytest.Pytester, plugin: str
) -> None:
    printed = run(pytester, *PLUGINS[plugin], test_it=BEGINNING + BLOCKS).stdout.str()
    assert "3 failed, 1 passed" in printed
    for test, line in (("at_once", 26), ("later", 32), ("on_a_loop_of_its_own", 39)):
        assert f"test_sleeps_{test} blocked its event loop for " in printed
        assert f"  blocked at test_it.py:{line}  time.sleep(0.2)\n" in printed
    assert " ms; no_blocking allows 50 ms:\n" in printed


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ("max_tasks", "max_tasks(n) takes a whole number, 0 or more, not None"),
        ("max_tasks(-1)", "max_tasks(n) takes a whole number, 0 or more, not -1"),
        ("max_tasks(1.5)", "max_tasks(n) takes a whole number, 0 or more, not 1.5"),
        ("no_blocking('50 ms')", "no_blocking(ms) takes milliseconds, 1 or more, not '50 ms'"),
        ("no_blocking(float('inf'))", "no_blocking(ms) takes milliseconds, 1 or more, not inf"),
    ],
)
def test_a_limit_that_means_nothing_is_refused(
    pytester: pytest.Pytester, marker: str, complaint: str
) -> None:
    printed = failing(pytester, f"@pytest.mark.{marker}\nasync def test_it():\n    pass")
    assert complaint in printed
    assert "1 failed" in printed
