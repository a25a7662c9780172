"""A loop that can be told to stop waits in a plain send, where it does not hear it.

## What it does

Reports a plain send in a loop that has a `select` by which a stop channel or a context ends it,
or in a function that only such loops call, if who receives is not seen: the channel is a parameter,
belongs to another package, or is returned to callers without a place in it.

## Why

Who wants the loop to stop has mostly stopped to receive before. The loop then hangs in the send and
never comes back to its `select`: the context is cancelled, and the goroutine stays.
Cause: channel-cascade.

## Bad

```go
package p

import "context"

func Watch(ctx context.Context, next func() string) <-chan string {
        found := make(chan string)
        go func() {
                defer close(found)
                for {
                        select {
                        case <-ctx.Done():
                                return
                        default:
                                found <- next()
                        }
                }
        }()
        return found
}
```

## Good

```go
package p

import "context"

func Watch(ctx context.Context, next func() string) <-chan string {
        found := make(chan string)
        go func() {
                defer close(found)
                for {
                        select {
                        case <-ctx.Done():
                                return
                        case found <- next():
                        }
                }
        }()
        return found
}
```

## Not reported

A channel with places, or that the package itself receives from without another way out; a channel
that came out of another channel, such as that of a reply. Which channels tell to stop is seen by
their names: `ctx.Done()`, `stop`, `quit`, `done`, `closing` and the like.

## Silence

`//snowshed:ignore SN323 reason` on the line of the send, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from operator import is_
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._callers import callers
from snowshed.lint._go._channels import channels
from snowshed.lint._go._flow import End, flow_of
from snowshed.lint._go._mentions import mentions_of
from snowshed.lint._go._package import related
from snowshed.lint._go._scope import Kind
from snowshed.lint._go._stops import tells_to_stop
from snowshed.lint._go._wording import case_of, short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package
    from snowshed.lint._go._channels import Channel

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each send that does not listen to what stops its loop."""
    by_node: dict[n.Node, list[Channel]] = {}
    for channel in channels(package):
        for operation in channel.operations:
            by_node.setdefault(operation.node, []).append(channel)
    for function in mentions_of(package).functions:
        for sent in function.all(n.Send):
            if isinstance(sent.parent, n.Case) and sent.parent.communication is sent:
                continue
            if _has_unseen_receiver(sent, by_node.get(sent, [])):
                case = _stop_of(function, sent) or _stop_of_callers(function)
                if case is not None:
                    yield _finding(sent, case)


def _has_unseen_receiver(sent: n.Send, known: list[Channel]) -> bool:
    """Tell whether nothing is known of who receives, or only that it is somebody outside."""
    if not known:
        return _is_given(sent.channel)
    return all(
        channel.capacity == 0
        and channel.receives_outside
        and not any(each.is_plain for each in channel.receives)
        and not channel.function.file.source.is_test
        for channel in known
    )


def _is_given(channel: n.Expression) -> bool:
    """Tell whether a channel is a parameter, or a field of something of another package."""
    if isinstance(channel, n.Name):
        variable = channel.variable
        return variable is not None and variable.kind is Kind.PARAMETER
    operand = channel.operand if isinstance(channel, n.Selector) else None
    if not isinstance(operand, n.Name) or operand.variable is None:
        return False
    # A field of the package's own types is one whose `make` would have been seen.
    return operand.variable.kind is Kind.PARAMETER and "." in operand.variable.type_


def _stop_of(function: Function, sent: n.Node) -> n.Case | None:
    """Return the case that ends a loop around ``sent``, in the same function."""
    flow = flow_of(function)
    loops = [each for each in n.inside(sent) if isinstance(each, n.For)]
    for select in function.all(n.Select):
        if not any(loop.start <= select.start < loop.end for loop in loops):
            continue
        head = flow.at.get(select)
        for case in select.cases:
            point = flow.at.get(case)
            if point is None or case.received is None or not tells_to_stop(case.received):
                continue
            reached = flow.ends_after(point, without=partial(is_, head))
            if any(each.end in {End.RETURN, End.GOEXIT} for each in reached):
                return case
    return None


def _stop_of_callers(function: Function) -> n.Case | None:
    """Return the case that ends a loop in which ``function`` is called, if all who do have one."""
    if function.outer is not None:
        return None
    cases = [_stop_of(call.function, call) for call in callers(function)]
    return cases[0] if cases and None not in cases else None


def _finding(sent: n.Send, case: n.Case) -> Finding:
    return sent.function.file.finding(
        "SN323",
        sent,
        f"{short(sent)} does not listen to {case_of(case)}, by which its loop is told to stop",
        related=[related(case, "here it listens")],
        confidence=0.7,
        waits_at=[sent],
    )


RULE = Rule(
    "SN323",
    "send-deaf-to-stop",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.MEDIUM,
)
