"""Each turn of a loop makes a timer that stays until its time is up: before Go 1.23.

## What it does

Reports, in a module whose `go.mod` says a version before Go 1.23, `time.After` in a `select` in a
loop, if another case of it goes on with the loop.

## Why

Before Go 1.23 the collector cannot take a timer before it has fired. A loop that takes a thousand
messages a second and waits at most a minute for each has sixty thousand of them. From Go 1.23 on
they are collected, and nothing is reported. Cause: unreleased-resource.

## Bad

```go
// go 1.22
package p

import "time"

func serve(messages <-chan string, handle func(string)) {
        for {
                select {
                case message := <-messages:
                        handle(message)
                case <-time.After(time.Minute):
                        return
                }
        }
}
```

## Good

```go
// go 1.22
package p

import "time"

func serve(messages <-chan string, handle func(string)) {
        timer := time.NewTimer(time.Minute)
        defer timer.Stop()
        for {
                select {
                case message := <-messages:
                        handle(message)
                        if !timer.Stop() {
                                <-timer.C
                        }
                        timer.Reset(time.Minute)
                case <-timer.C:
                        return
                }
        }
}
```

## Not reported

A turn that waits for its timer in any case, or that is left otherwise: `select` of `time.After` and
`ctx.Done()` leaves nothing behind but what ends by itself.

## Silence

`//snowshed:ignore SN507 reason`, on the line or the one above it.

"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._one_timer import one_timer
from snowshed.lint._rule import Rule
from snowshed.model import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["RULE"]

_COLLECTED_FROM = (1, 23)


def in_go(package: Package) -> Iterator[Finding]:
    """Yield the timers of which a loop may leave many behind."""
    if package.go >= _COLLECTED_FROM:
        return
    names: dict[Function, set[str]] = {}
    for function in package.interesting:
        if b"time.After(" not in function.code:
            continue
        taken = names.setdefault(function.outermost, set())
        for call in function.all(n.Call):
            case = next((each for each in n.inside(call) if isinstance(each, n.Case)), None)
            if call.path == "time.After" and case is not None and _piles_up(call, case):
                message = (
                    "each turn makes a timer that stays until its time is up, also if another case "
                    "is taken: before Go 1.23 they pile up"
                )
                fix = one_timer(call, case, taken)
                yield function.file.finding("SN507", call, message, fix=fix, confidence=0.8)


def _piles_up(call: n.Call, case: n.Case) -> bool:
    """Tell whether another case of the ``select`` comes back to it."""
    select = case.parent
    received = case.received
    if not isinstance(select, n.Select) or received is None or received.channel is not call:
        return False
    flow = flow_of(call.function)
    head = flow.at.get(select)
    if head is None:
        return False
    others = [flow.at[each] for each in select.cases if each is not case and each in flow.at]
    return any(head in flow.reachable(other) for other in others)


RULE = Rule("SN507", "timer-made-in-each-turn", Cause.UNRELEASED_RESOURCE, in_go=in_go, fixes=True)
