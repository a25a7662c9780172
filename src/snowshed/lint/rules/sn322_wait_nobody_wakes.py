"""A condition variable is waited for without a condition, or nobody ever wakes who waits.

## What it does

Reports `cond.Wait()` that no loop and no `if` stands around, and `Wait` on a condition
variable that nobody calls `Signal` or `Broadcast` on.

## Why

`Signal` wakes who waits at that moment and leaves no trace. A `Wait` that does not look first
whether what it waits for is there already misses what came before it, and waits for the next one:
in a flood they come often, and when it is over, never. Cause: channel-cascade.

## Bad

```go
package p

import "sync"

type queue struct {
        cond  *sync.Cond
        items []int
}

func (q *queue) put(item int) {
        q.cond.L.Lock()
        q.items = append(q.items, item)
        q.cond.L.Unlock()
        q.cond.Signal()
}

func (q *queue) get() int {
        q.cond.L.Lock()
        defer q.cond.L.Unlock()
        q.cond.Wait()
        item := q.items[0]
        q.items = q.items[1:]
        return item
}
```

## Good

```go
package p

import "sync"

type queue struct {
        cond  *sync.Cond
        items []int
}

func (q *queue) put(item int) {
        q.cond.L.Lock()
        q.items = append(q.items, item)
        q.cond.L.Unlock()
        q.cond.Signal()
}

func (q *queue) get() int {
        q.cond.L.Lock()
        defer q.cond.L.Unlock()
        for len(q.items) == 0 {
                q.cond.Wait()
        }
        item := q.items[0]
        q.items = q.items[1:]
        return item
}
```

## Not reported

A function that is only called in loops; a condition variable that somebody gets who is not seen.
Whether the condition is the right one is not seen.

## Silence

`//snowshed:ignore SN322 reason` on the line of the `Wait`, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._groups import COND, groups_of
from snowshed.lint._go._package import related
from snowshed.lint._go._types import callee
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package
    from snowshed.lint._go._groups import Group

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each wait that may miss, or never gets, what wakes it."""
    for group in groups_of(package, COND):
        waits = [each for each in group.of("Wait") if not isinstance(each.parent, n.Defer)]
        wakes = group.of("Signal", "Broadcast")
        for wait in waits:
            if not wakes and not group.is_open:
                yield _never(group, wait)
            elif wakes and not _is_conditional(wait) and not _is_called_in_loop(package, wait):
                yield _missed(group, wait)


def _is_conditional(wait: n.Call) -> bool:
    """Tell whether a condition decides whether it is waited."""
    if any(isinstance(each, n.For | n.If | n.Switch) for each in n.inside(wait)):
        return True
    # What leaves before it is a condition, too.
    return any(each.start < wait.start for each in wait.function.all(n.If))


def _is_called_in_loop(package: Package, wait: n.Call) -> bool:
    """Tell whether each call of the function that waits stands in a loop."""
    function = wait.function
    if not function.name:
        return False
    calls = [*_calls_of(package, function)]
    return bool(calls) and all(map(_is_conditional, calls))


def _calls_of(package: Package, function: Function) -> Iterator[n.Call]:
    word = f"{function.name}(".encode()
    for named in package.functions:
        if word not in named.code or named is function:
            continue
        for each in named.family():
            for call in each.all(n.Call):
                if call.method == function.name and callee(call) in {function, None}:
                    yield call


def _never(group: Group, wait: n.Call) -> Finding:
    return wait.function.file.finding(
        "SN322",
        wait,
        f"{short(wait)} waits for ever: nobody calls `Signal` or `Broadcast` on `{group.name}`",
        waits_at=[wait],
    )


def _missed(group: Group, wait: n.Call) -> Finding:
    woken = group.of("Signal", "Broadcast")[0]
    return wait.function.file.finding(
        "SN322",
        wait,
        f"{short(wait)} looks at no condition, and misses a `{woken.method}` that came before",
        related=[related(woken, "whoever does not wait yet is not woken")],
        waits_at=[wait],
    )


RULE = Rule(
    "SN322",
    "wait-nobody-wakes",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
)
