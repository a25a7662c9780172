"""As much is received as there might be senders, and not all of them are started.

## What it does

Reports a receive from a channel that stays in its function, where the goroutines that send are
started in the turns of a loop of which some are skipped, or by an `if`, and what they send is
received as often as all of them would send it.

## Why

The one that was left out sends nothing, and the last receive waits for it for ever. It works until
something is skipped for the first time. Cause: channel-cascade.

## Bad

```go
package p

func sizes(names []string, load func(string) int) int {
        results := make(chan int, len(names))
        for _, name := range names {
                if name == "" {
                        continue
                }
                go func() {
                        results <- load(name)
                }()
        }
        sum := 0
        for range names {
                sum += <-results
        }
        return sum
}
```

## Good

```go
package p

func sizes(names []string, load func(string) int) int {
        results := make(chan int, len(names))
        started := 0
        for _, name := range names {
                if name == "" {
                        continue
                }
                started++
                go func() {
                        results <- load(name)
                }()
        }
        sum := 0
        for range started {
                sum += <-results
        }
        return sum
}
```

## Not reported

A channel that is closed, or that somebody gets who is not seen; a turn that sends itself instead of
starting who does; receives that depend on a condition, too, also by a `return`, `break` or `panic`
between the senders and them, or whose number is counted.

## Silence

`//snowshed:ignore SN325 reason` on the line of the receive, or on the one above.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._locals import Act, Local, locals_of
from snowshed.lint._go._package import related
from snowshed.lint._go._threads import Way
from snowshed.lint._go._turns import counts_of, is_steady, skipping
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go._flow import Point

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each receive for which there may be no sender."""
    for local in locals_of(package):
        receives, sends = local.receives(), local.sends(Way.SPAWNED)
        if not local.is_clear or not receives or not sends:
            continue
        if any(_may_come_before(local, act, receives) for act in local.closes()):
            continue
        if any(act.run.way is not Way.HERE or not act.operation.is_plain for act in receives):
            continue
        if any(act.run.is_in_loop or act.run.spawned != 1 for act in sends):
            continue
        yield from _of_turns(local, receives)
        yield from _of_conditions(local, receives, sends)


def _may_come_before(local: Local, closed: Act, receives: list[Act]) -> bool:
    """Tell whether a close may end one of ``receives``."""
    start = local.point(closed)
    if closed.run.way is not Way.HERE or start is None:
        return True
    behind = {each for next_ in start.next for each in local.flow.reachable(next_)}
    return any(local.point(each) in behind for each in receives)


def _of_turns(local: Local, receives: list[Act]) -> Iterator[Finding]:
    """Yield the receive of a loop that turns as often as one that skips some."""
    if len(receives) != 1:
        return
    received = receives[0].run.at
    taking = _loop_of(local, received)
    starts = [act.run.at for act in local.sends()]
    loops = {_loop_of(local, each) for each in starts}
    giving = loops.pop() if len(loops) == 1 else None
    if taking is None or giving is None or taking is giving or giving.start > taking.start:
        return
    counts = counts_of(taking) & counts_of(giving)
    if not counts or not is_steady(local.owner, counts) or _depends(received, taking):
        return
    if _leaves_before(local, giving, taking) or _leaves_out(local, taking, received):
        return
    left = skipping(giving, starts)
    if left is not None:
        yield _finding(local, receives[0], left, f"line {left.line} starts none who sends")


def _loop_of(local: Local, node: n.Node) -> n.For | None:
    """Return the loop that ``node`` stands in, if that is in the owner and in no other loop."""
    loops = [each for each in n.inside(node) if isinstance(each, n.For)]
    around = [each for each in loops if not each.start <= local.channel.made.start < each.end]
    return around[0] if len(around) == 1 and node.function is local.owner else None


def _leaves_before(local: Local, giving: n.For, taking: n.For) -> bool:
    """Tell whether a way leads from behind ``giving`` to an end, and not by ``taking``."""
    flow = local.flow
    first, second = flow.at.get(giving), flow.at.get(taking)
    if first is None or second is None:
        return True
    behind = [each for each in first.next if not n.is_in_turn(each.node, giving)]
    return any(_ends(local, each, {second}) for each in behind)


def _leaves_out(local: Local, taking: n.For, received: n.Node) -> bool:
    """Tell whether a turn of ``taking`` may end without ``received``: who writes so has counted."""
    flow = local.flow
    head, point = flow.at.get(taking), flow.point_of(received)
    if head is None or point is None:
        return True
    turn = [each for each in head.next if n.is_in_turn(each.node, taking)]
    reached = set().union(*(flow.reachable(each, without={point}.__contains__) for each in turn))
    return any(each is head or each.end is not None for each in reached)


def _ends(local: Local, start: Point, without: Collection[Point]) -> bool:
    return bool(local.flow.ends_after(start, without=without.__contains__))


def _depends(node: n.Node, around: n.Node | None) -> bool:
    """Tell whether something decides whether ``node`` is done, up to ``around``."""
    for each in n.inside(node):
        if each is around:
            return False
        if isinstance(each, n.If | n.Switch | n.Select | n.Case):
            return True
    return False


def _of_conditions(local: Local, receives: list[Act], sends: list[Act]) -> Iterator[Finding]:
    """Yield the last of some receives that are done in any case, one for each sender."""
    starts = [*dict.fromkeys(act.run.at for act in sends)]
    if len(starts) != len(receives) or len(local.sends()) != len(sends):
        return
    around = next(
        (each for each in n.inside(local.channel.made) if isinstance(each, n.Block)), None
    )
    taken = [act.run.at for act in receives]
    nodes = [*starts, *taken]
    if any(each.function is not local.owner or local.is_repeated(each) for each in nodes):
        return
    if around is None or any(_depends(each, around) for each in taken):
        return
    for start in starts:
        choice = _choice_of(start, around)
        if choice is None or _is_guarded(local, choice, taken[-1]):
            continue
        if _is_passed_by(local, start, taken[-1]):
            yield _finding(
                local, receives[-1], choice, f"line {choice.line} may start none who sends"
            )
            return


def _choice_of(start: n.Node, around: n.Node) -> n.If | None:
    """Return the ``if`` without ``else`` that alone decides whether ``start`` is done."""
    found: list[n.Node] = []
    for each in n.inside(start):
        if each is around:
            break
        if isinstance(each, n.If | n.Switch | n.Select):
            found.append(each)
    choice = found[0] if len(found) == 1 else None
    return choice if isinstance(choice, n.If) and choice.otherwise is None else None


def _is_guarded(local: Local, choice: n.If, received: n.Node) -> bool:
    """Tell whether the function may end behind ``choice``, and before it comes to ``received``.

    ``if ok { go load() }; if !ok { return }; <-done`` is right, and so is a ``panic``.
    """
    flow = local.flow
    point, end = flow.at.get(choice), flow.point_of(received)
    if point is None or end is None:
        return True
    behind = [each for each in point.next if each.node is not choice.then and each is not end]
    return any(_ends(local, each, {end}) for each in behind)


def _is_passed_by(local: Local, start: n.Node, received: n.Node) -> bool:
    """Tell whether a way leads to ``received`` on which ``start`` is not done."""
    flow, made = local.flow, local.made_at
    begin, end = flow.point_of(start), flow.point_of(received)
    if made is None or begin is None or end is None:
        return False
    return end in flow.reachable(made, without=lambda point: point is begin)


def _finding(local: Local, received: Act, left: n.Node, what: str) -> Finding:
    node = received.node
    return node.function.file.finding(
        "SN325",
        node,
        f"{short(node)} waits for ever if {what}: as many are received as all would send",
        related=[
            related(left, "here none is started"),
            related(local.channel.made, "the channel is made here"),
        ],
        confidence=0.8,
        waits_at=[node],
    )


RULE = Rule(
    "SN325",
    "sender-not-started",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
)
