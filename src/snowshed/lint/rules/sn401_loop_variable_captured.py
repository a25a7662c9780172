"""A goroutine uses a variable of the loop that starts it, which has moved on by then.

## What it does

Reports a literal that a loop starts as a goroutine (`go func`, `group.Go`) and that uses a variable
of the loop, in a module whose `go.mod` says a version before Go 1.22. From that on each turn has a
variable of its own, and nothing is reported.

## Why

Before Go 1.22 a loop has one variable for all of its turns. The goroutine reads it when it runs,
and then it mostly is at the last element: some are done many times, and the others never. Cause:
unbounded-fanout.

## Bad

```go
// go 1.21
package p

func all(names []string) {
        for _, name := range names {
                go func() {
                        greet(name)
                }()
        }
}

func greet(name string) {}
```

## Good

```go
// go 1.21
package p

func all(names []string) {
        for _, name := range names {
                name := name
                go func() {
                        greet(name)
                }()
        }
}

func greet(name string) {}
```

## Not reported

`go greet(name)` and `go func(name string) {...}(name)`: arguments are evaluated at the `go`
statement. A goroutine that is waited for in the turn that starts it, or after whose start the loop
is left.

## Silence

`//snowshed:ignore SN401 reason`, on the line or the one above it.

"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.lint._finding import Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._edits import indent_of, line_before
from snowshed.lint._go._flow import is_repeated
from snowshed.lint._go._joins import Bond, bond_of, spawns
from snowshed.lint._rule import Rule
from snowshed.model import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._joins import Spawn
    from snowshed.lint._go._package import Package
    from snowshed.lint._go._scope import Variable

__all__ = ["RULE"]

_OWN_FROM = (1, 22)


def in_go(package: Package) -> Iterator[Finding]:
    """Yield the goroutines that see a later turn of their loop."""
    if package.go >= _OWN_FROM:
        return
    for spawn in spawns(package, tests=True):
        if spawn.runs is not None and spawn.runs.outer is spawn.function:
            yield from _captured(spawn)


def _captured(spawn: Spawn) -> Iterator[Finding]:
    for loop in n.inside(spawn.node):
        if not isinstance(loop, n.For):
            continue
        own = set(_own(loop))
        seen = [each for each in _named(spawn) if each.variable in own]
        if not seen or not is_repeated(spawn.node):
            continue
        if bond_of(spawn, inside=loop.body) is Bond.JOINED:
            continue
        names = list(dict.fromkeys(each.name for each in seen))
        what = " and ".join(f"`{name}`" for name in names)
        message = (
            f"{what} {'is one variable' if len(names) == 1 else 'are one variable each'} for all "
            f"turns of the loop on line {loop.line} before Go 1.22: the goroutine sees a later turn"
        )
        yield spawn.function.file.finding("SN401", seen[0], message, fix=_copying(spawn, seen))


def _own(loop: n.For) -> Iterator[Variable]:
    """Yield the variables of ``loop``."""
    init = loop.init.left if isinstance(loop.init, n.Assign) else []
    for each in [*loop.keys, *init]:
        variable = each.variable if isinstance(each, n.Name) else None
        if variable is not None and variable.declared is each:
            yield variable


def _named(spawn: Spawn) -> Iterator[n.Name]:
    for each in spawn.body:
        if isinstance(each, n.Name):
            yield each


def _copying(spawn: Spawn, seen: list[n.Name]) -> Fix | None:
    """Return what gives each turn variables of its own, if the goroutine only reads them."""
    if any(_is_set(each) for each in seen):
        return None
    statement: n.Node | None = spawn.node
    while statement is not None and not isinstance(statement.parent, n.Block | n.Case):
        statement = statement.parent
    if statement is None:
        return None
    names = list(dict.fromkeys(each.name for each in seen))
    copies = (f"{name} := {name}" for name in names)
    edit = line_before(statement, f"\n{indent_of(statement)}".join(copies))
    return None if edit is None else Fix("give each turn a variable of its own", (edit,), safe=True)


def _is_set(name: n.Name) -> bool:
    parent = name.parent
    if isinstance(parent, n.Unary) and parent.operator == "&":
        return True
    return isinstance(parent, n.Increment) or (isinstance(parent, n.Assign) and name in parent.left)


RULE = Rule(
    "SN401",
    "loop-variable-captured",
    Cause.UNBOUNDED_FANOUT,
    in_go=in_go,
    in_tests=True,
    fixes=True,
    safe_fixes=True,
)
