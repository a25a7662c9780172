"""A way out of a function, or into the next turn of a loop, on which a lock is still held.

## What it does

Reports a `return`, `break`, `goto` or `continue` on which a mutex is held that the function has
taken, and releases on other ways.

## Why

Nobody releases the mutex any more: each goroutine that asks for it waits for ever, and in a server
that is each request from then on. It is mostly the way of an error that was added later, so it
shows for the first time when something else is wrong already. Cause: channel-cascade.

## Bad

```go
package p

import (
        "errors"
        "sync"
)

type Pool struct {
        mu   sync.Mutex
        free []int
}

func (p *Pool) Get() (int, error) {
        p.mu.Lock()
        if len(p.free) == 0 {
                return 0, errors.New("empty")
        }
        last := p.free[0]
        p.free = p.free[1:]
        p.mu.Unlock()
        return last, nil
}
```

## Good

```go
package p

import (
        "errors"
        "sync"
)

type Pool struct {
        mu   sync.Mutex
        free []int
}

func (p *Pool) Get() (int, error) {
        p.mu.Lock()
        defer p.mu.Unlock()
        if len(p.free) == 0 {
                return 0, errors.New("empty")
        }
        last := p.free[0]
        p.free = p.free[1:]
        return last, nil
}
```

## Not reported

- A function that is there to lock: its name says that it locks or acquires, it returns what it has
  locked, or its last `return` holds a lock that other packages can release.
- A lock that something else releases: what is deferred, a literal or method value that is handed
  on, or another function of the package that does so for its callers.
- A loop whose turns begin with the lock held, and what is held on some ways only.
- `panic`, `os.Exit` and `t.Fatal`.

## Silence

`//snowshed:ignore SN309 reason`
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit, Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._locks import READ
from snowshed.lint._go._package import related
from snowshed.lint._go._unreleased import Unreleased, unreleased
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each way on which a lock is forgotten."""
    for left in unreleased(package):
        taken = min(left.hold.by, key=lambda node: node.start)
        word = left.at.keyword if isinstance(left.at, n.Branch) else "return"
        places = [related(taken, f"`{left.lock}` is taken here")]
        places += [related(each, "and released here, on another way") for each in left.releases[:1]]
        message = f"`{word}` leaves `{left.lock}` locked, which is taken on line {taken.line}"
        waits = []
        if left.takes_again is not None:
            waits.append(left.takes_again)
            message = (
                f"`{word}` leaves `{left.lock}` locked, and line {left.takes_again.line} waits for "
                "it in the next turn"
            )
        yield left.at.function.file.finding(
            "SN309", left.at, message, related=places, fix=_fix(left, taken), waits_at=waits
        )


def _fix(left: Unreleased, taken: n.Node) -> Fix | None:
    if not isinstance(taken, n.Call) or not isinstance(taken.called, n.Selector):
        return None
    release = "RUnlock" if left.hold.mode == READ else "Unlock"
    key = ", ".join(each.text for each in taken.arguments)
    call = f"{taken.called.operand.text}.{release}({key})"
    source = left.at.function.file.source
    before = source.text(source.start_of(source.line_of(left.at.start)), left.at.start)
    gap = "; " if before.strip() else f"\n{before}"
    edit = Edit(left.at.start, left.at.start, f"{call}{gap}")
    return Fix(f"call `{call}` before", (edit,))


RULE = Rule(
    "SN309",
    "lock-left-held",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
    fixes=True,
)
