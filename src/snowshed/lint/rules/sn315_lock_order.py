"""Two locks are taken in one order here and in the other order elsewhere.

## What it does

Reports two mutexes of a package of which each is taken by somebody who holds the other: in one
function, or through any chain of calls in the package, also by callbacks in fields and by the
methods of an interface that one type of the package has. In Python the same of locks, semaphores
for one and conditions that are attributes of a class or variables of a module, through calls of
functions of the same folder. There it also reports the locks of two objects of one kind, one taken
inside the other, that the caller chooses and nothing puts in order; as advice where only the name
of the attribute says that it is a lock.

## Why

One goroutine holds the first and waits for the second, another holds the second and waits for the
first: both wait for ever, and with them everybody who needs one of the two. It takes two goroutines
at the same moment, so it passes all tests, and happens under load. Cause: channel-cascade.

What to do: agree on one order and say so where the locks are declared, or release the first before
the call that takes the second.

## Bad

```go
package p

import "sync"

type Server struct {
        mu    sync.Mutex
        conns map[int]*Conn
}

type Conn struct {
        mu     sync.Mutex
        id     int
        server *Server
}

func (s *Server) Closed() int {
        s.mu.Lock()
        defer s.mu.Unlock()
        for _, c := range s.conns {
                c.Close()
        }
        return len(s.conns)
}

func (c *Conn) Close() {
        c.mu.Lock()
        defer c.mu.Unlock()
        c.id = 0
}

func (c *Conn) Fail() {
        c.mu.Lock()
        defer c.mu.Unlock()
        c.server.remove(c.id)
}

func (s *Server) remove(id int) {
        s.mu.Lock()
        defer s.mu.Unlock()
        delete(s.conns, id)
}
```

```python
import asyncio


class Account:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.amount = 0


async def transfer(giver: Account, taker: Account, amount: int) -> None:
    async with giver.lock, taker.lock:
        giver.amount -= amount
        taker.amount += amount
```

## Good

```go
package p

import "sync"

type Server struct {
        mu    sync.Mutex
        conns map[int]*Conn
}

type Conn struct {
        mu     sync.Mutex
        id     int
        server *Server
}

func (s *Server) Closed() int {
        s.mu.Lock()
        defer s.mu.Unlock()
        for _, c := range s.conns {
                c.Close()
        }
        return len(s.conns)
}

func (c *Conn) Close() {
        c.mu.Lock()
        defer c.mu.Unlock()
        c.id = 0
}

func (c *Conn) Fail() {
        c.mu.Lock()
        id := c.id
        c.mu.Unlock()
        c.server.remove(id)
}

func (s *Server) remove(id int) {
        s.mu.Lock()
        defer s.mu.Unlock()
        delete(s.conns, id)
}
```

```python
import asyncio


class Account:
    def __init__(self, number: int) -> None:
        self.number = number
        self.lock = asyncio.Lock()
        self.amount = 0


async def transfer(giver: Account, taker: Account, amount: int) -> None:
    first, second = sorted((giver, taker), key=lambda account: account.number)
    async with first.lock, second.lock:
        giver.amount -= amount
        taker.amount += amount
```

## Not reported

Two orders that are both under one more lock; two that only read what the other only reads; locks of
an object that was just made, which nobody else knows; two locks of one field, as of a parent and
its child; a lock that is taken only until an atomic flag is set, unless by its name it says that
all has stopped; rows of locks, of which each is for a part of the keys; `TryLock`. Locks are told
apart by type and field: that two values of a type never meet is not seen. In Python: a lock that is
taken by `acquire()`, or under a timeout, which ends the wait; one that came from elsewhere; two
objects of which one is by its name above the other, such as a parent and its child, or that are
compared or sorted in the function or by who calls it.

## Silence

`//snowshed:ignore SN315 reason`, or `# snowshed: ignore[SN315] reason` on the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go._order import Inversion, inversions
from snowshed.lint._go._package import related
from snowshed.lint._go._place import named
from snowshed.lint._go._ways import is_beside, seen_from, way
from snowshed.lint._python._lock_order import inversions as in_python
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each two locks that are taken in both orders."""
    for found in inversions(package):
        yield _finding(found)


def _finding(found: Inversion) -> Finding:
    edge, other = found.rare, found.usual
    first, second = named(edge.first), named(edge.second)
    at = seen_from(edge.held.by, edge.taken.chain, edge.taken.node)
    there = other.taken.node
    is_sure = edge.taken.is_sure and other.taken.is_sure
    return at.function.file.finding(
        "SN315",
        at,
        f"`{second}` is taken with `{first}` held, and line {there.line} of "
        f"{there.function.display} takes `{first}` with `{second}` held",
        related=[
            related(edge.held.by, f"`{first}` is taken here first"),
            *way(edge.taken.chain),
            related(other.held.by, f"elsewhere `{second}` is taken first"),
            *way(other.taken.chain),
            related(there, f"and then `{first}`"),
        ],
        confidence=0.8 if is_sure else 0.6,
        waits_at=[edge.taken.node] if is_beside(at, edge.taken.node) else [],
    )


RULE = Rule(
    "SN315",
    "lock-order",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    in_python=in_python,
    severity=Severity.HIGH,
    in_tests=True,
    asked="some",
)
