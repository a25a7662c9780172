"""A receive from a channel that nobody sends to and nobody closes.

## What it does

Follows each channel from its ``make`` through variables, parameters, fields and results. Reports a
receive that nothing but a sender can end, if the package neither sends to the channel nor closes
it anywhere, and nobody else can get at it; also one from a variable that is never made.

## Why

What it waits for was forgotten, or removed: a stop channel that nobody closes, a reply that no
case gives. The goroutine waits for ever. Cause: channel-cascade.

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

## Not reported

A case of a select with others; channels of the package; channels that another package, an interface
or a function value gets, unless it can only receive from them.

## Silence

`//snowshed:ignore SN316 reason` on the line of the receive, or on the one above.
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
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package
    from snowshed.lint._go._channels import Channel, Operation
    from snowshed.lint._go._scope import Variable

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each receive that nobody feeds."""
    told: set[n.Node] = set()
    for channel in channels(package):
        if channel.sends_outside or channel.sends or channel.closes:
            continue
        for each in channel.receives:
            if each.is_plain and each.node not in told and not _is_by_test(channel, each):
                told.add(each.node)
                yield _finding(channel, each)
    for function in mentions_of(package).functions:
        yield from _never_made(function)


def _is_by_test(channel: Channel, operation: Operation) -> bool:
    """Tell whether a test gives the channel to what is no test, which it may only try out."""
    made = channel.function.file.source.is_test
    return made and not operation.function.file.source.is_test


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
    severity=Severity.HIGH,
    in_tests=True,
)
