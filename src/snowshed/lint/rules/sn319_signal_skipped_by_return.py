"""A goroutine tells its end by a channel, and returns on a way that does not tell.

## What it does

Reports a receive that nothing but a sender can end, if the one goroutine that sends to the channel
or closes it may end without having done so: the ``close(done)`` is not deferred, and a ``return``
or ``t.Fatal`` lies before it.

## Why

On the way of an error the end is not told, and who waits for it waits for ever; and who waits for
that one, too. Cause: channel-cascade.

## Bad

```go
package p

func copyAll(read func() error) {
        done := make(chan struct{})
        go func() {
                for range 10 {
                        if err := read(); err != nil {
                                return
                        }
                }
                close(done)
        }()
        <-done
}
```

## Good

```go
package p

func copyAll(read func() error) {
        done := make(chan struct{})
        go func() {
                defer close(done)
                for range 10 {
                        if err := read(); err != nil {
                                return
                        }
                }
        }()
        <-done
}
```

## Not reported

A case of a select with others; a channel that several goroutines send to, or that somebody gets who
is not seen; a panic.

## Silence

`//snowshed:ignore SN319 reason` on the line of the receive, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._channels import Does
from snowshed.lint._go._flow import End, flow_of
from snowshed.lint._go._locals import locals_of
from snowshed.lint._go._package import related
from snowshed.lint._go._threads import Way
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package
    from snowshed.lint._go._flow import Point
    from snowshed.lint._go._locals import Act, Local

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each receive whose sender may end without sending."""
    for local in locals_of(package):
        if not local.is_clear:
            continue
        for act in local.receives(Way.HERE):
            if act.operation.is_plain:
                found = _ends_without(local, act)
                if found is not None:
                    yield _finding(local, act, found)
                    break


def _ends_without(local: Local, act: Act) -> n.Node | None:
    """Return where the goroutine that should send or close ends without it."""
    is_range = act.operation.does is Does.RANGE
    signals = local.closes() if is_range else [*local.closes(), *local.sends()]
    if not signals or any(each.run.way is not Way.SPAWNED for each in signals):
        return None
    body, at = signals[0].run.body, signals[0].run.at
    if any(each.run.body is not body or each.run.at is not at for each in signals):
        return None
    if any(each.run.spawned != 1 for each in signals) or not _follows(local, at, act):
        return None
    flow = flow_of(body)
    told: set[Point | None] = set()
    for each in signals:
        told.add(flow.point_of(each.run.inner))
        if not is_range:
            told |= _heads(each.run.inner)
    if None in told:
        return None
    told |= _ended_by(local, body)
    ends = flow.ends_after(flow.start, without=lambda point: point in told)
    for end in ends:
        if end.end in {End.RETURN, End.GOEXIT}:
            return end.node if end.node is not None else _last(body.body)
    return None


def _ended_by(local: Local, body: Function) -> set[Point | None]:
    """Return where the goroutine hears of what only who waits for it does: not while it waits."""
    flow = flow_of(body)
    found: set[Point | None] = set()
    for other in locals_of(body.file.package):
        if other.owner is not local.owner or not other.is_clear:
            continue
        feeds = [*other.sends(), *other.closes()]
        if all(each.run.way in {Way.HERE, Way.DEFERRED} for each in feeds):
            found |= {
                flow.point_of(each.run.inner) for each in other.receives() if each.run.body is body
            }
    return found - {None}


def _follows(local: Local, at: n.Node, act: Act) -> bool:
    """Tell whether who receives has started the goroutine before, on each way."""
    flow = local.flow
    start, point = flow.point_of(at), flow.point_of(act.run.at)
    if start is None or point is None:
        return False
    made = local.made_at or flow.start
    return point not in flow.reachable(made, without=lambda each: each is start)


def _heads(node: n.Node) -> set[Point | None]:
    """Return the heads of loops that tell in each of their turns: nobody writes them for none."""
    flow = flow_of(node.function)
    found: set[Point | None] = set()
    for each in n.inside(node):
        if isinstance(each, n.If | n.Switch):
            break
        if isinstance(each, n.For) and not each.is_endless:
            found.add(flow.at.get(each))
    return found


def _last(block: n.Block) -> n.Node:
    return block.statements[-1] if block.statements else block


def _finding(local: Local, act: Act, end: n.Node) -> Finding:
    node = act.node
    shown = node.ranged if isinstance(node, n.For) and node.ranged is not None else node
    return node.function.file.finding(
        "SN319",
        shown,
        f"{short(shown)} waits for ever if the goroutine that should tell it ends "
        f"on line {end.line}",
        related=[
            related(end, f"ends without having told `{local.name}`"),
            related(local.channel.made, f"`{local.name}` is made here"),
        ],
        waits_at=[node],
    )


RULE = Rule(
    "SN319",
    "signal-skipped-by-return",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
)
