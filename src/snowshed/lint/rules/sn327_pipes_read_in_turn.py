"""The output of a command is read to its end before its errors are.

## What it does

Reports a read of one pipe of a command to its end, `StdoutPipe` or `StderrPipe`, if the same
goroutine reads the other one only behind it.

## Why

A pipe holds some 64 KiB. A command that writes more than that to the second pipe waits until
somebody reads it, and so never ends the first one: both wait for each other, and with them the
goroutine and the process. It works for as long as there are few errors. Cause: channel-cascade.

## Bad

```go
package p

import (
        "io"
        "os/exec"
)

func run(cmd *exec.Cmd) ([]byte, []byte, error) {
        stdout, _ := cmd.StdoutPipe()
        stderr, _ := cmd.StderrPipe()
        if err := cmd.Start(); err != nil {
                return nil, nil, err
        }
        said, _ := io.ReadAll(stdout)
        complained, _ := io.ReadAll(stderr)
        return said, complained, cmd.Wait()
}
```

## Good

```go
package p

import (
        "bytes"
        "os/exec"
)

func run(cmd *exec.Cmd) ([]byte, []byte, error) {
        var said, complained bytes.Buffer
        cmd.Stdout, cmd.Stderr = &said, &complained
        err := cmd.Run()
        return said.Bytes(), complained.Bytes(), err
}
```

## Not reported

Pipes of which one is read by another goroutine, or is handed on; a read that takes a part, as does
a loop over lines that has a `break` or a `return`. Each command is told of once.

## Silence

`//snowshed:ignore SN327 reason` on the line of the first read, or on the one above.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._package import related
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Function, Package
    from snowshed.lint._go._scope import Variable

__all__ = ["RULE"]

_PIPES = frozenset({"StdoutPipe", "StderrPipe"})
# What reads to the end, and which argument it reads.
_READS = {"io.Copy": 1, "io.ReadAll": 0, "ioutil.ReadAll": 0}
_LINES = frozenset({"bufio.NewScanner", "bufio.NewReader"})


class _Pipe(NamedTuple):
    """A pipe of a command.

    Attributes:
        command: the variable that holds the command.
        made: the call that makes the pipe.
    """

    command: Variable
    made: n.Call


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each read of a pipe to its end that another pipe of the command waits for."""
    files = {each for each in package.files if _has_both(each.source.content)}
    for function in package.functions if files else ():
        if function.file not in files or not _has_both(function.code):
            continue
        parts = [*function.family()]
        pipes = dict(pipe for part in parts for pipe in _pipes(part))
        reads = [read for part in parts for read in _reads(part, pipes)]
        yield from _in_turn(sorted(reads, key=lambda read: read[0].start), pipes)


def _in_turn(
    reads: Sequence[tuple[n.Node, Variable]], pipes: dict[Variable, _Pipe]
) -> Iterator[Finding]:
    """Yield the first read of each command whose other pipe is only read behind it."""
    told = set()
    for (first, one), (second, other) in permutations(reads, 2):
        command = pipes[one].command
        if one is other or pipes[other].command is not command or command in told:
            continue
        if _is_before(first, second, {pipes[one].made, pipes[other].made}):
            told.add(command)
            yield _finding(first, second, one, other)


def _has_both(code: bytes) -> bool:
    return b".StderrPipe()" in code and b".StdoutPipe()" in code


def _pipes(function: Function) -> Iterator[tuple[Variable, _Pipe]]:
    """Yield the variables that hold a pipe, and what that is."""
    for call in function.all(n.Call):
        command = call.called.operand if isinstance(call.called, n.Selector) else None
        if call.method not in _PIPES or not isinstance(command, n.Name):
            continue
        stated = call.parent
        held = stated.left[0] if isinstance(stated, n.Assign) and stated.left else None
        if isinstance(held, n.Name) and held.variable is not None and command.variable is not None:
            yield held.variable, _Pipe(command.variable, call)


def _reads(function: Function, pipes: dict[Variable, _Pipe]) -> Iterator[tuple[n.Node, Variable]]:
    """Yield what reads a pipe to its end, of those that nothing else is done with."""
    for call in function.all(n.Call):
        place = _READS.get(call.path)
        if place is None or place >= len(call.arguments):
            continue
        read = call.arguments[place]
        pipe = read.variable if isinstance(read, n.Name) else None
        if pipe is not None and pipe in pipes and len(pipe.uses) == 1:
            yield call, pipe
    for loop in function.all(n.For):
        pipe = _scanned(loop)
        if pipe is not None and pipe in pipes and len(pipe.uses) == 1:
            yield loop, pipe


def _scanned(loop: n.For) -> Variable | None:
    """Return what ``for scanner.Scan()`` goes over to its end."""
    condition = loop.condition
    if _takes_a_part(loop):
        return None
    if not isinstance(condition, n.Call) or condition.method != "Scan":
        return None
    by = condition.called.operand if isinstance(condition.called, n.Selector) else None
    made = by.variable.value if isinstance(by, n.Name) and by.variable is not None else None
    if not isinstance(made, n.Call) or made.path not in _LINES or not made.arguments:
        return None
    read = made.arguments[0]
    return read.variable if isinstance(read, n.Name) else None


def _takes_a_part(loop: n.For) -> bool:
    """Tell whether a turn of ``loop`` may be the last before all is read."""
    leaves = [each for each in loop.function.all(n.Branch) if each.keyword in {"break", "goto"}]
    return any(n.is_in_turn(each, loop) for each in (*leaves, *loop.function.all(n.Return)))


def _is_before(first: n.Node, second: n.Node, made: Collection[n.Node]) -> bool:
    """Tell whether one goroutine does the second when it has done the first, with the same pipes.

    A turn that makes new ones has a new command.
    """
    if first.function is not second.function or any(
        isinstance(each.parent, n.Go | n.Defer) for each in (first, second)
    ):
        return False
    flow = flow_of(first.function)
    one, two = flow.point_of(first), flow.point_of(second)
    if one is None or two is None or one is two:
        return False
    anew = {flow.point_of(each) for each in made if each.function is first.function}
    return two in flow.reachable(one, without=anew.__contains__)


def _finding(first: n.Node, second: n.Node, one: Variable, other: Variable) -> Finding:
    shown = first.condition if isinstance(first, n.For) and first.condition is not None else first
    return first.function.file.finding(
        "SN327",
        shown,
        f"{short(shown)} reads `{one.name}` to its end before anybody reads `{other.name}`: a "
        "command that fills that pipe waits for ever",
        related=[related(second, f"`{other.name}` is read here")],
        confidence=0.9,
    )


RULE = Rule(
    "SN327",
    "pipes-read-in-turn",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
)
