"""The shop has the five faults that it is meant to have, and does not know who treats them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi import HTTPException

from snowshed.demo import shop
from snowshed.testing import run_virtual

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "inventory", shop.Inventory())
    monkeypatch.setattr(shop, "carrier", shop.Carrier())
    monkeypatch.setattr(shop, "gauges", shop.Gauges())
    monkeypatch.setattr(shop, "partner", shop.Partner())


def others() -> set[asyncio.Task[object]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


def test_the_shop_and_all_that_it_imports_have_never_heard_of_snowshed() -> None:
    program = "import shop, sys; print([name for name in sys.modules if 'snowshed' in name])"
    folder = Path(shop.__file__).parent
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_the_database_serves_as_many_at_once_as_it_has_connections() -> None:
    async def main() -> float:
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*(shop.inventory.fetch(n) for n in range(2 * shop.CONNECTIONS + 1)))
        return asyncio.get_running_loop().time() - started

    assert run_virtual(main()) == pytest.approx(3 * shop.SERVICE_TIME)


def test_a_report_makes_a_light_request_wait_for_all_of_its_lookups() -> None:
    async def main() -> float:
        report = asyncio.create_task(shop.report(500))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        started = asyncio.get_running_loop().time()
        await shop.product(1)
        waited = asyncio.get_running_loop().time() - started
        assert (await report)["items"] == 500
        return waited

    assert run_virtual(main()) > 500 / shop.CONNECTIONS * shop.SERVICE_TIME * 0.95


def test_the_carrier_answers_as_many_at_once_as_it_has_connections() -> None:
    async def main() -> float:
        started = asyncio.get_running_loop().time()
        asked = 2 * shop.CARRIER_CONNECTIONS + 1
        await asyncio.gather(*(shop.shipping(n) for n in range(asked)))
        return asyncio.get_running_loop().time() - started

    assert run_virtual(main()) == pytest.approx(3 * shop.CARRIER_TIME)


def test_lookups_one_after_the_other_are_not_at_once() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for item in range(5):
            await shop.inventory.fetch(item)

    run_virtual(shop.CountLookups(app)({}, receive, send))
    assert shop.gauges.request_peak == 1


@pytest.mark.parametrize(("items", "peak"), [(3, 3), (500, 500)])
def test_the_gauge_counts_the_lookups_of_one_request_exactly(items: int, peak: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await shop.report(items)

    async def main() -> None:
        counted = shop.CountLookups(app)
        requests = (asyncio.create_task(counted({}, receive, send)) for _ in range(2))
        await asyncio.gather(*requests)

    assert run_virtual(main()) is None
    assert shop.gauges.request_peak == peak


async def receive() -> Message:
    return {}


async def send(message: Message) -> None:
    pass


def test_detached_spawn_an_order_leaves_a_task_behind() -> None:
    async def main() -> int:
        await shop.place_order(7)
        return len(others())

    assert run_virtual(main()) == 1


def test_missing_deadline_a_silent_partner_is_waited_for_for_ever() -> None:
    with pytest.raises(RuntimeError, match="would hang for ever"):
        run_virtual(shop.recommendations(1))


def test_channel_cascade_the_writers_of_a_failed_export_wait_for_a_reader() -> None:
    async def main() -> tuple[int, int]:
        with pytest.raises(HTTPException, match="customs"):
            await shop.export(20)
        await asyncio.sleep(1)
        soon = len(others())
        await asyncio.sleep(3600)
        return soon, len(others())

    soon, later = run_virtual(main())
    assert soon == later >= 20 - shop.CONNECTIONS - 1  # the bad row is one of the first served


def test_unreleased_resource_a_sold_out_item_leaves_its_helper_running() -> None:
    async def main() -> tuple[int, int]:
        await shop.price(2)
        await asyncio.sleep(60)
        before = len(others())
        with pytest.raises(HTTPException, match="sold out"):
            await shop.price(3)
        await asyncio.sleep(60)
        return before, len(others())

    assert run_virtual(main()) == (0, 1)


def test_the_gauges_are_sampled_while_the_loop_is_stuck(tmp_path: Path) -> None:
    file = tmp_path / "gauges"

    async def main() -> None:
        async with shop.gauges.writing(str(file)):
            while not file.exists() or len(file.read_text().splitlines()) < 2:
                pass  # never yields to the loop

    asyncio.run(main())
    first = json.loads(file.read_text().splitlines()[0])
    assert first["tasks"] == 1
    assert first["rss"] is None or first["rss"] > 2**20
