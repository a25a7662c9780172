"""A goroutine waits with a lock held that the one who would end the wait has to take first.

## What it does

Reports a send, a receive, a `select` without `default`, a `range` over a channel or a `Wait` that
is done with a mutex held, in the same function or in one that calls it, if all who could end it
take the same mutex to get there: before it, or between two turns of their loop. Who can end it is
told from what the package does with the channel, the group or the condition. Also reports a wait
for a condition with another lock held for reading that somebody wants to write.

## Why

One waits for the other, which waits for the lock of the first: both stand for ever. With them
stands everybody who needs the lock, which in a server is each request from then on. It takes a
certain order of two goroutines, so tests pass. Cause: channel-cascade.

What to do: take what the wait needs from under the lock, release it, and wait then; or do not wait,
by a `default`.

## Bad

```go
package p

import "sync"

type Hub struct {
        mu     sync.Mutex
        count  int
        events chan string
}

func New() *Hub {
        h := &Hub{events: make(chan string)}
        go h.run()
        return h
}

func (h *Hub) run() {
        for range h.events {
                h.mu.Lock()
                h.count++
                h.mu.Unlock()
        }
}

func (h *Hub) Publish(event string) {
        h.mu.Lock()
        defer h.mu.Unlock()
        h.events <- event
}
```

## Good

```go
package p

import "sync"

type Hub struct {
        mu     sync.Mutex
        count  int
        events chan string
}

func New() *Hub {
        h := &Hub{events: make(chan string)}
        go h.run()
        return h
}

func (h *Hub) run() {
        for range h.events {
                h.mu.Lock()
                h.count++
                h.mu.Unlock()
        }
}

func (h *Hub) Publish(event string) {
        h.events <- event
        h.mu.Lock()
        defer h.mu.Unlock()
        h.count++
}
```

## Not reported

A wait that somebody ends who needs no such lock, or that others may end, as the channel leaves the
package; a `select` that a `default`, a timer, the context of a request or another channel ends, but
not one that only waits to be stopped; a send into a buffer that has a place for it; a receive from
a buffer that may be filled already; a lock that both only read; who takes the lock only before the
other one runs, or before that one can know his channel; `cond.Wait` with the lock of the condition
itself, which it releases.

## Silence

`//snowshed:ignore SN307 reason`
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._locking import Waited, events, writers
from snowshed.lint._go._locks import READ, is_condition
from snowshed.lint._go._package import related
from snowshed.lint._go._peers import Takes, enders, is_released_by, takes_before
from snowshed.lint._go._places import place_of
from snowshed.lint._go._ways import is_beside, waits_beside, way
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go._events import HeldLock

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each wait that only somebody ends who needs a lock which is held meanwhile."""
    seen: set[n.Node] = set()
    for event in events(package):
        waited = event.what
        if not isinstance(waited, Waited) or waited.node in seen:
            continue
        for held in event.held:
            if held.lock in waited.released or is_released_by(waited.node, held.lock):
                continue
            peer = _peer(waited, held)
            if peer is not None:
                # Where both hold it, it is one fault, and told once.
                seen.update((waited.node, peer[0]))
                yield _finding(waited, held, *peer)
                break
            writer = _stopped_writer(package, waited, held)
            if writer is not None:
                seen.add(waited.node)
                yield _of_writer(waited, held, writer)
                break


def _peer(waited: Waited, held: HeldLock) -> tuple[n.Node, Takes] | None:
    """Return who ends the wait, and where he takes the lock; None if one of them need not."""
    first: tuple[n.Node, Takes] | None = None
    for node in enders(waited.node):
        takes = takes_before(node, held.key, waited.node)
        if takes is None or (takes.mode == READ and held.mode == READ):
            return None
        first = first or (node, takes)
    return first


def _stopped_writer(package: Package, waited: Waited, held: HeldLock) -> n.Call | None:
    """Return who wants to write what is read-locked while a condition is waited for.

    He waits until it is signalled, and behind him wait all who want to read: among them mostly
    is who would signal it.
    """
    node = waited.node
    called = node.called if isinstance(node, n.Call) else None
    place = place_of(called.operand) if isinstance(called, n.Selector) else None
    if held.mode != READ or place is None or not is_condition(package, place):
        return None
    return writers(package).get(held.key)


def _of_writer(waited: Waited, held: HeldLock, writer: n.Call) -> Finding:
    at = waits_beside(held.by, waited.chain, waited.node)
    return at.function.file.finding(
        "SN307",
        at,
        f"{_what(waited.node)} waits with `{held.lock}` read-locked: {writer.function.display}, "
        f"which locks it on line {writer.line}, waits until somebody signals, and so do all "
        "readers behind it",
        related=[
            related(held.by, f"`{held.lock}` is taken here"),
            *way(waited.chain),
            related(writer, "who wants to write waits here"),
        ],
        confidence=0.6,
        waits_at=[each for each in (waited.node, writer) if is_beside(at, each)],
    )


def _finding(waited: Waited, held: HeldLock, node: n.Node, takes: Takes) -> Finding:
    ended = node.function.display
    at = waits_beside(held.by, waited.chain, waited.node)
    return at.function.file.finding(
        "SN307",
        at,
        f"{_what(waited.node)} waits with `{held.lock}` held, and {ended}, which would end it, "
        f"needs the same lock on line {takes.node.line}",
        related=[
            related(held.by, f"`{held.lock}` is taken here"),
            *way(waited.chain),
            related(takes.node, f"{ended} takes it here"),
            related(node, "to get here, which would end the wait"),
        ],
        confidence=0.85,
        waits_at=[each for each in (waited.node, takes.node) if is_beside(at, each)],
    )


def _what(node: n.Node) -> str:
    match node:
        case n.Select():
            return "`select`"
        case n.For(ranged=ranged) if ranged is not None:
            return f"`range {ranged.text}`"
        case n.Send(channel=channel):
            return f"`{channel.text} <-`"
    return f"`{node.text}`"


RULE = Rule(
    "SN307",
    "wait-with-lock-of-peer",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
)
