"""One task at one moment: its state, what it waits for, who made it, for whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from snowshed.model._stack import Frame, Stack


class TaskState(StrEnum):
    """What a task does, or what keeps it from doing anything.

    A count of tasks says nothing without it: a thousand that sleep are a schedule, a thousand that
    wait for one lock are an outage.
    """

    CREATED = "created"
    """Made, and has not run its first step."""
    READY = "ready"
    """Could run, and waits for its turn on the loop."""
    RUNNING = "running"
    """Runs at this moment."""
    LOCK = "lock"
    SEMAPHORE = "semaphore"
    EVENT = "event"
    CONDITION = "condition"
    BARRIER = "barrier"
    QUEUE_GET = "queue get"
    QUEUE_PUT = "queue put"
    QUEUE_JOIN = "queue join"
    SLEEP = "sleep"
    SOCKET = "socket"
    """Waits for bytes, or until some can be written, for a connection, or for a child process."""
    THREAD = "thread"
    """Waits for a job in a thread or process pool."""
    WAIT_FOR = "wait for"
    """Waits in `asyncio.wait_for` for a task or a bare future; else the state says what for."""
    GATHER = "gather"
    """Waits for several at once (`asyncio.gather`, `asyncio.wait`, a task group)."""
    AWAIT_TASK = "await task"
    CHANNEL_SEND = "channel send"
    CHANNEL_RECEIVE = "channel receive"
    SELECT = "select"
    POOL = "pool"
    """Waits for a job, or a place, in a `WorkerPool`; as its worker, for work."""
    SCOPE = "scope"
    """Waits for the children of a `TaskScope`, or for a place among them."""
    FUTURE = "future"
    """Waits for a bare future: nothing tells what for."""
    AWAIT_CYCLE = "await cycle"
    """Waits, through others, for itself, and for ever."""
    DONE = "done"
    UNRETRIEVED = "done, never retrieved"
    """Failed, and nobody has asked for its exception."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What tasks wait for.

    Attributes:
        id: the same number for the same object in one snapshot.
        kind: its type, such as ``asyncio.Lock``.
        text: its state in words, cut at 200 characters; not its ``repr``, which is anybody's code.
        waiters: tasks that wait for it.
    """

    id: int
    kind: str
    text: str
    waiters: int


@dataclass(frozen=True, slots=True)
class TaskSnapshot:
    """One task or thread at the moment of a look.

    Attributes:
        id: the same number for the same task, as long as it lives.
        kind: ``task`` of asyncio or ``thread``.
        name: as its maker called it.
        state: what it does or waits for.
        function: the function that it was made to run.
        stack: where it stands, the innermost call first; empty once it has ended.
        created_at: the line that made it; None if that was not seen.
        owner: whose work it does: ``user``, ``infrastructure``, ``driver``, ``helper``.
        request: method and path of the request that it works for; empty if for none.
        scope: name of the innermost scope that it belongs to; empty if to none.
        age: seconds since it was made, as far as known; None if not.
        resource: what it waits for; None if that is nothing that has a name.
        awaits: ids of the tasks that it waits for directly.
        loop: which loop it runs on, as a small number.
        partly: whether its wait may end though not all of ``awaits`` have, or none, and whoever
            holds ``resource`` keeps it.
    """

    id: int
    kind: Literal["task", "thread"]
    name: str
    state: TaskState
    function: Frame
    stack: Stack = ()
    created_at: Frame | None = None
    owner: str = "user"
    request: str = ""
    scope: str = ""
    age: float | None = None
    resource: Resource | None = None
    awaits: tuple[int, ...] = ()
    loop: int = 0
    partly: bool = False
