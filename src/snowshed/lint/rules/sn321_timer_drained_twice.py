"""A timer's channel is emptied by a plain receive although its value may have been taken already.

## What it does

Reports `if !timer.Stop() { <-timer.C }` where a way leads there from another receive of the same
channel without a `Reset` between.

## Why

`Stop` says no when the timer has fired, whether or not somebody took the value. Where the loop
has taken it, nothing is in the channel any more, and the receive waits for ever; with it all that
this loop serves. It happens when the timer fires right before the other event, so under load.
Cause: channel-cascade.

## Bad

```go
package p

import "time"

func loop(timer *time.Timer, reset chan struct{}, d time.Duration) {
        for {
                select {
                case <-timer.C:
                        println("late")
                case <-reset:
                        if !timer.Stop() {
                                <-timer.C
                        }
                        timer.Reset(d)
                }
        }
}
```

## Good

```go
package p

import "time"

func loop(timer *time.Timer, reset chan struct{}, d time.Duration) {
        for {
                select {
                case <-timer.C:
                        println("late")
                        timer.Reset(d)
                case <-reset:
                        timer.Reset(d) // since Go 1.23 nothing stale is left in the channel
                }
        }
}
```

## Not reported

A receive in a select with another case; and where each way from the other receive resets the timer
or leaves.

## Silence

`//snowshed:ignore SN321 reason` on the line of the receive, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit, Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._package import related
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package
    from snowshed.lint._go._flow import Flow, Point

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each receive that may be one too many."""
    for function in package.interesting:
        if b".Stop()" in function.code:
            for receive, timer in _drains(function):
                before = _taken_before(function, receive, timer)
                if before is not None:
                    yield _finding(receive, before, timer)


def _drains(function: Function) -> Iterator[tuple[n.Receive, str]]:
    """Yield the plain receives that empty a timer which could not be stopped."""
    for choice in function.all(n.If):
        condition = choice.condition
        if not isinstance(condition, n.Unary) or condition.operator != "!":
            continue
        call = condition.operand
        if not isinstance(call, n.Call) or call.method != "Stop" or call.arguments:
            continue
        timer = call.path.removesuffix(".Stop")
        for statement in choice.then.statements:
            value = statement.value if isinstance(statement, n.Expressed) else None
            if isinstance(value, n.Receive) and n.path_of(value.channel) == f"{timer}.C":
                yield value, timer


def _taken_before(function: Function, receive: n.Receive, timer: str) -> n.Receive | None:
    """Return a receive from which a way leads to ``receive`` without a new start of the timer."""
    flow = flow_of(function)
    target = flow.point_of(receive)
    starts = _starts(function, flow, timer)
    for other in function.all(n.Receive):
        point = flow.point_of(other)
        if n.path_of(other.channel) != f"{timer}.C" or point is None or other is receive:
            continue
        for each in point.next:
            if each in starts:
                continue
            if target in flow.reachable(each, without=lambda at: at in starts):
                return other
    return None


def _starts(function: Function, flow: Flow, timer: str) -> set[Point | None]:
    """Return the points at which a timer begins anew, or becomes another one."""
    found = {flow.point_of(call) for call in function.all(n.Call) if call.path == f"{timer}.Reset"}
    for assigned in function.all(n.Assign):
        if any(n.path_of(each) == timer for each in assigned.left):
            found.add(flow.point_of(assigned))
    return found


def _finding(receive: n.Receive, before: n.Receive, timer: str) -> Finding:
    return receive.function.file.finding(
        "SN321",
        receive,
        f"{short(receive)} waits for ever if line {before.line} has taken the value of `{timer}`",
        related=[related(before, "the value is taken here, and the timer is not reset")],
        fix=_fix(receive),
        waits_at=[receive],
    )


def _fix(receive: n.Receive) -> Fix:
    """Return the fix that goes on if nothing is in the channel."""
    source = receive.function.file.source
    indent = source.text(source.start_of(receive.line), receive.start)
    if indent.strip():
        indent = ""
    end = source.content.find(b"\n", receive.end)
    end -= source.content.endswith(b"\r", 0, end)
    behind = source.text(receive.end, end)
    if not behind.strip().startswith("//"):
        end, behind = receive.end, ""
    text = f"select {{\n{indent}case {receive.text}:{behind}\n{indent}default:\n{indent}}}"
    return Fix("go on if the channel is empty", (Edit(receive.start, end, text),))


RULE = Rule(
    "SN321",
    "timer-drained-twice",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
    fixes=True,
)
