"""Clients and pools of connections that are made for each request, or in each turn of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python._fate import End, fate_of
from snowshed.lint._python._many import is_given
from snowshed.lint._python._nodes import last_name, written
from snowshed.lint._python._uses import made_by

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Related
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module
    from snowshed.lint._python._nodes import Loop

__all__ = ["CLIENTS", "clients", "is_cached", "is_guarded", "is_of_others", "is_told_as_remade"]

# What holds connections of its own for those who come after.
CLIENTS = frozenset(
    {"aiohttp.ClientSession", "aiohttp.TCPConnector", "aiohttp.client.ClientSession"}
    | {"httpx.AsyncClient", "httpx.Client", "httpx2.AsyncClient", "httpx2.Client"}
    | {"requests.Session", "requests.session", "urllib3.PoolManager", "niquests.AsyncSession"}
    | {"asyncpg.create_pool", "asyncpg.connect", "aiomysql.create_pool", "aiomysql.connect"}
    | {"aiopg.create_pool", "psycopg.connect", "psycopg2.connect", "pymysql.connect"}
    | {"psycopg.AsyncConnection.connect", "psycopg_pool.ConnectionPool", "MySQLdb.connect"}
    | {"psycopg_pool.AsyncConnectionPool", "psycopg2.pool.ThreadedConnectionPool"}
    | {"sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"}
    | {"redis.Redis", "redis.StrictRedis", "redis.from_url", "redis.Redis.from_url"}
    | {"redis.ConnectionPool", "redis.asyncio.Redis", "redis.asyncio.from_url"}
    | {"redis.asyncio.Redis.from_url", "redis.asyncio.ConnectionPool", "aioredis.from_url"}
    | {"redis.asyncio.ConnectionPool.from_url", "redis.ConnectionPool.from_url"}
    | {"aioredis.create_redis_pool", "motor.motor_asyncio.AsyncIOMotorClient"}
    | {"pymongo.MongoClient", "pymongo.AsyncMongoClient", "elasticsearch.Elasticsearch"}
    | {
        "elasticsearch.AsyncElasticsearch",
        "opensearchpy.OpenSearch",
        "opensearchpy.AsyncOpenSearch",
    }
    | {"grpc.insecure_channel", "grpc.secure_channel", "grpc.aio.insecure_channel"}
    | {"grpc.aio.secure_channel", "aiokafka.AIOKafkaProducer", "kafka.KafkaProducer"}
    | {"aio_pika.connect", "aio_pika.connect_robust", "pika.BlockingConnection", "nats.connect"}
    | {"boto3.client", "boto3.resource", "openai.AsyncOpenAI", "openai.OpenAI"}
    | {"openai.AsyncAzureOpenAI", "openai.AzureOpenAI", "anthropic.AsyncAnthropic"}
    | {"anthropic.Anthropic", "cassandra.cluster.Cluster", "qdrant_client.AsyncQdrantClient"}
    | {"qdrant_client.QdrantClient", "ldap3.Connection"}
)
# What takes the next of those that come.
_TAKES = frozenset(
    {"get", "receive", "recv", "read", "readline", "next", "anext", "blpop", "brpop"}
)
# Arguments that say that it has no connections of its own, or talks to nobody outside.
_OF_OTHERS = frozenset({"transport", "connection_pool", "connector", "app", "http_client"})
_CACHES = frozenset({"cache", "lru_cache", "cached", "alru_cache", "cached_property", "singleton"})
_SHARE = "make one, and let all share it"
_HOW = frozenset(
    {"timeout", "limits", "headers", "max_retries", "retries", "verify", "follow_redirects"}
)


def clients(folder: Folder) -> Iterator[Finding]:
    """Yield each client that is made for one request or one turn: what SN503 says of Python."""
    for module in folder.modules:
        for call in module.calls_of(*CLIENTS):
            found = _found(folder, module, call)
            if found is not None:
                yield found


def is_told_as_remade(folder: Folder, module: Module, call: ast.Call) -> bool:
    """Tell whether ``call`` is told of here without being asked for."""
    found = _found(folder, module, call) if module.dotted(call.func) in CLIENTS else None
    return found is not None and found.tier is Tier.DEFAULT


def _found(folder: Folder, module: Module, call: ast.Call) -> Finding | None:
    function = module.function_of(call)
    if function.is_main or is_of_others(call) or _is_kept(module, function, call):
        return None
    word, name = f"`{written(call.func)}`", function.short_name
    handler = folder.request_of(function)
    asked = folder.asked_by(function) if handler is None else None
    related: tuple[Related, ...] = ()
    if asked is not None:
        caller, asks = asked
        related = (caller.module.related(asks, f"`{caller.short_name}` serves a request"),)
    if (handler is not None and handler.kind != "websocket") or related:
        calls = f"each request that calls `{name}`" if related else f"each request to `{name}`"
        message = f"{calls} makes a new {word}, and with it new connections: {_SHARE}"
        tier = Tier.ADVICE if _is_of_request(function, call) else Tier.DEFAULT
        return module.finding("SN503", call, message, related=related, tier=tier, confidence=0.85)
    if _is_for_each_turn(module, call):
        message = f"each turn of the loop makes a new {word}, and with it new connections: {_SHARE}"
        return module.finding("SN503", call, message, confidence=0.8)
    return None


def is_of_others(call: ast.Call) -> bool:
    """Tell whether the connections of the client that ``call`` makes are of somebody else."""
    return any(keyword.arg in _OF_OTHERS for keyword in call.keywords)


def _is_of_request(function: Function, call: ast.Call) -> bool:
    """Tell whether the request says to whom it goes, or as whom: one client cannot serve all."""
    given = [keyword.value for keyword in call.keywords if keyword.arg not in _HOW]
    return any(_is_given(function, each) for each in (*call.args, *given))


def _is_given(function: Function, node: ast.AST) -> bool:
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
        arguments = node.args if isinstance(node, ast.Call) else []
        return is_given(function, node) or any(_is_given(function, each) for each in arguments)
    return any(_is_given(function, each) for each in ast.iter_child_nodes(node))


def _is_kept(module: Module, function: Function, call: ast.Call) -> bool:
    """Tell whether somebody has it afterwards, or it is made only where there is none."""
    if is_cached(function) or _fills_cache(function, call):
        return True
    made = made_by(module, call)
    above = module.parent(made)
    if isinstance(above, (ast.withitem, ast.Attribute)):
        return False
    ways = fate_of(module, made).ways
    given_or_made = isinstance(above, (ast.BoolOp, ast.IfExp))
    return given_or_made or bool(ways & {End.KEPT, End.PASSED}) or is_guarded(module, above)


def is_cached(function: Function) -> bool:
    """Tell whether what ``function`` returns is kept for its next call."""
    called = (each.func if isinstance(each, ast.Call) else each for each in function.decorators)
    return any(last_name(each) in _CACHES for each in called)


def _fills_cache(function: Function, call: ast.Call) -> bool:
    """Tell whether what it brings is kept in a collection of the module, which is asked before."""
    kept = {
        target.value.id
        for assign in function.assigns
        for target in getattr(assign, "targets", ())
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
    }
    kept -= function.bindings.keys()
    before = (each for each in function.exits if each.lineno < call.lineno)
    return any(name.id in kept for name in _names(before))


def is_guarded(module: Module, assign: ast.AST | None) -> bool:
    """Tell whether it is made only if there is none yet."""
    targets = getattr(assign, "targets", None) or [getattr(assign, "target", None)]
    names = {written(target) for target in targets if isinstance(target, ast.expr)}
    if assign is None or not names:
        return False
    tests = [written(above.test) for above in module.up(assign) if isinstance(above, ast.If)]
    return any(name in test for name in names for test in tests)


def _is_for_each_turn(module: Module, call: ast.Call) -> bool:
    """Tell whether a loop makes one in each turn, for the same as in the turn before."""
    loop = module.loop_of(call)
    if not _has_turns(module, call, loop):
        return False
    targets = [loop.target] if isinstance(loop, (ast.For, ast.AsyncFor)) else []
    drawn = {each.id for each in _names(targets)}
    read = {each.id for each in _names([call])}
    is_local = isinstance(module.parent(made_by(module, call)), (ast.withitem, ast.Assign))
    # What is told to it may have been drawn a moment before.
    return is_local and not drawn & read and not read - module.imports.keys()


def _names(nodes: Iterable[ast.AST]) -> Iterator[ast.Name]:
    return (each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name))


def _has_turns(module: Module, call: ast.Call, loop: Loop | None) -> bool:
    """Tell whether ``loop`` has something new in each turn, and does not just try again."""
    if isinstance(loop, (ast.For, ast.AsyncFor)):
        counts = isinstance(loop.iter, ast.Call) and last_name(loop.iter.func) == "range"
        return not counts
    if not isinstance(loop, ast.While) or last_name(call.func).startswith("connect"):
        return False
    # What goes wrong in the turn is mostly why there is another one.
    tries = any(isinstance(above, ast.Try) and above.handlers for above in module.up(call))
    return not tries and any(
        isinstance(each, ast.Call) and last_name(each.func) in _TAKES
        for each in _before(loop, call)
    )


def _before(loop: ast.While, call: ast.Call) -> Iterator[ast.AST]:
    """Yield what a turn of ``loop`` has done before it comes to ``call``."""
    nodes = (each for part in (loop.test, *loop.body) for each in ast.walk(part))
    return (each for each in nodes if getattr(each, "lineno", call.lineno) < call.lineno)
