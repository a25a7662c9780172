"""What a task can wait for: the one table to extend when a library should be recognised.

A task that waits stands in the code of some library, and the code object tells which: whoever is in
`asyncio.Lock.acquire` waits for a lock. So each row names a coroutine function by module and path,
the state that it means, and the class of the variable, most often ``self``, that is waited for.
Rows of modules that the process has not imported cost nothing and import nothing.

Rows have a rank, and of the rows that a chain of awaits passes the one of highest rank decides; of
equals the outermost. Most are *final*: whatever such a function awaits in turn is its own affair
(`asyncio.Queue.join` waits for an `asyncio.Event` inside). *Loose* ones may wait for something else
first, and then that counts: a notified `asyncio.Condition.wait` waits for its lock. Last of all
comes `asyncio.wait_for`, which only stands around what is really waited for.

`snowshed.observe._snapshot._described` says what is shown of each resource.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from asyncio import TimerHandle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import CellType, CodeType
from typing import Any, TypeAlias

from snowshed.model import TaskState as S

# From the variable that is waited for to the tasks that will end the wait.
Awaited: TypeAlias = Callable[[Any], Iterable[object]]


FINAL, LOOSE, TIMEOUT = 2, 1, 0
_WRAPPERS_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A coroutine function in which tasks wait.

    Attributes:
        place: ``module:Class.function``; ``#name`` at the end: the function of that name inside.
        state: of a task that stands there.
        holder: ``module:Class`` of the variable that is waited for, or leads to what is.
        resource: from that variable to the resource; None: the variable itself.
        awaits: from that variable to the tasks that are waited for.
        rank: which row decides if there are several; see above.
        partly: from the coroutine to whether the wait may end though not all tasks have; that a
            timeout may end it goes without saying.
    """

    place: str
    state: S
    holder: str = ""
    resource: Callable[[Any], object] | None = None
    awaits: Awaited | None = None
    rank: int = FINAL
    partly: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A row whose names were found; see `Row`."""

    state: S
    holder: type | None = None
    resource: Callable[[Any], object] | None = None
    awaits: Awaited | None = None
    rank: int = FINAL
    partly: Callable[[Any], bool] | None = None


def no_resource(_variable: Any) -> None:
    """Say that what is waited for has no name; the tasks that are awaited tell."""


def always(_coro: Any) -> bool:
    """Say that the wait may end though not all tasks have."""
    return True


def _may_end_early(wait: Any) -> bool:
    """Tell whether a coroutine of `asyncio.wait` waits for less than all, or has a timeout."""
    cells = [each for each in gc.get_referents(wait) if type(each) is CellType]
    values = [cell.cell_contents for cell in cells]
    timed = any(isinstance(value, TimerHandle) for value in values)
    return timed or asyncio.ALL_COMPLETED not in [each for each in values if type(each) is str]


_TASKS = "asyncio.tasks:"
_LOCKS = "asyncio.locks:"
_QUEUE = "asyncio.queues:Queue"
_STREAM = "asyncio.streams:StreamReader"
_SERVER = "asyncio.base_events:Server"
_SELECTOR = "asyncio.selector_events:BaseSelectorEventLoop."
_FUTURE = "asyncio.futures:Future"
_SET = "builtins:set"
_SCOPE = "snowshed.core._scope:TaskScope"
_LIFE = "snowshed.core._lifetime:ScopeLifetime."
_SPAWN = "snowshed.core._spawning:SpawningScope."
_MAP = "snowshed.core._map:ScopeMap"
_CREW = "snowshed.core._pool._crew:Crew"
_POOL = "snowshed.core._pool._pool:WorkerPool"
_THREAD = "snowshed.core._pool._thread:WorkerThread"
_RECEIVE = "snowshed.core._channel._receive:ReceiveChannel"
_SEND = "snowshed.core._channel._send:SendChannel"
_SEMAPHORE = "snowshed.core._semaphore:WeightedSemaphore"

ROWS: tuple[Row, ...] = (
    Row(f"{_LOCKS}Lock.acquire", S.LOCK, f"{_LOCKS}Lock"),
    Row(f"{_LOCKS}Semaphore.acquire", S.SEMAPHORE, f"{_LOCKS}Semaphore"),
    Row(f"{_LOCKS}Event.wait", S.EVENT, f"{_LOCKS}Event"),
    # Once notified it waits for its lock, and then says so.
    Row(f"{_LOCKS}Condition.wait", S.CONDITION, f"{_LOCKS}Condition", rank=LOOSE),
    Row(f"{_LOCKS}Barrier.wait", S.BARRIER, f"{_LOCKS}Barrier"),
    Row(f"{_QUEUE}.get", S.QUEUE_GET, _QUEUE),
    Row(f"{_QUEUE}.put", S.QUEUE_PUT, _QUEUE),
    Row(f"{_QUEUE}.join", S.QUEUE_JOIN, _QUEUE),
    Row(f"{_TASKS}sleep", S.SLEEP),
    Row(
        f"{_TASKS}wait_for",
        S.WAIT_FOR,
        _FUTURE,
        resource=no_resource,
        awaits=lambda future: (future,),
        rank=TIMEOUT,
    ),
    Row(
        f"{_TASKS}_wait",
        S.GATHER,
        _SET,
        resource=no_resource,
        awaits=list,
        partly=_may_end_early,
    ),
    Row(f"{_TASKS}as_completed#_wait_for_one", S.GATHER, partly=always),
    Row(
        f"{_TASKS}_AsCompletedIterator._wait_for_one",
        S.GATHER,
        f"{_TASKS}_AsCompletedIterator",
        resource=no_resource,
        awaits=lambda iterator: list(iterator._todo),
        partly=always,
    ),
    Row(
        "asyncio.taskgroups:TaskGroup.__aexit__",
        S.GATHER,
        "asyncio.taskgroups:TaskGroup",
        awaits=lambda group: list(group._tasks),
    ),
    Row(f"{_STREAM}._wait_for_data", S.SOCKET, _STREAM),
    Row("asyncio.streams:FlowControlMixin._drain_helper", S.SOCKET),
    Row("asyncio.streams:StreamWriter.wait_closed", S.SOCKET),
    Row(f"{_SERVER}.wait_closed", S.SOCKET, _SERVER),
    Row(f"{_SERVER}.serve_forever", S.SOCKET, _SERVER),
    Row("asyncio.base_subprocess:BaseSubprocessTransport._wait", S.SOCKET),
    *(
        Row(f"{_SELECTOR}{name}", S.SOCKET, "socket:socket")
        for name in (
            "sock_accept",
            "sock_connect",
            "sock_recv",
            "sock_recv_into",
            "sock_recvfrom",
            "sock_recvfrom_into",
            "sock_sendall",
            "sock_sendto",
        )
    ),
    *(
        Row(f"asyncio.base_events:BaseEventLoop.{name}", S.SOCKET)
        for name in (
            "create_connection",
            "create_datagram_endpoint",
            "connect_accepted_socket",
            "connect_read_pipe",
            "connect_write_pipe",
            "start_tls",
        )
    ),
    # Ours.
    Row(f"{_SEMAPHORE}._wait", S.SEMAPHORE, _SEMAPHORE),
    Row(f"{_RECEIVE}._receive_slowly", S.CHANNEL_RECEIVE, _RECEIVE, lambda side: side._state),
    Row(f"{_SEND}._send_slowly", S.CHANNEL_SEND, _SEND, lambda side: side._state),
    Row("snowshed.core._select:_first_of", S.SELECT),
    Row(f"{_LIFE}_join", S.SCOPE, _SCOPE, awaits=lambda scope: list(scope._children)),
    Row(f"{_SPAWN}_wait_for_place", S.SCOPE, _SCOPE),
    Row(f"{_SCOPE}.run_sync", S.THREAD),
    Row(
        f"{_MAP}._change",
        S.GATHER,
        _MAP,
        awaits=lambda mapped: list(mapped._running),
        partly=always,
    ),
    Row(f"{_MAP}.aclose", S.GATHER, _MAP),
    Row(f"{_CREW}.linger", S.POOL, _CREW),
    Row(
        f"{_CREW}.ended",
        S.POOL,
        _CREW,
        awaits=lambda crew: [each.task for each in crew.workers | crew.guests],
    ),
    Row(f"{_POOL}._wait_for_place", S.POOL, _POOL, lambda pool: pool._crew),
    Row(f"{_POOL}._run_in_place", S.POOL, _POOL, lambda pool: pool._crew),
    Row(f"{_THREAD}.call", S.THREAD),
    Row(f"{_THREAD}.until_free", S.THREAD),
)

_ANYIO = "anyio._backends._asyncio:"
_SYNC = "anyio._core._synchronization:"
_MEMORY = "anyio.streams.memory:MemoryObject"

ROWS_OF_OTHERS: tuple[Row, ...] = (
    Row(f"{_ANYIO}Lock.acquire", S.LOCK, f"{_ANYIO}Lock"),
    Row(f"{_ANYIO}Semaphore.acquire", S.SEMAPHORE, f"{_ANYIO}Semaphore"),
    Row(f"{_ANYIO}Event.wait", S.EVENT, f"{_ANYIO}Event", lambda event: event._event),
    Row(f"{_SYNC}Condition.wait", S.CONDITION, f"{_SYNC}Condition"),
    Row(
        f"{_ANYIO}CapacityLimiter.acquire_on_behalf_of",
        S.SEMAPHORE,
        f"{_ANYIO}CapacityLimiter",
    ),
    Row(
        f"{_MEMORY}ReceiveStream.receive",
        S.CHANNEL_RECEIVE,
        f"{_MEMORY}ReceiveStream",
        lambda side: side._state,
    ),
    Row(
        f"{_MEMORY}SendStream.send",
        S.CHANNEL_SEND,
        f"{_MEMORY}SendStream",
        lambda side: side._state,
    ),
    Row(
        f"{_ANYIO}TaskGroup.__aexit__",
        S.GATHER,
        f"{_ANYIO}TaskGroup",
        awaits=lambda group: list(group._tasks),
    ),
    # Loosely, as it may still wait for a place among the threads, and not for one of them.
    Row(f"{_ANYIO}AsyncIOBackend.run_sync_in_worker_thread", S.THREAD, rank=LOOSE),
    Row(f"{_ANYIO}AsyncIOBackend.wait_readable", S.SOCKET),
    Row(f"{_ANYIO}AsyncIOBackend.wait_writable", S.SOCKET),
    *(
        Row(
            f"{client}._async.connection_pool:AsyncPoolRequest.wait_for_connection",
            S.POOL,
        )
        for client in ("httpcore", "httpcore2")
    ),
    Row(
        "aiohttp.connector:BaseConnector._wait_for_available_connection",
        S.POOL,
        "aiohttp.connector:BaseConnector",
    ),
    Row(
        "redis.asyncio.connection:BlockingConnectionPool.get_connection",
        S.POOL,
        "redis.asyncio.connection:BlockingConnectionPool",
        rank=LOOSE,
    ),
)

# Coroutines that Cython compiled have code objects, but not such that an attribute leads to them.
# For uvloop's ``sock_recv`` and its like the type of the future tells more, see `_futures`.
COMPILED: dict[tuple[str, str], Known] = {
    ("uvloop/loop.pyx", name): Known(S.SOCKET)
    for name in (
        "connect_accepted_socket",
        "connect_read_pipe",
        "connect_write_pipe",
        "create_connection",
        "create_datagram_endpoint",
        "create_unix_connection",
        "start_tls",
    )
}


def known_codes() -> Iterator[tuple[CodeType, Known]]:
    """Yield each code object of the tables that this process has, and what it means."""
    for row in (*ROWS, *ROWS_OF_OTHERS):
        code = code_at(row.place)
        if code is not None:
            holder = found(row.holder) if row.holder else None
            known = holder if isinstance(holder, type) else None
            yield code, Known(row.state, known, row.resource, row.awaits, row.rank, row.partly)


def found(place: str) -> Any:
    """Return what is called ``module:a.b.c``; None if that is not imported or is not there."""
    module, _, path = place.partition(":")
    here: Any = sys.modules.get(module)
    try:
        for name in path.split("."):
            here = getattr(here, name, None)
    except Exception:  # noqa: BLE001 - a module may answer in its own way for what it has not
        return None
    return here


def code_at(place: str) -> CodeType | None:
    """Return the code of the function at ``place``, see `Row.place`; None if it is not there."""
    outer, _, inner = place.partition("#")
    function: Any = found(outer)
    # A tracer that wraps it leaves the code that runs at the bottom.
    for _ in range(_WRAPPERS_AT_MOST):
        function = getattr(function, "__wrapped__", function)
    code = getattr(function, "__code__", None)
    # By type: what stands in for a function in a test says that it has a code object.
    if type(code) is not CodeType:
        return None
    if inner:
        nested = (each for each in code.co_consts if type(each) is CodeType)
        return next((each for each in nested if each.co_name == inner), None)
    return code
