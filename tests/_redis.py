"""A real Redis for a test, on a free port of its own."""

from __future__ import annotations

import asyncio
import subprocess
import time
from pathlib import Path

import _needs
from _serving import _end_with_the_tests, free_port

_needs.module("redis")

import redis.asyncio  # noqa: E402
from redis.exceptions import RedisError  # noqa: E402


class RedisServer:
    """A Redis of our own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self.start()

    def start(self) -> None:
        command = [_needs.program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(
            [*command, "--save", "", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
            preexec_fn=_end_with_the_tests,  # noqa: PLW1509 - as in _serving
        )
        asyncio.run(self._ready())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    async def _ready(self) -> None:
        give_up = time.monotonic() + 10
        while True:
            try:
                async with redis.asyncio.Redis.from_url(self.url) as client:
                    await client.ping()
                    return
            except RedisError:
                assert time.monotonic() < give_up, "redis-server did not answer"
                await asyncio.sleep(0.02)
