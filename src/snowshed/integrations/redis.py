"""Redis: the counts of all instances of a service, for rules whose scope is the cluster.

Each instance writes the counts of its last seconds under a key that expires, and reads those of the
others, in one round trip a second. Nothing is summed up at the server, so nothing has to be taken
back: an instance that dies is out of the sum when its key expires. Redis may fail at any time; the
rules then go on with the counts of the instance (`RuleRunner`), and nothing waits for it::

    cluster = RedisCluster("redis://redis:6379/0", service="shop")
    runner = RuleRunner(RulesFile("rules.toml"), meter=meter, cluster=cluster)

Needs: pip install 'snowshed[redis]'
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from snowshed.integrations._extra import needs
from snowshed.shed._meter import Window, is_bucket

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
except ModuleNotFoundError as error:
    raise needs("redis", "redis", error) from None

__all__ = ["RedisCluster", "RedisClusterStatistics"]

TIMEOUT = 1.5
EXPIRE = 5.0
FORGOTTEN_AFTER = 60.0
INSTANCES = 1000
LONGEST_WINDOW = 60
MOST = 10**9
"""Requests within a window that one instance can have counted."""


@dataclass(frozen=True, slots=True)
class RedisClusterStatistics:
    """What a `RedisCluster` has seen.

    Attributes:
        exchanges: round trips that were answered.
        instances: instances whose counts were in the last sum, this one included.
        unreadable: counts of others that were left out because they could not be read.
    """

    exchanges: int
    instances: int
    unreadable: int


class _Counts(msgspec.Struct, array_like=True):
    """A window as it is written: a list, whose order is the format."""

    length: int
    seconds: float
    admitted: int
    refused: dict[str, int]
    finished: int
    failed: int
    latencies: dict[int, int]
    inflight: int


class RedisCluster:
    """Puts the counts of this instance and of all others together.

    Args:
        url: as ``redis://user:password@host:6379/0``; ``rediss://`` for TLS, ``unix://`` for a
            socket. It is never logged.
        service: name that all instances share, and nobody else.
        instance: name of this one; a random one.
        expire: seconds after which an instance that writes no more is out of the sum.

    Costs one round trip, with about 1 kB to write and as much from each other instance to read;
    more than 1000 instances are not read. A new instance joins the sum of the others a second
    later.
    """

    def __init__(
        self, url: str, *, service: str, instance: str | None = None, expire: float = EXPIRE
    ) -> None:
        self._service = service
        self._instance = instance or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._expire = expire
        # Time is short and the next exchange comes in a second: to try again now helps nobody.
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        # Braces put all keys into one slot of a Redis Cluster.
        self._prefix = f"snowshed:{{{service}}}:1:"
        self._members = self._prefix + "members"
        self._others: list[str] = []
        self._began = False
        self._exchanges = self._instances = self._unreadable = 0

    async def exchange(self, own: Mapping[int, Window]) -> Mapping[int, Window]:
        """Write the counts of this instance and return the sum of all.

        Args:
            own: by the length of the window in seconds.

        Raises:
            redis.exceptions.RedisError: Redis is away, or refuses.
        """
        if not self._began:
            await self._round_trip(own)  # who else there is
            self._began = True
        written = await self._round_trip(own)
        self._exchanges += 1
        return self._sum(own, written)

    async def aclose(self) -> None:
        """Take this instance out of the sum, if Redis answers at once, and close connections."""
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(TIMEOUT):
                await self._send(
                    ("DEL", self._key(self._instance)),
                    ("ZREM", self._members, self._instance),
                )
        await self._redis.aclose()

    def statistics(self) -> RedisClusterStatistics:
        """Return what happened so far."""
        return RedisClusterStatistics(
            exchanges=self._exchanges, instances=self._instances, unreadable=self._unreadable
        )

    def __repr__(self) -> str:
        return f"<RedisCluster {self._service!r}: {self._instances} instances>"

    def _key(self, instance: str) -> str:
        return f"{self._prefix}counts:{instance}"

    async def _round_trip(self, own: Mapping[int, Window]) -> Sequence[bytes | None]:
        """Write, and return what those have written who were there at the last time."""
        now = time.time()  # instances on several machines share no monotonic clock
        answers = await self._send(
            ("SET", self._key(self._instance), _encoded(own), "PX", int(self._expire * 1000)),
            ("ZADD", self._members, now, self._instance),
            ("ZREMRANGEBYSCORE", self._members, "-inf", now - FORGOTTEN_AFTER),
            ("EXPIRE", self._members, int(2 * FORGOTTEN_AFTER)),
            ("ZREVRANGE", self._members, 0, INSTANCES - 1),
            *([("MGET", *map(self._key, self._others))] if self._others else []),
        )
        written: Sequence[bytes | None] = answers[5] if self._others else ()
        found = [name.decode(errors="replace") for name in answers[4]]
        self._others = [name for name in found if name != self._instance]
        return written

    async def _send(self, *commands: tuple[str | bytes | float, ...]) -> list[Any]:
        """Send all commands in one packet and return their answers."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for command in commands:
                _ = pipe.execute_command(*command)  # only noted; `execute` sends it
            return await pipe.execute()

    def _sum(self, own: Mapping[int, Window], written: Sequence[bytes | None]) -> dict[int, Window]:
        total = {length: _copied(window) for length, window in own.items()}
        self._instances = 1
        for content in written:
            if content is None:  # it has not written for a while
                continue
            try:
                found = msgspec.msgpack.decode(content, type=list[_Counts])
            except msgspec.MsgspecError:
                self._unreadable += 1
                continue
            if not all(map(_possible, found)):
                self._unreadable += 1
                continue
            self._instances += 1
            for counts in found:
                if counts.length in total:
                    total[counts.length].add(_window(counts))
        return total


def _encoded(windows: Mapping[int, Window]) -> bytes:
    return msgspec.msgpack.encode(
        [
            _Counts(
                length,
                each.seconds,
                each.admitted,
                each.refused,
                each.finished,
                each.failed,
                each.latencies,
                each.inflight,
            )
            for length, each in windows.items()
        ]
    )


def _possible(counts: _Counts) -> bool:
    """Return whether a meter can have counted that: a peer may be of another version, or broken."""
    tallies = (
        counts.admitted,
        counts.finished,
        counts.failed,
        counts.inflight,
        *counts.refused.values(),
        *counts.latencies.values(),
    )
    return (
        0 <= counts.seconds <= LONGEST_WINDOW
        and all(0 <= tally <= MOST for tally in tallies)
        and all(map(is_bucket, counts.latencies))
    )


def _window(counts: _Counts) -> Window:
    return Window(
        counts.seconds,
        admitted=counts.admitted,
        refused=counts.refused,
        finished=counts.finished,
        failed=counts.failed,
        latencies=counts.latencies,
        inflight=counts.inflight,
    )


def _copied(window: Window) -> Window:
    empty = Window(window.seconds)
    empty.add(window)
    return empty
