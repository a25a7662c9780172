"""A goroutine takes a lock that it already holds, itself or in a function that it calls.

## What it does

Reports `Lock` and `RLock` of a mutex that the same goroutine holds on each way there: in the same
function, or through any chain of calls in the package, also by a callback in a field or a literal
that is passed on. That includes a write lock asked for under a read lock, a read lock under
a read lock if somebody in the package takes the same lock for writing, and `once.Do` in what the
same `sync.Once` does.

## Why

A mutex of Go does not know who holds it: the second `Lock` waits for an `Unlock` that comes behind
it, and so for ever. Everybody else who needs the mutex then queues up, which in a server is each
request from now on. Cause: channel-cascade.

Two read locks are no better, only rarer: a writer that comes in between has to wait for the first,
and the second has to wait for the writer. In quiet times nobody comes in between, so it is found
in a flood.

## Bad

```go
package p

import "sync"

type Cache struct {
        mu    sync.Mutex
        items map[string]string
}

func (c *Cache) Len() int {
        c.mu.Lock()
        defer c.mu.Unlock()
        return len(c.items)
}

func (c *Cache) Put(key, value string) {
        c.mu.Lock()
        defer c.mu.Unlock()
        c.items[key] = value
        if c.Len() > 100 {
                delete(c.items, key)
        }
}
```

## Good

```go
package p

import "sync"

type Cache struct {
        mu    sync.Mutex
        items map[string]string
}

func (c *Cache) Len() int {
        c.mu.Lock()
        defer c.mu.Unlock()
        return c.lenLocked()
}

func (c *Cache) lenLocked() int { return len(c.items) }

func (c *Cache) Put(key, value string) {
        c.mu.Lock()
        defer c.mu.Unlock()
        c.items[key] = value
        if c.lenLocked() > 100 {
                delete(c.items, key)
        }
}
```

## Not reported

Locks of two objects, also where both are elements of one map or list, as in a walk through a tree;
a lock that is held on some ways only; a function that releases the lock of its caller before it
takes it again; `TryLock`; a lock that a parameter of type `bool` asks for. A field that points from
a part to the whole it was reached from, and is called after it, is taken to point to that very
whole. What a field that holds a function calls is only known if the package puts one function
there; what other packages put there is not seen. A read lock under a read lock that nobody takes
for writing is told as advice.

## Silence

`//snowshed:ignore SN308 reason`
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._locking import Taken, events, writers
from snowshed.lint._go._locks import READ, WRITE, operation_of
from snowshed.lint._go._package import related
from snowshed.lint._go._ways import is_beside, waits_beside, way
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go._events import HeldLock

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each place that takes a lock which its goroutine has."""
    found: dict[n.Node, list[tuple[Taken, HeldLock]]] = {}
    for event in events(package):
        taken = event.what
        if not isinstance(taken, Taken) or taken.lock is None or not taken.lock.is_one:
            continue
        for held in event.held:
            if held.lock == taken.lock and held.lock not in taken.released:
                at = waits_beside(held.by, taken.chain, taken.node)
                found.setdefault(at, []).append((taken, held))
    for at, ways in found.items():
        # Once for each place: the surest and shortest way, a write lock before a read lock.
        ways.sort(key=lambda way: (way[1].mode == READ, len(way[0].chain), way[1].by.start))
        yield _finding(package, at, *ways[0])


def _finding(package: Package, at: n.Node, taken: Taken, held: HeldLock) -> Finding:
    is_read = held.mode == READ and taken.mode == READ
    # What a call leaves read-locked, as a transaction does, several may hold on purpose.
    is_left = isinstance(held.by, n.Call) and operation_of(held.by) is None
    is_advice = is_read and (is_left or taken.key not in writers(package))
    places = [related(held.by, f"`{taken.lock}` is taken here"), *way(taken.chain)]
    return at.function.file.finding(
        "SN308",
        at,
        _message(at, taken, held),
        related=places,
        tier=Tier.ADVICE if is_advice else Tier.DEFAULT,
        confidence=0.7 if is_read or not taken.is_sure else 0.95,
        waits_at=[taken.node] if is_beside(at, taken.node) else [],
    )


def _message(at: n.Node, taken: Taken, held: HeldLock) -> str:
    is_once = taken.node.method == "Do"
    call = f"`{taken.node.path}(...)`" if is_once else f"`{taken.node.text}`"
    lock = f"`{taken.lock}`"
    if at is not taken.node:
        call += f" in {taken.node.function.display}, which is called from here,"
    holder = held.by.function.display
    where = f"which {holder} has taken on line {held.by.line}"
    if held.mode == READ and taken.mode == WRITE:
        return f"{call} waits for the read lock of its own goroutine, {where}"
    if held.mode == READ:
        until = "for ever once a writer comes in between"
        return f"{call} waits {until}: {lock} is read-locked, {where}"
    if not taken.chain:
        return f"{call} waits for itself: {lock} is held since line {held.by.line}"
    return f"{call} waits for its own goroutine when {holder} gets here with {lock} held"


RULE = Rule(
    "SN308",
    "lock-taken-again",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
    asked="some",
)
