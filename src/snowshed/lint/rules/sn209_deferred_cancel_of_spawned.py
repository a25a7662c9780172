"""A function starts a goroutine with a context that its own deferred cancel ends at once.

## What it does

Reports `defer cancel()` beside `go fn(ctx)` if a way leads from the `go` to the end of the
function on which it neither waits nor does anything that takes time.

## Why

The deferred call cancels the context as soon as the function returns, and that is right behind the
`go`: the goroutine works with a context that is already cancelled. Its calls fail, in an order
that changes with the load, and nobody sees why. Who owns the task must own the cancel.
Cause: missing-deadline.

## Bad

```go
package p

import (
        "context"
        "time"
)

func save(store func(context.Context)) {
        ctx, cancel := context.WithTimeout(context.Background(), time.Second)
        defer cancel()
        go store(ctx)
}
```

## Good

```go
package p

import (
        "context"
        "time"
)

func save(store func(context.Context)) {
        ctx, cancel := context.WithTimeout(context.Background(), time.Second)
        go func() {
                defer cancel()
                store(ctx)
        }()
}
```

## Not reported

A function that waits for the goroutine or for anything else, or that goes on with work of its own:
there the goroutine is a helper that is meant to end with it. What a call by another name does is
not seen, and is taken for work.

## Silence

`//snowshed:ignore SN209 reason` on the line of the `defer`, or on the one above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import End, flow_of
from snowshed.lint._go._package import related
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package
    from snowshed.lint._go._flow import Point
    from snowshed.lint._go._scope import Variable

__all__ = ["RULE"]

# What is said, written or made takes no time to speak of.
_QUICK = re.compile(
    r"[A-Za-z]*[pP]rint\w*|(?:Log|Info|Debug|Warn|Error|Trace|Write|New|Status|With)\w*"
    r"|Encode|JSON|Text|String|Header|Set|Now|Since|len|cap|append|copy|delete|make|new|string|error"
)


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each deferred cancel of a context that a goroutine goes on with."""
    for function in package.interesting:
        if not function.all(n.Go) or b"context.With" not in function.outermost.code:
            continue
        for deferred in function.all(n.Defer):
            context = _cancelled(deferred)
            if context is None:
                continue
            for go in function.all(n.Go):
                if _is_given(go, context) and _returns_at_once(function, go, deferred):
                    yield _finding(deferred, go, context)
                    break


def _cancelled(deferred: n.Defer) -> Variable | None:
    """Return the context that a deferred call cancels."""
    call = deferred.call
    if not isinstance(call, n.Call) or not isinstance(call.called, n.Name):
        return None
    variable = call.called.variable
    made = None if variable is None else variable.source
    if variable is None or variable.place != 1 or not isinstance(made, n.Call):
        return None
    if not made.path.startswith("context.With") or not isinstance(made.parent, n.Assign):
        return None
    if made.function is not deferred.function:
        return None
    context = made.parent.left[0]
    return context.variable if isinstance(context, n.Name) else None


def _is_given(go: n.Go, context: Variable) -> bool:
    """Tell whether the goroutine works with ``context``, and not only with its values."""
    for use in context.uses:
        if not go.start <= use.start < go.end or use.function.file is not go.function.file:
            continue
        parent = use.parent
        if not (isinstance(parent, n.Call) and parent.path == "context.WithoutCancel"):
            return True
    return False


def _returns_at_once(function: Function, go: n.Go, deferred: n.Defer) -> bool:
    """Tell whether a way leads from ``go`` to the end with nothing on it that takes time."""
    flow = flow_of(function)
    start, cancelled = flow.point_of(go), flow.point_of(deferred)
    if start is None or cancelled is None or any(map(_defers_wait, flow.deferred)):
        return False
    if start not in flow.reachable(cancelled) and cancelled not in flow.reachable(start):
        return False
    ends = flow.ends_after(start, without=_takes_time)
    return any(each.end is End.RETURN for each in ends if not _takes_time(each))


def _takes_time(point: Point) -> bool:
    """Tell whether something is waited for, or done that is not known to be quick."""
    node = point.node
    if isinstance(node, n.Go | n.Defer):
        return False
    if isinstance(node, n.Select):
        return not node.has_default
    for each in point.operations:
        if isinstance(each, n.Receive):
            return True
        if isinstance(each, n.Call) and not _QUICK.fullmatch(each.method):
            return True
        if isinstance(each, n.Send):
            return True
    return False


def _defers_wait(deferred: n.Defer) -> bool:
    call = deferred.call
    if not isinstance(call, n.Call):
        return False
    if call.method == "Wait":
        return True
    if not isinstance(call.called, n.FunctionLiteral):
        return False
    inner = call.called.literal
    return bool(inner.all(n.Receive) or inner.all(n.Select)) or any(
        each.method == "Wait" for each in inner.all(n.Call)
    )


def _finding(deferred: n.Defer, go: n.Go, context: Variable) -> Finding:
    name = deferred.function.display
    what = (
        short(go) if isinstance(go.call, n.Call) and go.line == _last_line(go) else "the goroutine"
    )
    return deferred.function.file.finding(
        "SN209",
        deferred,
        f"{short(deferred)} cancels the `{context.name}` of {what} on line {go.line} as soon as "
        f"`{name}` returns",
        related=[related(go, "it goes on with a context that is cancelled")],
        confidence=0.8,
    )


def _last_line(node: n.Node) -> int:
    return node.function.file.source.line_of(max(node.start, node.end - 1))


RULE = Rule(
    "SN209",
    "deferred-cancel-of-spawned",
    Cause.MISSING_DEADLINE,
    in_go=in_go,
    severity=Severity.MEDIUM,
    in_tests=True,
)
