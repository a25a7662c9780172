"""Test cases of unittest that have a loop of their own, which cancels at its end what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from _projects import ASYNCIO, BEGINNING, failing, run

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

CASES = """
import unittest

class TestCart(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.server = asyncio.create_task(refresh())

    async def asyncTearDown(self):
        self.server.cancel()

    async def test_leaks(self):
        asyncio.create_task(refresh(), name="forgotten")

    async def test_cleans_up(self):
        task = asyncio.create_task(refresh())
        async def end():
            task.cancel()
        self.addAsyncCleanup(end)

    async def test_is_clean(self):
        await asyncio.sleep(0)

    async def test_fails(self):
        asyncio.create_task(refresh(), name="also-left")
        self.assertEqual(1, 2)

    @pytest.mark.allow_task_leaks(reason="it is what is tested")
    async def test_may(self):
        asyncio.create_task(refresh())
"""
LEFT = """\
test_leaks ended with 1 task still running:
  forgotten  refresh()
    created at test_it.py:31  asyncio.create_task(refresh(), name="forgotten")
"""


def test_what_a_case_leaves_when_it_has_cleaned_up_fails_it(pytester: pytest.Pytester) -> None:
    printed = failing(pytester, CASES)
    assert "2 failed, 3 passed" in printed
    assert f"___\n{LEFT}" in printed
    assert "AssertionError: 1 != 2" in printed
    section = printed.partition("Captured snowshed call")[2]
    assert "test_fails ended with 1 task still running:\n  also-left  refresh()" in section


def test_by_default_it_is_named_at_the_end(pytester: pytest.Pytester) -> None:
    result = run(pytester, *ASYNCIO, test_it=BEGINNING + CASES)
    result.assert_outcomes(failed=1, passed=4)
    end = result.stdout.str().partition("left behind by tests (snowshed)")[2]
    assert f"test_it.py::TestCart::{LEFT}" in end
    assert "test_fails" not in end.partition("These tests passed")[0]
