"""A test that leaves something behind is named with the line that made it; others never.

The same files run under each plugin that runs asynchronous tests.
"""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

PLUGINS = {
    "pytest-asyncio": (
        *("-p", "no:anyio", "--asyncio-mode=auto"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    ),
    "anyio": ("-p", "no:asyncio", "--anyio-mode=auto"),
}
LEAKING = """
import asyncio

import pytest
import snowshed


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


async def refresh() -> None:
    await asyncio.sleep(60)


async def test_cart_leaks():
    asyncio.create_task(refresh(), name="refresh-cache")


async def test_cart_is_clean():
    with pytest.raises(snowshed.DeadlineExceeded):
        async with snowshed.open_scope("cart", timeout=0.05) as scope:
            await scope.spawn(refresh)


@pytest.mark.allow_task_leaks(reason="stopped by the app_server fixture")
async def test_background_refresh():
    asyncio.create_task(asyncio.sleep(0.01))
"""
MESSAGE = """\
test_cart_leaks ended with 1 task still running:
  refresh-cache  refresh()
    created at test_cart.py:17  asyncio.create_task(refresh(), name="refresh-cache")
    waiting at test_cart.py:13
  Start it in snowshed.open_scope(), await it, or mark the test allow_task_leaks.
"""


@pytest.fixture(params=PLUGINS)
def plugin(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return PLUGINS[request.param]


def run(pytester: pytest.Pytester, *arguments: str, **files: str) -> pytest.RunResult:
    """Run ``files`` as a project of its own, in which every warning is an error."""
    pytester.makepyfile(**files)
    return pytester.runpytest_inprocess("-W", "error", "-p", "no:cacheprovider", *arguments)


def test_the_leaking_test_fails_with_the_line_that_made_the_task(
    pytester: pytest.Pytester, plugin: tuple[str, ...]
) -> None:
    result = run(pytester, *plugin, "--snowshed-leaks=error", test_cart=LEAKING)
    result.assert_outcomes(failed=1, passed=2)
    assert f"___\n{MESSAGE}===" in result.stdout.str()


def test_by_default_the_leaking_test_passes_and_is_named_at_the_end(
    pytester: pytest.Pytester, plugin: tuple[str, ...]
) -> None:
    result = run(pytester, *plugin, test_cart=LEAKING)
    result.assert_outcomes(passed=3, warnings=0)
    assert f"===\ntest_cart.py::{MESSAGE}These tests passed." in result.stdout.str()
    assert result.ret == 0
