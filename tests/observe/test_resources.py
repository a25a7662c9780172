from __future__ import annotations

import functools
import subprocess
import sys
from types import CodeType
from typing import Any

import pytest

from snowshed.observe._snapshot import _resources
from snowshed.observe._snapshot._resources import ROWS, code_at, found, known_codes

# `asyncio.as_completed` was written anew.
BEFORE_3_13 = {"asyncio.tasks:as_completed#_wait_for_one"}
SINCE_3_13 = {"asyncio.tasks:_AsCompletedIterator._wait_for_one"}


def everything_imported() -> None:
    """Import what the rows are about: they take only what is there."""
    import asyncio.base_subprocess
    import asyncio.selector_events  # noqa: F401

    import snowshed.core  # noqa: F401


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.place)
def test_the_code_that_a_row_names_is_there(row: _resources.Row) -> None:
    everything_imported()
    absent = BEFORE_3_13 if sys.version_info >= (3, 13) else SINCE_3_13
    assert (code_at(row.place) is None) == (row.place in absent)
    if row.holder and row.place not in absent:
        assert isinstance(found(row.holder), type)


@pytest.mark.parametrize("module", ["anyio", "httpcore2", "aiohttp", "redis"])
def test_the_rows_of_others_name_code_that_is_there(module: str) -> None:
    pytest.importorskip(module)
    import importlib

    rows = [row for row in _resources.ROWS_OF_OTHERS if row.place.startswith(f"{module}.")]
    assert rows
    for row in rows:
        importlib.import_module(row.place.partition(":")[0])
        assert code_at(row.place) is not None, row.place
        assert not row.holder or isinstance(found(row.holder), type), row.holder


def test_rows_import_nothing() -> None:
    code = "import sys, snowshed.observe._snapshot._resources as r; before = set(sys.modules); "
    code += "list(r.known_codes()); assert set(sys.modules) == before; assert 'anyio' not in before"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_code_is_in_two_rows() -> None:
    everything_imported()
    codes = [id(code) for code, _ in known_codes()]
    assert len(codes) == len(set(codes))


def test_the_code_beneath_a_wrapper_is_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def traced(function: Any) -> Any:
        @functools.wraps(function)
        async def wrapper(*args: Any) -> Any:
            return await function(*args)

        return wrapper

    import asyncio

    original: CodeType = asyncio.Lock.acquire.__code__
    monkeypatch.setattr(asyncio.Lock, "acquire", traced(asyncio.Lock.acquire))
    assert code_at("asyncio.locks:Lock.acquire") is original


@pytest.mark.parametrize(
    "place", ["nowhere:a", "asyncio.locks:Nothing.acquire", "asyncio.tasks:sleep#inner", "sys:path"]
)
def test_what_is_not_there_is_no_error(place: str) -> None:
    assert code_at(place) is None
