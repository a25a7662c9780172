from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from _virtual import virtual
from snowshed.model import Frame
from snowshed.observe._registry import _makers
from snowshed.observe._registry._makers import Makers
from snowshed.observe._registry._site import Site

if TYPE_CHECKING:
    import pytest

HERE = Site(Frame("here", "shop.py", 7), "user")
THERE = Site(Frame("there", "shop.py", 9), "user")


async def buy() -> None: ...
async def sell() -> None: ...


@virtual
async def test_a_function_that_one_line_starts_is_told_by_its_tasks() -> None:
    makers = Makers()
    known, another, other = map(asyncio.create_task, (buy(), buy(), sell()))
    makers.learn(known, HERE)
    makers.learn(known, HERE)
    assert makers.only_maker(another) is HERE
    assert makers.only_maker(other) is None
    await asyncio.wait([known, another, other])


@virtual
async def test_of_one_that_several_lines_start_nothing_is_told_any_more() -> None:
    makers = Makers()
    task = asyncio.create_task(buy())
    for site in (HERE, THERE, HERE):
        makers.learn(task, site)
    assert makers.only_maker(task) is None
    await task


@virtual
async def test_functions_that_come_too_late_are_not_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_makers, "FUNCTIONS_AT_MOST", 1)
    makers = Makers()
    first, second = map(asyncio.create_task, (buy(), sell()))
    makers.learn(first, HERE)
    makers.learn(second, HERE)
    assert makers.only_maker(second) is None
    await asyncio.wait([first, second])


def test_what_is_no_coroutine_of_python_has_no_maker() -> None:
    class Odd:
        _coro = object()

    makers = Makers()
    makers.learn(Odd(), HERE)  # type: ignore[arg-type]
    assert makers.only_maker(Odd()) is None  # type: ignore[arg-type]
