"""A wait group is waited for that cannot come to zero, or that counts too late.

## What it does

Reports one of these:

- a `Wait` in the loop that starts the goroutines, all of which were added before the loop;
- a `Wait` for what nobody ever calls `Done`;
- a `Done` that is not deferred, so that a `return` before it leaves it out;
- an `Add` of as many as a loop has turns, before that loop, if some turns start nobody;
- an `Add` that the goroutine itself begins with.

## Why

`Wait` in the loop waits in its first turn for goroutines that only later turns start. A `Done`
that is missed leaves `Wait`, and who waits for that, for ever: mostly on the way of an error. An
`Add` in the goroutine may come after `Wait`, which then waits for nothing.
Cause: channel-cascade.

## Bad

```go
package p

import "sync"

func all(plugins []func()) {
        var group sync.WaitGroup
        group.Add(len(plugins))
        for _, plugin := range plugins {
                go func() {
                        defer group.Done()
                        plugin()
                }()
                group.Wait()
        }
}
```

```go
package p

import "sync"

func each(names []string, load func(string) error) {
        var group sync.WaitGroup
        for _, name := range names {
                group.Add(1)
                go func() {
                        if err := load(name); err != nil {
                                return
                        }
                        group.Done()
                }()
        }
        group.Wait()
}
```

## Good

```go
package p

import "sync"

func all(plugins []func()) {
        var group sync.WaitGroup
        group.Add(len(plugins))
        for _, plugin := range plugins {
                go func() {
                        defer group.Done()
                        plugin()
                }()
        }
        group.Wait()
}
```

## Not reported

A wait group that is declared in the goroutine; one that somebody gets who is not seen; a `Done`
in a loop, which counts something else than goroutines; a turn that starts nobody and calls `Done`
itself; an `Add(1)` in a turn.

## Silence

`//snowshed:ignore SN310 reason` on the line, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._edits import line_after, line_of, lines_before
from snowshed.lint._go._flow import End, flow_of
from snowshed.lint._go._groups import WAIT_GROUP, Group, groups_of
from snowshed.lint._go._package import related
from snowshed.lint._go._scope import Variable
from snowshed.lint._go._threads import starts
from snowshed.lint._go._turns import count_of, counts_of, in_function, is_steady, skipping
from snowshed.lint._go._ways import is_beside
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield what keeps a wait group from coming to zero, or to it too early."""
    groups = groups_of(package, WAIT_GROUP)
    if not groups:
        return
    started = {body: at for function in package.interesting for at, body in starts(function)}
    for group in groups:
        yield from _never_done(group)
        for wait in group.of("Wait"):
            yield from _in_loop(group, wait)
        for done in group.of("Done"):
            yield from _skipped(group, done, started)
        for added in group.of("Add"):
            yield from _late(group, added, started)
        yield from _of_more(group)


def _never_done(group: Group) -> Iterator[Finding]:
    if group.is_open or group.of("Done", "Go") or not group.of("Add"):
        return
    if any(not _counts_up(each) for each in group.of("Add")):
        return
    for wait in group.of("Wait"):
        yield wait.function.file.finding(
            "SN310",
            wait,
            f"{short(wait)} waits for ever: nobody calls `{group.name}.Done`",
            related=[related(group.of("Add")[0], "added here")],
            waits_at=[wait],
        )


def _counts_up(added: n.Call) -> bool:
    return bool(added.arguments) and not added.arguments[0].text.startswith("-")


def _loop_around(node: n.Node) -> n.For | None:
    return next((each for each in n.inside(node) if isinstance(each, n.For)), None)


def _in_loop(group: Group, wait: n.Call) -> Iterator[Finding]:
    loop = _loop_around(wait)
    if loop is None or isinstance(wait.parent, n.Defer | n.Go):
        return
    adds = group.of("Add")
    here = [each for each in adds if loop.start <= each.start < loop.end]
    before = [
        each
        for each in adds
        if each.function is wait.function and each.start < loop.start and _is_of_many(each)
    ]
    dones = group.of("Done")
    done_here = any(loop.start <= each.start < loop.end for each in dones)
    if here or not before or not done_here or not _is_taken_each_turn(wait, loop):
        return
    yield wait.function.file.finding(
        "SN310",
        wait,
        f"{short(wait)} waits in the loop for goroutines that only its later turns start",
        related=[related(before[0], "all of them are added here")],
        fix=_behind(wait, loop),
        waits_at=[wait],
    )


def _is_of_many(added: n.Call) -> bool:
    return bool(added.arguments) and added.arguments[0].text != "1"


def _is_taken_each_turn(wait: n.Call, loop: n.For) -> bool:
    """Tell whether nothing but the loop decides whether it is waited."""
    for each in n.inside(wait):
        if each is loop:
            return True
        if isinstance(each, n.If | n.Switch | n.Select):
            return False
    return False


def _skipped(group: Group, done: n.Call, started: dict[Function, n.Node]) -> Iterator[Finding]:
    body = done.function
    if body not in started or isinstance(done.parent, n.Defer) or _loop_around(done) is not None:
        return
    own = [each for each in group.of("Done", "Add") if each.function in {*body.family()}]
    if any(each.method == "Add" or isinstance(each.parent, n.Defer) for each in own):
        return
    if any(each.function is not body for each in own) or own[0] is not done:
        return
    if not group.of("Wait"):
        return
    flow = flow_of(body)
    points = {flow.point_of(each) for each in own}
    ends = flow.ends_after(flow.start, without=lambda point: point in points)
    missed = [each for each in ends if each.end in {End.RETURN, End.GOEXIT} and each.node]
    if not missed or missed[0].node is None:
        return
    at = missed[0].node
    yield done.function.file.finding(
        "SN310",
        done,
        f"{short(done)} is not done if the goroutine ends on line {at.line}: "
        f"`{group.name}.Wait` then waits for ever",
        related=[
            related(at, "ends without it"),
            related(group.of("Wait")[0], "waits here"),
        ],
        fix=_deferred(done) if len(own) == 1 else None,
        waits_at=group.of("Wait"),
    )


def _deferred(done: n.Call) -> Fix | None:
    """Return the fix that defers ``Done`` in the first line of its goroutine."""
    stated, body = done.parent, done.function.body
    if not isinstance(stated, n.Expressed) or stated.parent is not body or not body.statements:
        return None
    first, moved = body.statements[0], line_of(stated)
    if stated is first or first.line == body.line or moved is None:
        return None
    text, gone = moved
    put = lines_before(first, f"defer {text}")
    return None if put is None else Fix("defer it in the first line of the goroutine", (put, gone))


def _counted_before(added: n.Call, start: n.Node) -> Fix | None:
    """Return the fix that counts a goroutine before ``start`` starts it."""
    moved = None if added.parent is None else line_of(added.parent)
    if moved is None or not isinstance(start, n.Go) or not isinstance(start.parent, n.Block):
        return None
    own = {*added.function.family()}
    if any(isinstance(each, n.Name) and _is_of(each, own) for each in n.walk(added)):
        return None
    text, gone = moved
    put = lines_before(start, text)
    return None if put is None else Fix("add it before the `go`", (put, gone))


def _is_of(name: n.Name, functions: set[Function]) -> bool:
    return name.variable is not None and name.variable.function in functions


def _behind(wait: n.Call, loop: n.For) -> Fix | None:
    """Return the fix that waits behind the loop, if that is the last that each turn does."""
    stated = wait.parent
    if not isinstance(stated, n.Expressed) or stated is not loop.body.statements[-1]:
        return None
    moved = line_of(stated)
    put = None if moved is None else line_after(loop, moved[0])
    return None if moved is None or put is None else Fix("wait behind the loop", (put, moved[1]))


def _late(group: Group, added: n.Call, started: dict[Function, n.Node]) -> Iterator[Finding]:
    body = added.function
    start = started.get(body)
    if start is None or body.name or not body.body.statements:
        return
    if isinstance(group.who, Variable) and group.who.function in {*body.family()}:
        return
    if added.parent is not body.body.statements[0]:
        return
    waits = [each for each in group.of("Wait") if each.function is start.function]
    if not waits:
        return
    yield added.function.file.finding(
        "SN310",
        added,
        f"{short(added)} may come after `{group.name}.Wait`: it belongs before the `go`",
        related=[related(waits[0], "may wait for nothing")],
        fix=_counted_before(added, start),
    )


def _of_more(group: Group) -> Iterator[Finding]:
    """Yield the wait for as many as a loop has turns that does not start one in each."""
    if group.is_open or len(group.of("Add")) != 1 or group.of("Go"):
        return
    (added,) = group.of("Add")
    function = added.function
    waits = [each for each in group.of("Wait") if each.function.outermost is function.outermost]
    dones = [in_function(function, each) for each in group.of("Done")]
    if not waits or not dones or len(added.arguments) != 1 or _loop_around(added) is not None:
        return
    loops = {None if each is None else _loop_around(each) for each in dones}
    loop = loops.pop() if len(loops) == 1 else None
    if loop is None or added.start > loop.start:
        return
    counts = count_of(added.arguments[0]) & counts_of(loop)
    left = skipping(loop, [each for each in dones if each is not None]) if counts else None
    if left is None or not is_steady(function, counts):
        return
    yield function.file.finding(
        "SN310",
        added,
        f"{short(added)} is for each turn of the loop on line {loop.line}, and line {left.line} "
        f"leaves one out: `{group.name}.Wait` then waits for ever",
        related=[related(left, "nobody is done for this turn"), related(waits[0], "waits here")],
        waits_at=[each for each in waits if is_beside(added, each)],
    )


RULE = Rule(
    "SN310",
    "wait-group-never-reached",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
    fixes=True,
)
