"""A client or connection is made in a function, which leaves it open when it returns.

## What it does

Reports a client, session, pool or connection that is held by a local variable only, and neither
closed, used by `with`, returned, kept, nor handed on. The clients of asyncio are told by default;
what CPython closes together with the variable, as it does with blocking ones and with the streams
of `asyncio.open_connection`, is told as advice.

## Why

What belongs to an event loop is not closed with the variable: the loop refers to its sockets, and
helper tasks of a pool or a consumer to all of it. Each call leaves connections that are open on
both sides, until the other side gives them up, after minutes, or there are "too many open files".
Cause: unreleased-resource.

## Bad

```python
import httpx


async def who_is(token: str) -> str:
    client = httpx.AsyncClient(base_url="https://people.example")
    answer = await client.get("/me", headers={"Authorization": token})
    return answer.json()["name"]
```

## Good

```python
import httpx


async def who_is(token: str) -> str:
    async with httpx.AsyncClient(base_url="https://people.example") as client:
        answer = await client.get("/me", headers={"Authorization": token})
        return answer.json()["name"]
```

Better still is one client for all calls, which is made at the start.

## Not reported

One that is closed on some way, if not on all; that another function gets, or an object which it
made; that a function inside has; one with a transport that was given to it; one that a loop without
an end uses; what `main` leaves open, as the process ends. What is made for each request, or in each
turn of a loop, is told of by SN503.

## Silence

`# snowshed: ignore[SN504] reason` on the line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Fix, Tier
from snowshed.lint._python import written
from snowshed.lint._python._remade import is_of_others, is_told_as_remade
from snowshed.lint._python._uses import Uses, made_by, uses_of
from snowshed.lint._python._wrapping import indented, with_results
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python import Folder, Function, Module

__all__ = ["RULE"]

# What is made to be used by `async with`, or by `with`.
_ASYNC_WITH = frozenset(
    {"aiohttp.ClientSession", "aiohttp.client.ClientSession", "httpx.AsyncClient"}
    | {"redis.asyncio.Redis", "redis.asyncio.StrictRedis", "redis.asyncio.RedisCluster"}
    | {"redis.asyncio.from_url", "redis.asyncio.Redis.from_url", "httpx2.AsyncClient"}
    | {"asyncpg.create_pool", "psycopg_pool.AsyncConnectionPool", "aiomysql.create_pool"}
    | {"aiopg.create_pool", "websockets.connect"}
    | {"grpc.aio.insecure_channel", "grpc.aio.secure_channel", "elasticsearch.AsyncElasticsearch"}
)
_OF_LOOP = _ASYNC_WITH | frozenset(
    {"asyncpg.connect", "aiomysql.connect", "aiopg.connect", "psycopg.AsyncConnection.connect"}
    | {"aiohttp.TCPConnector", "aioredis.from_url", "aioredis.create_redis_pool"}
    | {"aioredis.create_redis", "aiokafka.AIOKafkaProducer", "aiokafka.AIOKafkaConsumer"}
    | {"aio_pika.connect", "aio_pika.connect_robust", "aiormq.connect", "asyncssh.connect"}
    | {"websockets.client.connect", "websockets.asyncio.client.connect", "pymongo.AsyncMongoClient"}
    | {"opensearchpy.AsyncOpenSearch", "qdrant_client.AsyncQdrantClient", "niquests.AsyncSession"}
    | {"sqlalchemy.ext.asyncio.create_async_engine", "asyncio.open_connection"}
    | {"asyncio.open_unix_connection", "redis.asyncio.ConnectionPool.from_url"}
)
_WITH = frozenset({"requests.Session", "requests.session", "httpx.Client", "httpx2.Client"})
_BLOCKING = _WITH | frozenset(
    {"psycopg2.connect", "psycopg.connect", "pymysql.connect", "MySQLdb.connect", "redis.Redis"}
    | {"psycopg_pool.ConnectionPool", "psycopg2.pool.ThreadedConnectionPool", "redis.from_url"}
    | {"grpc.insecure_channel", "grpc.secure_channel", "kafka.KafkaProducer", "pymongo.MongoClient"}
    | {"pika.BlockingConnection", "cassandra.cluster.Cluster", "ldap3.Connection"}
    | {"elasticsearch.Elasticsearch", "sqlalchemy.create_engine", "multiprocessing.Pool"}
    | {"multiprocessing.pool.Pool", "multiprocessing.pool.ThreadPool", "smtplib.SMTP"}
    | {"smtplib.SMTP_SSL", "ftplib.FTP", "paramiko.SSHClient", "socket.create_connection"}
)
_WRITER = {"asyncio.open_connection": 1, "asyncio.open_unix_connection": 1}


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each client that is left open."""
    for module in folder.modules:
        for call in module.calls_of(*_OF_LOOP, *_BLOCKING):
            function = module.function_of(call)
            if function.is_main or function.is_top or is_of_others(call):
                continue
            uses = uses_of(module, call, part=_WRITER.get(module.dotted(call.func)))
            if uses.is_ended or uses.is_handed_on or _is_for_ever(module, uses):
                continue
            if not is_told_as_remade(folder, module, call):
                yield _found(module, call, function, uses)


def _is_for_ever(module: Module, uses: Uses) -> bool:
    """Tell whether a loop without an end uses it, so that nothing comes after."""
    return any(
        isinstance(above, ast.While) and isinstance(above.test, ast.Constant)
        for read in uses.reads
        for above in module.up(read)
    )


def _found(module: Module, call: ast.Call, function: Function, uses: Uses) -> Finding:
    name = module.dotted(call.func)
    # Writers of asyncio are closed once nobody has them: from 3.11.7 on at the latest.
    is_sure = name in _OF_LOOP and name not in _WRITER
    word = written(call.func)
    held = f"`{uses.variable.id}`" if uses.variable is not None else f"what `{word}` makes"
    message = f"{held} is never closed: each call of `{function.short_name}` leaves it open"
    return module.finding(
        RULE,
        call,
        message,
        tier=Tier.DEFAULT if is_sure else Tier.ADVICE,
        confidence=0.85,
        fix=_in_block(module, call, function, uses),
    )


def _in_block(module: Module, call: ast.Call, function: Function, uses: Uses) -> Fix | None:
    """Return the change that puts what uses it into the body of a `with`."""
    name = module.dotted(call.func)
    assign = module.statement_of(call)
    is_async = name in _ASYNC_WITH
    if uses.variable is None or not (name in _WITH or (is_async and function.is_async)):
        return None
    if not isinstance(assign, ast.Assign) or made_by(module, call) is not assign.value:
        return None
    if len(function.bindings[uses.variable.id]) != 1:
        return None
    within = with_results(module, uses.reads)
    edits = indented(module, assign, within) if within is not None else None
    if edits is None:
        return None
    word = "async with" if is_async else "with"
    head = f"{word} {module.text(call)} as {uses.variable.id}:"
    return Fix(f"close it by `{word}`", (module.replaced(assign, head), *edits))


RULE = Rule(
    "SN504",
    "client-never-closed",
    Cause.UNRELEASED_RESOURCE,
    in_python=in_python,
    severity=Severity.HIGH,
    fixes=True,
    asked="some",
)
