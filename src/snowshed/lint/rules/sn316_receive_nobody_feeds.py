"""A receive from a channel that nobody sends to and nobody closes.

## What it does

Follows each channel from its `make` through variables, parameters, fields and results. Reports a
receive that nothing but a sender can end, if the package neither sends to the channel nor closes
it anywhere, and nobody else can get at it; also one from a variable that is never made.

In Python, a plain wait for an event or a future

- in an attribute or variable with an underscore, which nobody in its folder sets;
- that others find in an attribute or collection, and that the one who made it sets only if no
  `await` before it fails;
- that waits in a collection for an answer, where nothing gives it an error or cancels it when who
  reads the answers is over. Where that is no loop but a callback, it is advice.

## Why

What it waits for was forgotten, or removed: a stop channel that nobody closes, a reply that no
case gives. The goroutine waits for ever. In Python it is more often an error: whoever loads for all
gets it, and the others are told nothing; or the connection ends on which the answers came.
Cause: channel-cascade.

## Bad

```go
package p

type worker struct {
        stopped chan struct{}
}

func start(run func()) *worker {
        w := &worker{stopped: make(chan struct{})}
        go run()
        return w
}

func (w *worker) wait() {
        <-w.stopped
}
```

```python
import asyncio


class Catalogue:
    def __init__(self) -> None:
        self.loaded: asyncio.Event | None = None

    async def prices(self) -> dict[str, float]:
        if self.loaded is None:
            self.loaded = asyncio.Event()
            self.found = await self.load()
            self.loaded.set()
        await self.loaded.wait()
        return self.found
```

```python
import asyncio


class Remote:
    async def read(self) -> None:
        while line := await self.reader.readline():
            number, _, answer = line.partition(b" ")
            self.waiting.pop(number).set_result(answer)

    async def ask(self, number: bytes) -> bytes:
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.send(number)
        return await future
```

## Good

```go
package p

type worker struct {
        stopped chan struct{}
}

func start(run func()) *worker {
        w := &worker{stopped: make(chan struct{})}
        go func() {
                defer close(w.stopped)
                run()
        }()
        return w
}

func (w *worker) wait() {
        <-w.stopped
}
```

```python
import asyncio


class Catalogue:
    def __init__(self) -> None:
        self.loading: asyncio.Future[dict[str, float]] | None = None

    async def prices(self) -> dict[str, float]:
        if self.loading is None:
            self.loading = asyncio.ensure_future(self.load())
        try:
            return await asyncio.shield(self.loading)
        except ConnectionError:
            self.loading = None
            raise
```

```python
import asyncio


class Remote:
    async def read(self) -> None:
        try:
            while line := await self.reader.readline():
                number, _, answer = line.partition(b" ")
                self.waiting.pop(number).set_result(answer)
        finally:
            for future in self.waiting.values():
                future.set_exception(ConnectionError("the other side has gone"))

    async def ask(self, number: bytes) -> bytes:
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.send(number)
        return await future
```

## Not reported

A case of a select with others; channels of the package; channels that another package, an interface
or a function value gets, unless it can only receive from them. In Python: a wait with an end, by
`wait_for`, a timeout around it or an argument; one of several; what somebody else is given; an
event in a variable of its own function: so a program says that it runs until it is cancelled.

## Silence

`//snowshed:ignore SN316 reason` on the line of the receive, or on the one above;
`# snowshed: ignore[SN316] reason` on the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._channels import channels
from snowshed.lint._go._mentions import mentions_of
from snowshed.lint._go._package import related
from snowshed.lint._go._scope import Kind
from snowshed.lint._go._types import is_channel
from snowshed.lint._go._wording import short
from snowshed.lint._python._good_path import set_on_good_path
from snowshed.lint._python._never_set import never_set
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package
    from snowshed.lint._go._channels import Channel, Operation
    from snowshed.lint._go._scope import Variable
    from snowshed.lint._python import Folder

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each receive that nobody feeds."""
    told: set[n.Node] = set()
    for channel in channels(package):
        if channel.sends_outside or channel.sends or channel.closes:
            continue
        for each in channel.receives:
            if each.is_plain and each.node not in told and not channel.is_tried_out(each):
                told.add(each.node)
                yield _finding(channel, each)
    for function in mentions_of(package).functions:
        yield from _never_made(function)


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each wait for an event or a future that nobody sets, or not when something fails."""
    yield from never_set(folder)
    yield from set_on_good_path(folder)


def _finding(channel: Channel, operation: Operation) -> Finding:
    node = operation.node
    shown = node.ranged if isinstance(node, n.For) and node.ranged is not None else node
    return node.function.file.finding(
        "SN316",
        shown,
        f"{short(shown)} waits for ever: nobody sends to the channel, and nobody closes it",
        related=[related(channel.made, "the channel is made here")],
        waits_at=[node],
    )


def _never_made(function: Function) -> Iterator[Finding]:
    """Yield the receives from, and sends to, a variable that is always nil."""
    for variable in function.variables:
        if variable.kind is Kind.LOCAL and is_channel(variable.type_) and _is_nil(variable):
            for use in variable.uses:
                parent = use.parent
                waits = isinstance(parent, n.Receive) or (
                    isinstance(parent, n.Send) and parent.channel is use
                )
                if waits and parent is not None and not _is_case(parent):
                    why = f"`{variable.name}` is nil, nothing makes it"
                    yield use.function.file.finding(
                        "SN316", parent, f"{short(parent)} waits for ever: {why}", waits_at=[parent]
                    )


def _is_nil(variable: Variable) -> bool:
    """Tell whether nothing is ever assigned to a variable, nor its address taken."""
    if variable.value is not None or variable.source is not None or variable.declared is None:
        return False
    if not isinstance(variable.declared.parent, n.Var):
        return False
    for use in variable.uses:
        parent = use.parent
        is_set = isinstance(parent, n.Assign) and use in parent.left
        is_key = isinstance(parent, n.For) and use in parent.keys
        if is_set or is_key or (isinstance(parent, n.Unary) and parent.operator == "&"):
            return False
    return True


def _is_case(node: n.Node) -> bool:
    return any(
        isinstance(each, n.Case) for each in (node.parent, node.parent and node.parent.parent)
    )


RULE = Rule(
    "SN316",
    "receive-nobody-feeds",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    in_python=in_python,
    severity=Severity.HIGH,
    in_tests=True,
    asked="some",
)
