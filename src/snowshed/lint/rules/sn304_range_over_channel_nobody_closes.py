"""A goroutine ranges over a channel that nobody closes.

## What it does

Reports a `range` over a channel that stays in the function that makes it, if nothing closes it
there and those who send to it end; one over the channel of a ticker that somebody stops; and one
over that of a ticker in a goroutine of an object that can be closed. A `range` with a `return`
or a `break` in it is left alone.

## Why

`range` over a channel ends when the channel is closed, and only then. When all is sent, the
goroutines that range wait for more: one for each worker, for each call of the function.
`Stop` of a ticker does not close its channel either, and what an object starts stays behind when
it is closed: one more for each that was made. Cause: channel-cascade.

## Bad

```go
package p

func each(items []int, workers int, do func(int)) {
        jobs := make(chan int)
        for range workers {
                go func() {
                        for item := range jobs {
                                do(item)
                        }
                }()
        }
        for _, item := range items {
                jobs <- item
        }
}
```

## Good

```go
package p

func each(items []int, workers int, do func(int)) {
        jobs := make(chan int)
        defer close(jobs)
        for range workers {
                go func() {
                        for item := range jobs {
                                do(item)
                        }
                }()
        }
        for _, item := range items {
                jobs <- item
        }
}
```

## Not reported

Channels in fields and of the package, whose workers mostly live as long as the process; channels
that somebody gets who is not seen; a range in `main`, and one that an endless loop feeds.

## Silence

`//snowshed:ignore SN304 reason` on the line of the `for`, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._callers import is_started
from snowshed.lint._go._channels import Does
from snowshed.lint._go._edits import line_after
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._groups import who
from snowshed.lint._go._locals import locals_of
from snowshed.lint._go._package import related
from snowshed.lint._go._threads import Way
from snowshed.lint._go._types import base_of
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package
    from snowshed.lint._go._locals import Act, Local
    from snowshed.lint._go._mentions import FieldOf
    from snowshed.lint._go._scope import Variable

__all__ = ["RULE"]

_TICKS = b".C {"
_ENDS = ("Close", "Stop", "Shutdown", "close", "stop", "shutdown")


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each range that never ends."""
    yield from _over_tickers(package)
    for local in locals_of(package):
        if local.closes() or not local.is_clear or not local.sends() or _is_main(local):
            continue
        ranges = local.of([Does.RANGE])
        if ranges and all(map(_ends, local.sends())):
            for act in ranges:
                if not _is_left(act.node):
                    yield _finding(local, act)


def _over_tickers(package: Package) -> Iterator[Finding]:
    """Yield the ranges over the channel of a ticker that is stopped to end them."""
    files = {each for each in package.files if _TICKS in each.source.content}
    named = (each for each in package.functions if each.file in files and _TICKS in each.code)
    for function in (part for each in named for part in each.family()):
        for loop in function.all(n.For):
            ranged = loop.ranged
            if not isinstance(ranged, n.Selector) or ranged.field_ != "C" or _is_left(loop):
                continue
            ticker = who(ranged.operand, package)
            stop = None if ticker is None else _stopped(package, ticker, function)
            end = None if stop is not None else _outlived(function)
            if end is not None:
                yield _of_object(ranged, loop, end)
            if stop is not None:
                yield loop.function.file.finding(
                    "SN304",
                    ranged,
                    f"this range over {short(ranged)} never ends: `Stop` does not close it",
                    related=[related(stop, "stopped here, and the range waits for the next tick")],
                    waits_at=[loop],
                )


def _outlived(ranging: Function) -> Function | None:
    """Return the method that ends the object whose goroutine ``ranging`` is, and not that."""
    package = ranging.file.package
    if ranging.outer is not None:
        if not any(_starts(each, ranging) for each in ranging.outer.all(n.Go)):
            return None
        owners = [*ranging.outermost.results[:1], ranging.outermost.receiver_type]
    else:
        owners = [ranging.receiver_type] if is_started(ranging) else []
    for owner in owners:
        for name in _ENDS if owner else ():
            found = package.method(base_of(owner), name)
            if found is not None and found is not ranging.outermost:
                return found
    return None


def _starts(go: n.Go, literal: Function) -> bool:
    call = go.call
    return (
        isinstance(call, n.Call)
        and isinstance(call.called, n.FunctionLiteral)
        and call.called.literal is literal
    )


def _of_object(ranged: n.Selector, loop: n.For, end: Function) -> Finding:
    return loop.function.file.finding(
        "SN304",
        ranged,
        f"this range over {short(ranged)} never ends, whatever `{end.display}` does",
        related=[related(end.body, "ends what the goroutine is for, and not the goroutine")],
        confidence=0.7,
        waits_at=[loop],
    )


def _stopped(package: Package, ticker: Variable | FieldOf, ranging: Function) -> n.Call | None:
    """Return a call that stops ``ticker``, and is not made by who ranges when it ends."""
    for named in package.functions:
        if b".Stop()" not in named.code:
            continue
        for function in named.family():
            for call in function.all(n.Call):
                called = call.called
                if not isinstance(called, n.Selector) or called.field_ != "Stop":
                    continue
                is_own = function is ranging and isinstance(call.parent, n.Defer)
                if not is_own and who(called.operand, package) == ticker:
                    return call
    return None


def _is_main(local: Local) -> bool:
    return local.owner.outermost.name in {"main", "init"}


def _ends(act: Act) -> bool:
    """Tell whether who sends comes to an end: whether a way leads out of where it sends."""
    for step in act.run.steps:
        flow = flow_of(step.function)
        point = flow.point_of(step)
        if point is None or not flow.ends_after(point):
            return False
    return True


def _is_left(loop: n.Node) -> bool:
    """Tell whether something in the range leaves it."""
    assert isinstance(loop, n.For)
    return any(isinstance(each, n.Return | n.Branch) for each in n.walk(loop.body))


def _finding(local: Local, act: Act) -> Finding:
    loop = act.node
    assert isinstance(loop, n.For)
    sent = local.sends()[-1].node
    ranged = loop.ranged if loop.ranged is not None else loop
    return loop.function.file.finding(
        "SN304",
        ranged,
        f"this range over {short(ranged)} never ends: nobody closes `{local.name}`",
        related=[
            related(sent, "sent here, and nothing closes it behind that"),
            related(local.channel.made, f"`{local.name}` is made here"),
        ],
        fix=_closing(local),
        waits_at=[loop],
    )


def _closing(local: Local) -> Fix | None:
    """Return the fix that closes the channel when its maker ends, if nobody else sends to it."""
    made = local.channel.made.parent
    if local.sends(Way.SPAWNED) or not isinstance(made, n.Assign) or len(made.left) != 1:
        return None
    if not isinstance(made.parent, n.Block) or made.parent is not local.owner.body:
        return None
    if any(act.run.way is Way.HERE for act in local.of([Does.RANGE])):
        return None
    edit = line_after(made, f"defer close({local.name})")
    return None if edit is None else Fix(f"close `{local.name}` when its maker ends", (edit,))


RULE = Rule(
    "SN304",
    "range-over-channel-nobody-closes",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
    fixes=True,
)
