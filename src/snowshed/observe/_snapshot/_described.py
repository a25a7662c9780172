"""What is shown of a resource: its type, a few words, how many wait, and who holds it.

The words are not its ``repr``. A snapshot is taken from another thread, of a service in trouble,
and a ``repr`` is anybody's code: it may raise, take a lock that the loop's thread holds, walk a
queue of a million elements, or print what is in them. So what is said of the classes of asyncio,
anyio and snowshed is put together here from their fields, and of everything else only its class and
its address are told. Fields are read past ``__getattr__``; what cannot be read is left out.
"""

from __future__ import annotations

import socket
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from snowshed.observe._snapshot._resources import found

TEXT_AT_MOST = 200
# More holders than this are not told of: a resource that so many share is not held by any.
HOLDERS_AT_MOST = 64

# Reads a field of a resource: (resource, name).
Read: TypeAlias = Callable[[Any, str], Any]
read: Read = object.__getattribute__


@dataclass(frozen=True, slots=True)
class Described:
    """What is shown of a resource.

    Attributes:
        kind: its type.
        text: its state in words.
        waiting: how many wait, as it counts itself; 0 if it does not.
        holders: tasks that hold it, as far as it knows.
    """

    kind: str
    text: str
    waiting: int = 0
    holders: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class _Style:
    kind: str
    says: Callable[[Any], str]
    lines: tuple[str, ...] = ()
    holders: Callable[[Any], Iterable[object]] | None = None


def _size(container: object) -> int:
    """Return the length of what is a container of the language, or of ours; else 0."""
    if isinstance(container, (deque, list, dict, set, OrderedDict, tuple)):
        return len(container)
    return 0


def _locked(lock: Any) -> str:
    return "locked" if read(lock, "_locked") else "unlocked"


def _queue(queue: Any) -> str:
    most = read(queue, "_maxsize")
    held = _size(read(queue, "_queue"))
    return f"{held} of {most} items" if most > 0 else f"{held} items, unbounded"


def _condition(condition: Any) -> str:
    return _locked(read(condition, "_lock"))


def _barrier(barrier: Any) -> str:
    return f"{read(barrier, '_count')} of {read(barrier, '_parties')} there"


def _reader(reader: Any) -> str:
    transport = read(reader, "_transport")
    buffered = f"{len(read(reader, '_buffer'))} bytes buffered"
    peer = _peer(transport)
    return f"from {peer}, {buffered}" if peer else buffered


def _peer(transport: object) -> str:
    """Return who is at the other end, as asyncio noted it; nothing is asked of the system."""
    extra = getattr(type(transport), "_extra", None) and read(transport, "_extra")
    peer = extra.get("peername") if type(extra) is dict else None
    if type(peer) is tuple and len(peer) >= 2:
        return f"{peer[0]}:{peer[1]}"
    return peer if isinstance(peer, str) else ""


def _socket(sock: Any) -> str:
    # The base method: a subclass may have made anything of it.
    return f"fd {socket.socket.fileno(sock)}"


def _weighted(semaphore: Any) -> str:
    name = read(semaphore, "_name")
    state = f"{read(semaphore, '_held')} of {read(semaphore, '_size')} held"
    return f"{name!r} {state}" if name else state


def _channel(state: Any) -> str:
    return f"{state.name!r} {len(state.buffer)} of {state.capacity} buffered"


def _stream(state: Any) -> str:
    return f"{_size(state.buffer)} of {state.max_buffer_size} buffered"


def _scope(scope: Any) -> str:
    limit = "" if scope._limit is None else f", limit {scope._limit}"
    return f"{scope.name!r} {len(scope._children)} children{limit}"


def _crew(crew: Any) -> str:
    queued = max(len(crew.queue) - crew.stale, 0)
    return f"{crew.name!r} {len(crew.workers)} of {crew.max_workers} workers, {queued} queued"


def _at_work(crew: Any) -> list[object]:
    return [worker.task for worker in list(crew.workers) if worker.job is not None]


_LOCKS = "asyncio.locks:"
_ANYIO = "anyio._backends._asyncio:"
_WEIGHTED = _Style("snowshed.WeightedSemaphore", _weighted, ("_queue", "_parked"))
_QUEUE = _Style("asyncio.Queue", _queue, ("_getters", "_putters"))

_STYLES: dict[str, _Style] = {
    f"{_LOCKS}Lock": _Style("asyncio.Lock", _locked, ("_waiters",)),
    f"{_LOCKS}Semaphore": _Style(
        "asyncio.Semaphore", lambda it: f"{read(it, '_value')} free", ("_waiters",)
    ),
    f"{_LOCKS}BoundedSemaphore": _Style(
        "asyncio.BoundedSemaphore",
        lambda it: f"{read(it, '_value')} of {read(it, '_bound_value')} free",
        ("_waiters",),
    ),
    f"{_LOCKS}Event": _Style(
        "asyncio.Event", lambda it: "set" if read(it, "_value") else "unset", ("_waiters",)
    ),
    f"{_LOCKS}Condition": _Style("asyncio.Condition", _condition, ("_waiters",)),
    f"{_LOCKS}Barrier": _Style("asyncio.Barrier", _barrier),
    "asyncio.queues:Queue": _QUEUE,
    "asyncio.taskgroups:TaskGroup": _Style(
        "asyncio.TaskGroup", lambda it: f"{_size(read(it, '_tasks'))} tasks"
    ),
    "asyncio.streams:StreamReader": _Style("asyncio.StreamReader", _reader),
    "asyncio.base_events:Server": _Style(
        "asyncio.Server", lambda it: f"{_size(read(it, '_sockets'))} sockets"
    ),
    "asyncio.futures:Future": _Style("asyncio.Future", lambda it: read(it, "_state").lower()),
    "snowshed.observe._snapshot._futures:Jobs": _Style("executor", lambda it: it.what),
    "socket:socket": _Style("socket", _socket),
    "snowshed.core._semaphore:WeightedSemaphore": _WEIGHTED,
    "snowshed.core._channel._state:ChannelState": _Style("snowshed channel", _channel),
    "snowshed.core._scope:TaskScope": _Style("snowshed.TaskScope", _scope),
    "snowshed.core._map:ScopeMap": _Style(
        "snowshed map", lambda it: f"of {it._scope.name!r} {len(it._running)} running"
    ),
    "snowshed.core._pool._crew:Crew": _Style("snowshed.WorkerPool", _crew, (), _at_work),
    f"{_ANYIO}Lock": _Style(
        "anyio.Lock",
        lambda it: "unlocked" if read(it, "_owner_task") is None else "locked",
        ("_waiters",),
        lambda it: (read(it, "_owner_task"),),
    ),
    f"{_ANYIO}Semaphore": _Style(
        "anyio.Semaphore", lambda it: f"{read(it, '_value')} free", ("_waiters",)
    ),
    f"{_ANYIO}CapacityLimiter": _Style(
        "anyio.CapacityLimiter",
        lambda it: f"{_size(read(it, '_borrowers'))} of {read(it, '_total_tokens')} borrowed",
        ("_wait_queue",),
        lambda it: list(read(it, "_borrowers")),
    ),
    "anyio._core._synchronization:Condition": _Style(
        "anyio.Condition", lambda _it: "waits to be notified", ("_waiters",)
    ),
    "anyio.streams.memory:_MemoryObjectStreamState": _Style("anyio memory stream", _stream),
    f"{_ANYIO}TaskGroup": _Style(
        "anyio.TaskGroup", lambda it: f"{_size(read(it, '_tasks'))} tasks"
    ),
}


class Descriptions:
    """Describes resources; learns a class when it first meets one."""

    def __init__(self) -> None:
        classes = ((found(place), style) for place, style in _STYLES.items())
        self._styles: dict[type, _Style | None] = {
            each: style for each, style in classes if isinstance(each, type)
        }

    def of(self, resource: object) -> Described:
        """Describe ``resource``; never raises, and calls nothing that is the user's. Cost: O(1)."""
        kind = "unknown"
        try:
            style = self._style_of(type(resource))
            if style is None:
                kind = _name_of(type(resource))
                return Described(kind, object.__repr__(resource)[:TEXT_AT_MOST])
            kind = style.kind
            text = f"<{kind} {style.says(resource)}>"[:TEXT_AT_MOST]
            waiting = sum(_size(read(resource, line)) for line in style.lines)
            held = [] if style.holders is None else list(style.holders(resource))
            holders = tuple(held) if len(held) <= HOLDERS_AT_MOST else ()
        except Exception as error:  # noqa: BLE001 - a broken object must not break the look at others
            return Described(kind, f"<{kind}, unreadable: {type(error).__name__}>"[:TEXT_AT_MOST])
        return Described(kind, text, waiting, holders)

    def _style_of(self, kind: type) -> _Style | None:
        if kind not in self._styles:
            styles = (self._styles.get(base) for base in kind.__mro__[1:])
            style = next(filter(None, styles), None)
            # A subclass has the fields of its base, and a name of its own.
            self._styles[kind] = style and replace(style, kind=_name_of(kind))
        return self._styles[kind]


def _name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"[:TEXT_AT_MOST]
