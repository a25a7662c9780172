"""A function starts a goroutine that sends to it, and returns on a way that does not receive.

## What it does

Reports a send to a channel that nobody but the starting function has, if a `return` or
`t.Fatal` lies between the `go` and the receive, or if the loop that receives may be left
before everything is sent.

## Why

The early return is mostly that of an error: rare in a test, and all at once in a flood, when what
is called fails for everybody. Each of them leaves a goroutine behind that waits for a receiver for
ever. Cause: channel-cascade.

## Bad

```go
package p

func load(check func() error, read func() string) (string, error) {
        text := make(chan string)
        go func() {
                text <- read()
        }()
        if err := check(); err != nil {
                return "", err
        }
        return <-text, nil
}
```

```go
package p

func copyAll(names []string, write func(string) error) error {
        found := make(chan string)
        go func() {
                defer close(found)
                for _, name := range names {
                        found <- name
                }
        }()
        for name := range found {
                if err := write(name); err != nil {
                        return err
                }
        }
        return nil
}
```

## Good

```go
package p

func load(check func() error, read func() string) (string, error) {
        text := make(chan string, 1) // the goroutine ends, whoever waits
        go func() {
                text <- read()
        }()
        if err := check(); err != nil {
                return "", err
        }
        return <-text, nil
}
```

```go
package p

func copyAll(names []string, write func(string) error) error {
        found, done := make(chan string), make(chan struct{})
        defer close(done)
        go func() {
                defer close(found)
                for _, name := range names {
                        select {
                        case found <- name:
                        case <-done:
                                return
                        }
                }
        }()
        for name := range found {
                if err := write(name); err != nil {
                        return err
                }
        }
        return nil
}
```

## Not reported

A receive that is deferred, or done by another goroutine; one under the very condition under which
the goroutine is started; a loop that one goroutine feeds and that is left because of what came; a
way that ends the program. In tests, ways that end by `t.Fatal` are advice: the process ends soon.

## Silence

`//snowshed:ignore SN302 reason` on the line of the send, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go._abandoned import How, abandoned
from snowshed.lint._go._flow import End
from snowshed.lint._go._package import related
from snowshed.lint._go._wording import roomier, short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go._abandoned import Abandoned

__all__ = ["RULE"]

_FEW = 8


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each send that is stuck if its function returns early."""
    for each in abandoned(package):
        if each.how is How.RETURN:
            yield _finding(each)


def _finding(found: Abandoned) -> Finding:
    sent, leaving, local = found.first, found.leaving, found.local
    assert leaving is not None
    places = [related(local.channel.made, f"`{local.name}` has no place for it")]
    where = "again"
    if leaving.at is not None:
        places.insert(0, related(leaving.at, "here it leaves without having received"))
        where = f"on line {leaving.at.line}"
    owner = local.owner.display or "the function"
    fix = None
    if 0 < found.fits <= _FEW:
        fix = roomier(local.channel, str(found.fits), safe=found.fits == 1)
    in_test = sent.function.file.source.is_test
    return sent.function.file.finding(
        "SN302",
        sent,
        f"{short(sent)} has no receiver if `{owner}` leaves {where}",
        related=places,
        fix=fix,
        tier=Tier.ADVICE if in_test and leaving.end is End.GOEXIT else Tier.DEFAULT,
        waits_at=[act.node for act in found.sends],
    )


RULE = Rule(
    "SN302",
    "receive-skipped-by-return",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
    fixes=True,
    asked="some",
    safe_fixes=True,
)
