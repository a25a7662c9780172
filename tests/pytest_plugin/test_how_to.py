"""The page that tells how to fail the test that leaks, followed to the letter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import _page
from _projects import ASYNCIO, run

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "fail-the-test-that-leaks.md"


def blocks(language: str) -> list[str]:
    return [block.text for block in _page.blocks(PAGE) if block.language == language]


def write(pytester: pytest.Pytester, *parts: str) -> None:
    (pytester.path / "test_cart.py").write_text("\n\n".join(parts))


def test_the_first_look_shows_what_the_page_shows(pytester: pytest.Pytester) -> None:
    write(pytester, blocks("python")[0])
    result = run(pytester, *ASYNCIO, conftest="")
    result.assert_outcomes(passed=2)
    assert blocks("text")[0] in result.stdout.str()


def test_the_settings_make_it_fail_and_the_marks_pass(pytester: pytest.Pytester) -> None:
    write(pytester, *blocks("python"))
    pytester.makepyprojecttoml(blocks("toml")[0])
    run(pytester, *ASYNCIO, conftest="").assert_outcomes(failed=1, passed=4)


def test_what_is_ignored_is_not_reported(pytester: pytest.Pytester) -> None:
    write(pytester, *blocks("python"))
    ignored = blocks("toml")[1].replace("shop.cache.refresh", "test_cart.refresh")
    pytester.makepyprojecttoml(blocks("toml")[0] + ignored.partition("\n")[2])
    run(pytester, *ASYNCIO, conftest="").assert_outcomes(passed=5)
