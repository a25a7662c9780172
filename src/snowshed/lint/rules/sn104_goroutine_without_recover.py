"""A panic in a goroutine that a handler starts ends the process, and not just the request.

## What it does

Reports, as advice, a goroutine that a handler of HTTP starts and that does not `recover`, if all
that it does is in the same package.

## Why

A server of HTTP recovers from a panic in a handler: one request fails. It cannot do so for a
goroutine that the handler starts: there a panic ends the process, with all the requests that it is
serving, and clients that try again send the same request to the next one. Cause: detached-spawn.

## Bad

```go
package p

import "net/http"

func handle(w http.ResponseWriter, r *http.Request) {
        done := make(chan int, 1)
        go func() {
                done <- len(r.URL.Path)
        }()
        <-done
}
```

## Good

```go
package p

import "net/http"

func handle(w http.ResponseWriter, r *http.Request) {
        done := make(chan int, 1)
        go func() {
                defer func() {
                        if recover() != nil {
                                close(done)
                        }
                }()
                done <- len(r.URL.Path)
        }()
        <-done
}
```

## Not reported

Goroutines of other functions, and those of which another package says what they do. Whether what a
goroutine does can panic at all is not seen: that is why it is advice.

## Silence

`//snowshed:ignore SN104 reason`, on the line or the one above it.

"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._handlers import has_handlers, serving
from snowshed.lint._go._joins import spawns
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._joins import Spawn
    from snowshed.lint._go._package import Package

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield the goroutines of handlers in which a panic ends the process."""
    if not has_handlers(package):
        return
    for spawn in spawns(package):
        handler = serving(spawn.function)
        if handler is None or handler.kind != "http":
            continue
        if isinstance(spawn.node, n.Go) and spawn.body and not _recovers(spawn):
            message = (
                f"a panic in `{spawn.words}` ends the process, and not just the request of "
                f"`{handler.function.display}`"
            )
            yield spawn.function.file.finding(
                "SN104", spawn.node, message, tier=Tier.ADVICE, confidence=0.6
            )


def _recovers(spawn: Spawn) -> bool:
    """Tell whether it recovers, or defers something that may."""
    return any(
        (isinstance(each, n.Call) and each.path == "recover")
        or (isinstance(each, n.Defer) and "ecover" in each.text)
        for each in spawn.body
    )


RULE = Rule(
    "SN104",
    "goroutine-without-recover",
    Cause.DETACHED_SPAWN,
    in_go=in_go,
    tier=Tier.ADVICE,
    severity=Severity.LOW,
)
