"""Projects of their own, run by a pytest inside the test, and what they print."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

# Loaded here once: an inner run forgets the modules that it has loaded itself.
for _name in ("_findings", "_flood", "_loop", "_threads"):
    import_module(f"snowshed._pytest_plugin.{_name}")

PLUGINS = {
    "pytest-asyncio": (
        *("-p", "no:anyio", "--asyncio-mode=auto"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    ),
    "anyio": ("-p", "no:asyncio", "--anyio-mode=auto"),
}
ASYNCIO = PLUGINS["pytest-asyncio"]
BEGINNING = """
import asyncio
import threading

import pytest
import snowshed


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


async def refresh() -> None:
    await asyncio.sleep(60)


async def fails() -> None:
    raise LookupError("no such cart")

"""


def run(pytester: pytest.Pytester, *arguments: str, **files: str) -> pytest.RunResult:
    """Run ``files`` as a project, in which every warning is an error."""
    pytester.makepyfile(**files)
    # Where CI is set, pytest prints each message twice: short in the summary otherwise.
    pytester._monkeypatch.delenv("CI", raising=False)
    quick = ("-p", "no:hypothesispytest", "-p", "no:rerunfailures")
    return pytester.runpytest_inprocess(*quick, "-W", "error", "-p", "no:cacheprovider", *arguments)


def failing(pytester: pytest.Pytester, source: str, *arguments: str) -> str:
    """Run the tests in ``source`` with ``snowshed_leaks = error``; return what was printed."""
    result = run(
        pytester, *ASYNCIO, "--snowshed-leaks=error", *arguments, test_it=BEGINNING + source
    )
    return result.stdout.str()
