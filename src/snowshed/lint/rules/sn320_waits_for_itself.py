"""A goroutine waits for what only itself would do later.

## What it does

Reports a send or receive whose other side comes behind it in the same goroutine, or is started
behind it; a send to a channel that nobody else can have yet; and a `Wait` for goroutines which
send results that are received only behind it.

## Why

A channel without places, or with too few, holds who sends until somebody receives. If that is the
same goroutine, further down, both never get there. With places it works until there are more
results than places: with the load. Cause: channel-cascade.

## Bad

```go
package p

import "sync"

func all(names []string, load func(string) int) int {
        results := make(chan int)
        var group sync.WaitGroup
        for _, name := range names {
                group.Add(1)
                go func() {
                        defer group.Done()
                        results <- load(name)
                }()
        }
        group.Wait()
        close(results)
        sum := 0
        for n := range results {
                sum += n
        }
        return sum
}
```

## Good

```go
package p

import "sync"

func all(names []string, load func(string) int) int {
        results := make(chan int)
        var group sync.WaitGroup
        for _, name := range names {
                group.Add(1)
                go func() {
                        defer group.Done()
                        results <- load(name)
                }()
        }
        go func() {
                group.Wait()
                close(results)
        }()
        sum := 0
        for n := range results {
                sum += n
        }
        return sum
}
```

## Not reported

A channel with a place for each; a channel that somebody gets who is not seen; goroutines of which
it is not known whether the wait group waits for them.

## Silence

`//snowshed:ignore SN320 reason` on the line of the wait, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._package import related
from snowshed.lint._go._selfwait import self_waits
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go._selfwait import SelfWait

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each wait for what comes behind it."""
    told: set[n.Node] = set()
    for each in self_waits(package):
        if each.node not in told:
            told.add(each.node)
            yield _finding(each)


def _finding(found: SelfWait) -> Finding:
    node, later = found.node, found.later
    shown = node.ranged if isinstance(node, n.For) and node.ranged is not None else node
    what = short(shown)
    places = [related(later, "this comes too late")]
    if found.blocked is not None:
        what += f" waits for {short(found.blocked)}, which"
        places.append(related(found.blocked, "this waits for a receiver"))
    places.append(related(found.channel.made, "the channel is made here"))
    return node.function.file.finding(
        "SN320",
        shown,
        f"{what} waits for what line {later.line} does, and that comes behind it",
        related=places,
        waits_at=[node] if found.blocked is None else [node, found.blocked],
    )


RULE = Rule(
    "SN320",
    "waits-for-itself",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
)
