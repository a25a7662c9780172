"""Each task as a row of JSON: a hundred thousand of them have to fit.

What tasks share stands in tables, once each: frames, stacks as numbers of frames, resources. A row
names them by number, and leaves out what is as usual. It has about 150 bytes; with its frames and
its resource written out, a task of two frames has 570.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from snowshed.integrations._debug._json import as_json
from snowshed.model import Frame, Resource, Stack, TaskSnapshot, TaskState
from snowshed.observe._polite import politely

__all__ = ["Row", "Tables", "encode", "read"]


class Row(msgspec.Struct, omit_defaults=True):
    """One task; see `snowshed.model.TaskSnapshot`.

    Attributes:
        function: number of a frame.
        stack: number of a stack.
        created_at: number of a frame; -1 for none.
        resource: number of a resource; -1 for none.
        age: seconds, to the millisecond.
    """

    id: int
    name: str
    state: TaskState
    function: int
    stack: int = -1
    created_at: int = -1
    resource: int = -1
    age: float | None = None
    kind: str = "task"
    owner: str = "user"
    request: str = ""
    scope: str = ""
    awaits: tuple[int, ...] = ()
    loop: int = 0


class Tables:
    """What rows point to, in the order in which it was first seen."""

    def __init__(self) -> None:
        self.frames: dict[Frame, int] = {}
        self.stacks: dict[tuple[int, ...], int] = {}
        self.resources: dict[int, tuple[int, Resource]] = {}
        # Tasks share stacks: by the place in memory of one, whose owner is kept alive here.
        self._known: dict[int, tuple[int, Stack]] = {}

    def row(self, task: TaskSnapshot) -> Row:
        """Return ``task`` as a row."""
        return Row(
            id=task.id,
            name=task.name,
            state=task.state,
            function=self._frame(task.function),
            stack=self._stack(task.stack) if task.stack else -1,
            created_at=-1 if task.created_at is None else self._frame(task.created_at),
            resource=-1 if task.resource is None else self._resource(task.resource),
            age=None if task.age is None else round(task.age, 3),
            kind=task.kind,
            owner=task.owner,
            request=task.request,
            scope=task.scope,
            awaits=task.awaits,
            loop=task.loop,
        )

    def _frame(self, frame: Frame) -> int:
        return self.frames.setdefault(frame, len(self.frames))

    def _stack(self, stack: Stack) -> int:
        known = self._known.get(id(stack))
        if known is None:
            numbers = tuple(map(self._frame, stack))
            known = self.stacks.setdefault(numbers, len(self.stacks)), stack
            self._known[id(stack)] = known
        return known[0]

    def _resource(self, resource: Resource) -> int:
        return self.resources.setdefault(resource.id, (len(self.resources), resource))[0]

    def content(self) -> dict[str, Any]:
        """Return the tables for JSON."""
        return {
            "frames": [[frame.function, frame.file, frame.line] for frame in self.frames],
            "stacks": list(self.stacks),
            "resources": [resource for _, resource in self.resources.values()],
        }


def encode(tasks: Sequence[TaskSnapshot], about: dict[str, Any]) -> bytes:
    """Return ``tasks`` as JSON, with what else there is to say ``about`` them.

    Cost: some microseconds for each task. For a thread beside the loop, which it lets in between.
    """
    tables = Tables()
    body = bytearray(as_json(about)[:-1] + b',"tasks":[')
    # Row by row: encoding all of them at once would hold the interpreter for 80 ms. And the tables
    # come behind the rows, so that the whole, of some megabytes, is copied once.
    for number, task in enumerate(politely(tasks)):
        body += b"," if number else b""
        body += as_json(tables.row(task))
    body += b"]," + as_json(tables.content())[1:]
    return bytes(body)


class _Content(msgspec.Struct):
    frames: list[tuple[str, str, int]]
    stacks: list[list[int]]
    resources: list[Resource]
    tasks: list[Row]


def read(body: bytes) -> list[TaskSnapshot]:
    """Return the tasks in the JSON that `encode` wrote.

    Raises:
        ValueError: it is something else, or names what is not in its tables.
    """
    content = msgspec.json.decode(body, type=_Content)
    frames = [Frame(*frame) for frame in content.frames]
    try:
        stacks = [tuple(frames[number] for number in stack) for stack in content.stacks]
        return [_task(row, frames, stacks, content.resources) for row in content.tasks]
    except IndexError as error:
        msg = "a task names a frame, a stack or a resource that is not in the tables"
        raise ValueError(msg) from error


def _task(
    row: Row, frames: list[Frame], stacks: list[Stack], resources: list[Resource]
) -> TaskSnapshot:
    return TaskSnapshot(
        id=row.id,
        kind="thread" if row.kind == "thread" else "task",
        name=row.name,
        state=row.state,
        function=frames[row.function],
        stack=() if row.stack < 0 else stacks[row.stack],
        created_at=None if row.created_at < 0 else frames[row.created_at],
        owner=row.owner,
        request=row.request,
        scope=row.scope,
        age=row.age,
        resource=None if row.resource < 0 else resources[row.resource],
        awaits=row.awaits,
        loop=row.loop,
    )
