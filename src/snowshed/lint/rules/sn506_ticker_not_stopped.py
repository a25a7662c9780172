"""A ticker is never stopped: before Go 1.23 it ticks for as long as the process runs.

## What it does

Reports, in a module whose `go.mod` says a version before Go 1.23, a `time.NewTicker` that a
function makes, does not hand on and does not stop, and `time.Tick`, whose ticker nobody can stop:
in a function that returns, or in each turn of a loop.

## Why

Before Go 1.23 the collector cannot take a ticker that has not been stopped. Each call of the
function leaves one more, and the runtime sends to all of them at each of their ticks. From Go 1.23
on they are collected, and nothing is reported. Cause: unreleased-resource.

## Bad

```go
// go 1.22
package p

import "time"

func wait(ready func() bool) {
        ticker := time.NewTicker(time.Second)
        for !ready() {
                <-ticker.C
        }
}
```

## Good

```go
// go 1.22
package p

import "time"

func wait(ready func() bool) {
        ticker := time.NewTicker(time.Second)
        defer ticker.Stop()
        for !ready() {
                <-ticker.C
        }
}
```

## Not reported

The one ticker of a function that does not return, and those of `main`; one that is returned, kept
or handed on.
In a function that goes round until it is told to end it is advice: there mostly is one of it.

## Silence

`//snowshed:ignore SN506 reason`, on the line or the one above it.


"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit, Fix, Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._edits import free_name, line_after, lines_before
from snowshed.lint._go._flow import End, flow_of
from snowshed.lint._rule import Rule
from snowshed.model import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._package import Package

__all__ = ["RULE"]

_COLLECTED_FROM = (1, 23)
_WRITTEN = re.compile(r"[1-9][\d_]*|(?:[1-9]\d* ?\* ?)?time\.[A-Z][a-z]+(?: ?\* ?[1-9]\d*)?")


def in_go(package: Package) -> Iterator[Finding]:
    """Yield the tickers that nobody stops."""
    if package.go >= _COLLECTED_FROM:
        return
    for function in package.interesting:
        if b"time.NewTicker" not in function.code and b"time.Tick(" not in function.code:
            continue
        if function.outermost.name in {"main", "init"}:
            continue
        for call in function.all(n.Call):
            if call.path == "time.NewTicker" and _is_left(call) and _is_left_behind(call):
                message = "nobody stops this ticker: before Go 1.23 it ticks for ever"
                yield function.file.finding(
                    "SN506", call, message, fix=_stopping(call), tier=_tier(call)
                )
            elif call.path == "time.Tick" and _is_left_behind(call):
                message = "nobody can stop this ticker: before Go 1.23 it ticks for ever"
                yield function.file.finding(
                    "SN506", call, message, fix=_stoppable(call), tier=_tier(call)
                )


def _is_left_behind(call: n.Call) -> bool:
    """Tell whether the function may end after ``call``, or make the next one."""
    return _loop_of(call) is not None or _returns(call)


def _loop_of(call: n.Call) -> n.For | None:
    """Return the loop of which each turn does ``call``."""
    for each in n.inside(call):
        if isinstance(each, n.For) and each.body.start <= call.start < each.body.end:
            return each
    return None


def _returns(call: n.Call) -> bool:
    """Tell whether the function may end after ``call``."""
    flow = flow_of(call.function)
    point = flow.point_of(call)
    ends = [] if point is None else flow.ends_after(point)
    return any(each.end in {End.RETURN, End.GOEXIT} for each in ends)


def _tier(call: n.Call) -> Tier:
    """Return whether the function may run often: not, if it goes round until it is told to end."""
    if _loop_of(call) is not None:
        return Tier.DEFAULT
    ticks = {"time.Tick", "time.NewTicker"}
    for loop in call.function.all(n.For):
        head = loop.ranged if loop.ranged is not None else loop
        ranges = any(isinstance(each, n.Call) and each.path in ticks for each in n.walk(head))
        if (loop.start > call.start and loop.is_endless) or (loop.ranged is not None and ranges):
            return Tier.ADVICE
    return Tier.DEFAULT


def _is_left(call: n.Call) -> bool:
    """Tell whether the ticker is only read from."""
    parent = call.parent
    if isinstance(parent, n.Selector):
        return parent.field_ == "C"  # `<-time.NewTicker(d).C`
    if not isinstance(parent, n.Assign | n.Var) or len(parent.left) != 1:
        return False
    name = parent.left[0]
    variable = name.variable if isinstance(name, n.Name) else None
    if variable is None or variable.function is not call.function:
        return False
    return all(
        use is name or (isinstance(use.parent, n.Selector) and use.parent.field_ in {"C", "Reset"})
        for use in variable.uses
    )


def _stopping(call: n.Call) -> Fix | None:
    statement = call.parent
    if not isinstance(statement, n.Assign | n.Var):
        return None
    if _loop_of(call) is not None:
        return None
    name = statement.left[0].text
    edit = line_after(statement, f"defer {name}.Stop()")
    return None if edit is None else Fix("stop it at the end", (edit,))


def _stoppable(call: n.Call) -> Fix | None:
    """Return what makes a ticker that can be stopped, and stops it, in place of ``time.Tick``."""
    statement = next((each for each in n.inside(call) if isinstance(each, n.Statement)), None)
    # Of what is no more than 0 `Tick` makes none, and `NewTicker` panics.
    if statement is None or not call.arguments or not _is_constant(call.arguments[0]):
        return None
    is_headed = isinstance(statement, n.For) and call is statement.ranged
    if not is_headed and not isinstance(statement, n.Expressed | n.Assign | n.Var):
        return None
    name = free_name(call, "ticker")
    if _loop_of(call) is not None or not name or not isinstance(statement.parent, n.Block):
        return None
    made = f"{name} := time.NewTicker({call.arguments[0].text})"
    before = lines_before(statement, made, f"defer {name}.Stop()")
    if before is None:
        return None
    return Fix("stop it at the end", (before, Edit(call.start, call.end, f"{name}.C")))


def _is_constant(duration: n.Expression) -> bool:
    """Tell whether ``duration`` is written out, and more than 0: ``10 * time.Second``."""
    return _WRITTEN.fullmatch(duration.text) is not None


RULE = Rule(
    "SN506",
    "ticker-not-stopped",
    Cause.UNRELEASED_RESOURCE,
    in_go=in_go,
    fixes=True,
    asked="some",
)
