"""A Python service that is well is told so, idle and under load, whatever it is made of."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import _floods
import _needs
import _postgres
import _serving
from _redis import RedisServer

_needs.module("aiohttp")
_needs.module("asyncpg")
import aiohttp  # noqa: E402

pytestmark = [pytest.mark.asyncio, pytest.mark.house, pytest.mark.server, pytest.mark.slow]
WELL = Path(__file__).parent / "python" / "well.py"
CLIENTS, SOCKETS, LOOKS = 8, 20, 2


@dataclass(frozen=True, slots=True)
class Service:
    url: str
    debug: str


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder, debug = tmp_path_factory.mktemp("well"), _serving.free_port()
    kept = RedisServer(folder)
    try:
        with _postgres.postgres() as database:
            command = [*_serving.UNDER_SNOWSHED, "--debug-port", str(debug), "--"]
            words = [sys.executable, str(WELL), "{port}", kept.url, database]
            with _serving.serving([*command, *words], folder) as server:
                yield Service(f"http://127.0.0.1:{server.port}", f"http://127.0.0.1:{debug}")
    finally:
        kept.kill()


async def diagnosed(service: Service) -> _floods.Told:
    return await asyncio.to_thread(_floods.doctor, service.debug)


@asynccontextmanager
async def loaded(service: Service) -> AsyncIterator[None]:
    """Have clients ask again and again, and others keep a WebSocket open."""

    async def ask(session: aiohttp.ClientSession) -> None:
        while True:
            async with session.get(f"{service.url}/handle") as answer:
                assert answer.status == 200
                await answer.text()

    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(f"{service.url}/socket") for _ in range(SOCKETS)]
        asking = [asyncio.create_task(ask(session)) for _ in range(CLIENTS)]
        try:
            yield
            assert not any(each.done() for each in asking)
        finally:
            for each in asking:
                each.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            for socket in sockets:
                await socket.close()


async def test_idle_it_is_well(service: Service) -> None:
    told = await diagnosed(service)
    assert told.exit_code == 0, str(told)
    assert told.document["total"] > 50


async def test_under_load_it_is_well(service: Service) -> None:
    async with loaded(service):
        for _ in range(LOOKS):
            told = await diagnosed(service)
            assert told.exit_code == 0, str(told)
    told = await diagnosed(service)
    assert told.exit_code == 0, str(told)
