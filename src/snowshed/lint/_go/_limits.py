"""What limits how many goroutines a statement may have running.

A limit has many shapes: a channel whose places are tokens, a semaphore, a group that is told how
many, a rate limiter, a count or a flag that is asked before. What is taken for one here is more
than what surely is one: who has thought of a limit is left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._joins import Spawn, variable_of
from snowshed.lint._go._types import is_channel, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._go._function import Function

__all__ = ["is_guarded", "is_limited", "is_once"]

_ASKS = re.compile(
    r"^(?:Try)?(?:Acquire|Allow|Reserve)|^TryLock$|^CompareAndSwap|^Swap$|^LoadOrStore$|^CAS$|^TryGo$"
    r"|[Rr]ateLimit|[Tt]hrottl|[Ss]emaphore|^(?:take|acquire|tryAcquire|allow)$"
)
_LIMITERS = ("limiter", "semaphore", "throttle", "bucket", "sem", "slots")
_ONCE = frozenset({"Do", "DoChan", "OnceFunc", "OnceValue", "OnceValues"})
_LIMITS = re.compile(rb"\.SetLimit\(|WithMaxGoroutines\(|[lL]imit")
_GROUPS = re.compile(r"\*?(?:errgroup\.Group|sync\.WaitGroup)$")
_COUNTS = re.compile(r"\blen\(|\.Add\(|\.Load\(|\bAdd(?:Int|Uint)|\bLoad(?:Int|Uint)")
_FLAG = re.compile(r"[Rr]unning|[Ss]tarted|[Bb]usy|[Pp]ending|[Ii]n_?[Ff]light|[Aa]ctive")


def is_limited(spawn: Spawn) -> bool:
    """Tell whether something limits how many of ``spawn`` there are, or seems to."""
    if spawn.group is not None and _is_limiting_group(spawn):
        return True
    if is_once(spawn.node):
        return True
    for each in _asked(spawn):
        if _limits(each, spawn):
            return True
    return is_guarded(spawn.node)


def is_once(node: n.Node) -> bool:
    """Tell whether ``node`` stands in a literal that is given to ``once.Do`` or the like."""
    at: Function | None = node.function
    while at is not None and at.outer is not None:
        for call in at.outer.all(n.Call):
            if call.method in _ONCE and any(
                isinstance(each, n.FunctionLiteral) and each.literal is at
                for each in call.arguments
            ):
                return True
        at = at.outer
    return False


def _is_limiting_group(spawn: Spawn) -> bool:
    """Tell whether the group is told how many, or is none whose ``Go`` is known not to wait."""
    if _LIMITS.search(spawn.function.outermost.code):
        return True
    variable = variable_of(spawn.group)
    if variable is None or isinstance(spawn.group, n.Selector):
        return _GROUPS.match(type_of(spawn.group)) is None
    made = variable.value or variable.source
    if isinstance(made, n.Call) and made.path == "errgroup.WithContext":
        return False
    return _GROUPS.match(type_of(spawn.group)) is None


def _asked(spawn: Spawn) -> Iterator[n.Node]:
    """Yield what is done before the goroutine starts, in its function; and what it does first."""
    at: Function | None = spawn.function
    while at is not None:
        for each in n.walk(at.body):
            if each.start < spawn.node.start or spawn.covers(each):
                yield each
        at = at.outer
    yield from spawn.body


def _limits(node: n.Node, spawn: Spawn) -> bool:
    match node:
        case n.Call():
            if node.method == "Wait" and node.arguments:
                return True
            return _ASKS.search(node.method) is not None or _is_asked(node)
        case n.Send(channel=channel):
            return _is_given_back(channel, spawn, n.Receive)
        case n.Receive(channel=channel):
            return _is_given_back(channel, spawn, n.Send)
        case _:
            return False


def _is_asked(call: n.Call) -> bool:
    """Tell whether ``call`` is a method of something that is called a limit."""
    owner = n.path_of(call.called).rpartition(".")[0].rpartition(".")[2].lower()
    return any(owner.endswith(word) for word in _LIMITERS)


def _is_given_back(channel: n.Expression, spawn: Spawn, kind: type[n.Send | n.Receive]) -> bool:
    """Tell whether what is taken from, or put into, ``channel`` goes back when somebody is done."""
    path = n.path_of(channel)
    if not path or not _may_be_channel(channel):
        return False
    if spawn.covers(channel):
        path = spawn.outside(path)
    return any(
        isinstance(each, kind) and spawn.outside(n.path_of(each.channel)) == path
        for each in spawn.body
    )


def _may_be_channel(expression: n.Expression) -> bool:
    type_ = type_of(expression)
    return not type_ or is_channel(type_)


def is_guarded(node: n.Node) -> bool:
    """Tell whether a count, a flag or a table is asked before ``node`` is done."""
    at: Function | None = node.function
    while at is not None:
        sets = _set_in(at)
        for each in at.all(n.If):
            if each.start >= node.start:
                continue
            encloses = each.start <= node.start < each.end
            if (encloses or _leaves(each)) and _guards(each, sets):
                return True
        at = at.outer
    return False


def _leaves(branch: n.If) -> bool:
    last = branch.then.statements[-1] if branch.then.statements else None
    return isinstance(last, n.Return | n.Branch)


def _set_in(function: Function) -> set[str]:
    """Return what outlives a call of ``function`` and is set in it: fields, elements, globals."""
    found = set()
    for each in function.all(n.Assign):
        for left in each.left:
            if isinstance(left, n.Selector):
                found.add(n.path_of(left))
            elif isinstance(left, n.Index):
                found.add(n.path_of(left.operand))
            elif isinstance(left, n.Name) and left.variable is not None:
                found.update([left.name] if left.variable.function is not function else [])
    return found - {""}


def _guards(branch: n.If, sets: set[str]) -> bool:
    asked = [branch.condition, *([branch.init] if branch.init is not None else [])]
    condition = branch.condition.text
    if _COUNTS.search(condition) and re.search(r"[<>]", condition):
        return bool(re.search(r"\.\w", condition))
    if _FLAG.search(condition):
        return True
    return any(
        n.path_of(each) in sets
        for head in asked
        for each in n.walk(head)
        if isinstance(each, n.Name | n.Selector)
    )
