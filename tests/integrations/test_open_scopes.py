"""Open scopes as the debug page shows them."""

from __future__ import annotations

import asyncio

import pytest

from _virtual import virtual
from snowshed.core import open_scope
from snowshed.core._census import open_scopes
from snowshed.integrations import _open_scopes
from snowshed.integrations._open_scopes import scopes_in


async def waits() -> None:
    await asyncio.sleep(1000)


@virtual
async def test_what_is_shown_of_a_scope() -> None:
    async with open_scope("checkout", budget=5, limit=3, timeout=10) as scope:
        for _ in range(2):
            await scope.spawn(waits)
        seen = scopes_in([scope])
        assert seen.open == 1
        assert seen.by_name == {"checkout": 1}
        [one] = seen.busiest
        assert (one.name, one.live, one.budget, one.limit) == ("checkout", 2, 5, 3)
        assert (one.spawned, one.refused, one.reason) == (2, 0, "")
        assert one.remaining == pytest.approx(10)
        scope.cancel("the shop closes")
        assert scopes_in([scope]).busiest[0].reason == "the shop closes"


@virtual
async def test_a_scope_without_bounds_says_so() -> None:
    async with open_scope("nightly", budget=None) as scope:
        [one] = scopes_in([scope]).busiest
        assert (one.budget, one.limit, one.remaining) == (None, None, None)


@virtual
async def test_the_busiest_come_first_and_the_many_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_open_scopes, "SHOWN", 1)
    async with open_scope("a"), open_scope("b"), open_scope("b") as busy:
        task = await busy.spawn(waits)
        seen = scopes_in(open_scopes())
        assert (seen.open, seen.by_name) == (3, {"b": 2})
        assert [one.live for one in seen.busiest] == [1]
        task.cancel()
