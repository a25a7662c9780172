"""Contexts of Go: one that is dropped for a background, and one that nobody can cancel any more."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit, Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._edits import free_name, line_after
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._handlers import handler_of
from snowshed.lint._go._limits import is_guarded
from snowshed.lint._go._package import related
from snowshed.lint._go._scope import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package
    from snowshed.lint._go._scope import Variable

__all__ = ["discarded", "dropped"]

_STRAIGHT = frozenset({"context.Background", "context.TODO"})
# What may well outlive its caller, and what has to be done although the caller has given up.
_BEGINS = re.compile(
    r"(?:with|new|start|run|serv|open|connect|dial|init|initializ|watch|listen|register|subscrib|go"
    r"|spawn|async|schedul|enqueu|submit|setup|load)(?:e|s|es|ing)?"
)
_HAS = re.compile(
    r"(?:clos|shutdown|stop|stopp|clean|cleanup|releas|rollback|unlock|delet|remov|abort|cancel"
    r"|cancell|revok|flush|drain|disconnect|deregister|unregister|finish|end|kill|n?ack|terminat"
    r"|teardown|tear|destroy|fre|reset|undo|revert|restor|record|report|metric|trac|span|audit"
    r"|notify|notifi|expir|leav|prun|purg|commit|committ|finaliz|final|fail|mark)"
    r"(?:e|s|es|d|ed|er|ers|ing|ion|ure)?"
)
_LOGS = re.compile(
    r"(?:log|debug|info|warn|warning|error|print|enabled|handle|fatal|panic)(?:s|f|w|ln)?"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MEANT = re.compile(
    rb"//[^\n]*(?:background|context|ctx|cancel|detach|outlive|regardless|even if)", re.IGNORECASE
)


def dropped(package: Package) -> Iterator[Finding]:
    """Yield the calls that are given a background although there is a context: SN203."""
    for function in package.interesting:
        if function.file.source.is_test or not _has_background(function.code):
            continue
        if _outlives_caller(function.name):
            continue
        own = _own(function)
        if not own:
            continue
        for call in function.all(n.Call):
            if call.path in _STRAIGHT and _is_dropped(call, own):
                message = (
                    f"`{call.text}` stands where `{own}` is at hand: what it is given to goes on "
                    "when the caller has given up"
                )
                fix = Fix(f"hand `{own}` on", (Edit(call.start, call.end, own),))
                yield function.file.finding("SN203", call, message, fix=fix, confidence=0.8)


def _outlives_caller(name: str) -> bool:
    """Tell whether what is called ``name`` may outlive its caller, or has to be done without it."""
    words = _words(name)
    pairs = [one + other for one, other in pairwise(words)]  # `RollBack`, `SetUp`
    begins = [*words[:1], *pairs[:1]]
    return any(map(_BEGINS.fullmatch, begins)) or any(map(_HAS.fullmatch, [*words, *pairs]))


def _words(name: str) -> list[str]:
    """Return the words of ``name``: `Send` and `Append` have no `end` in them."""
    return [word.lower() for word in _WORD.findall(name)]


def _has_background(code: bytes) -> bool:
    return b"context.Background" in code or b"context.TODO" in code


def _own(function: Function) -> str:
    """Return the context that ``function`` is given, as it is written there, or empty."""
    for each in function.parameters:
        if each.type_ == "context.Context" and each.name != "_":
            return each.name
    handler = handler_of(function)
    return handler.context if handler is not None else ""


def _is_dropped(background: n.Call, own: str) -> bool:
    if not background.function.file.is_package("context", "context"):
        return False
    if _is_meant(background) or _is_apart(background, own):
        return False
    parent = background.parent
    if is_guarded(background):
        return False  # made once, and for all
    if isinstance(parent, n.Call) and background in parent.arguments:
        return _asks(parent) and not _is_kept(parent)
    variable = _declared(background)
    if variable is None or not variable.uses:
        return False
    return all(
        isinstance(use.parent, n.Call)
        and use.function is background.function
        and _asks(use.parent)
        and not _is_apart(use, own)
        for use in variable.uses
    )


def _is_kept(call: n.Call) -> bool:
    """Tell whether what ``call`` gives is used by a goroutine, or kept: a stream, for one."""
    parent = call.parent
    return isinstance(parent, n.Assign | n.Var) and any(
        not isinstance(left, n.Name)
        or any(use.function is not call.function for use in _uses(left))
        for left in parent.left[:1]
    )


def _uses(name: n.Name) -> Sequence[n.Name]:
    return name.variable.uses if name.variable is not None else ()


def _declared(background: n.Call) -> Variable | None:
    """Return the variable that is declared with it, and set to nothing else."""
    parent = background.parent
    if isinstance(parent, n.Assign) and parent.operator == ":=" and len(parent.left) == 1:
        name = parent.left[0]
        if isinstance(name, n.Name) and name.variable is not None:
            return name.variable if name.variable.declared is name else None
    return None


def _asks(call: n.Call) -> bool:
    """Tell whether ``call`` does something for the caller: it is no clean-up, no log, no start."""
    return bool(call.method) and not (
        call.path.startswith(("context.", "errgroup.", "signal.", "trace.", "metadata."))
        or re.match(r"\w*(?:log\w*|zap)\.", call.path, re.IGNORECASE)
        or _outlives_caller(call.method)
        or any(map(_LOGS.fullmatch, _words(call.method)[:1]))
    )


def _is_meant(background: n.Call) -> bool:
    """Tell whether a comment beside it speaks of it."""
    source = background.function.file.source
    line = background.line
    start = source.start_of(max(line - 2, 1))
    end = source.content.find(b"\n", background.end)
    return _MEANT.search(source.content[start : end if end >= 0 else None]) is not None


def _is_apart(node: n.Node, own: str) -> bool:
    """Tell whether ``node`` is done later, or when something has failed or is over."""
    for each in n.inside(node):
        if isinstance(each, n.Defer | n.Go):
            return True
        if isinstance(each, n.If) and _is_of_failure(each, node):
            return True
        channel = each.channel if isinstance(each, n.Case) else None
        if channel is not None and (own in channel.text or "Done()" in channel.text):
            return True
    return False


def _is_of_failure(branch: n.If, node: n.Node) -> bool:
    asks = re.search(r"\berr\b|Err\b|\bnil\b", branch.condition.text)
    return asks is not None and node.start >= branch.then.start


_MAKES = frozenset(
    {
        "context.WithCancel",
        "context.WithCancelCause",
        "context.WithDeadline",
        "context.WithDeadlineCause",
        "context.WithTimeout",
        "context.WithTimeoutCause",
    }
)


def discarded(package: Package) -> Iterator[Finding]:
    """Yield the contexts whose cancel function nobody keeps: SN204."""
    for function in package.interesting:
        if function.file.source.is_test or b"context.With" not in function.code:
            continue
        if function.outermost.name in {"main", "init"}:
            continue
        statements: list[n.Assign | n.Var] = [*function.all(n.Assign), *function.all(n.Var)]
        names: set[str] = set()
        for each in statements:
            yield from _of_statement(each, names)
        yield from _overwritten(function)


def _of_statement(statement: n.Assign | n.Var, names: set[str]) -> Iterator[Finding]:
    if len(statement.left) != 2 or len(statement.right) != 1:
        return
    made, cancel = statement.right[0], statement.left[1]
    if not isinstance(made, n.Call) or made.path not in _MAKES or not isinstance(cancel, n.Name):
        return
    thrown = cancel.name == "_"
    if (not thrown and not _is_never_called(cancel)) or _ends_with_another(made):
        return
    ending = " before its time is up" if re.search("Timeout|Deadline", made.path) else ""
    what = "throws the cancel function away" if thrown else f"has a `{cancel.name}` nobody calls"
    message = f"`{made.path}` {what}: nothing ends the context, and who waits for it,{ending}"
    yield statement.function.file.finding(
        "SN204",
        statement if thrown else cancel,
        f"{message.rstrip(',')}",
        fix=_cancelling(statement, cancel, names) if thrown else _deferring(statement, cancel),
        confidence=0.95,
    )


def _overwritten(function: Function) -> Iterator[Finding]:
    """Yield the cancel functions in whose place another one is put before they are called."""
    made = [each for each in function.all(n.Assign) if _cancel_of(each) is not None]
    for first in made:
        cancel = _cancel_of(first)
        again = [each for each in made if each.operator == "=" and _cancel_of(each) is cancel]
        if cancel is None or not again:
            continue
        flow = flow_of(function)
        used = {flow.point_of(_inside(use, function)) for use in cancel.uses}
        used -= {flow.point_of(each) for each in made}
        start = flow.point_of(first)
        if start is None or None in used:
            continue
        reached = {
            each
            for point in start.next
            if point not in used
            for each in flow.reachable(point, without=used.__contains__)
        }
        lost = next((each for each in again if flow.point_of(each) in reached), None)
        if lost is not None:
            message = (
                f"`{cancel.name}` is overwritten on line {lost.line} before it is called: nothing "
                "ends this context before its parent ends"
            )
            others = [related(lost, "another one takes its place")]
            yield function.file.finding("SN204", first, message, related=others, confidence=0.85)


def _cancel_of(statement: n.Assign) -> Variable | None:
    """Return the variable of the cancel function that ``statement`` makes."""
    if len(statement.left) != 2 or len(statement.right) != 1:
        return None
    made, cancel = statement.right[0], statement.left[1]
    if not isinstance(made, n.Call) or made.path not in _MAKES or not isinstance(cancel, n.Name):
        return None
    local = cancel.variable is not None and cancel.variable.function is statement.function
    return cancel.variable if local and cancel.name != "_" else None


def _inside(use: n.Name, function: Function) -> n.Node:
    """Return ``use``, or the literal of ``function`` that it stands in."""
    at = use.function
    if at is function:
        return use
    while at.outer is not None and at.outer is not function:
        at = at.outer
    found = (each for each in function.all(n.FunctionLiteral) if each.literal is at)
    return next(found, use)


def _ends_with_another(made: n.Call) -> bool:
    """Tell whether its parent is one that the same function has made, and keeps the cancel of."""
    parent = made.arguments[0] if made.arguments else None
    if not isinstance(parent, n.Name):
        return False
    for each in made.function.all(n.Assign):
        first = each.left[0]
        is_before = each.start < made.start and made.parent is not each
        if not is_before or len(each.left) != 2 or not isinstance(first, n.Name):
            continue
        call, cancel = each.right[0], each.left[1]
        makes = isinstance(call, n.Call) and call.path in _MAKES
        kept = isinstance(cancel, n.Name) and cancel.name != "_"
        if makes and kept and first.name == parent.name:
            return True
    return False


def _is_never_called(cancel: n.Name) -> bool:
    """Tell whether all that is done with ``cancel`` is to please the compiler."""
    variable = cancel.variable
    if variable is None or variable.kind is not Kind.LOCAL or variable.declared is not cancel:
        return False
    return all(
        isinstance(use.parent, n.Assign)
        and use in use.parent.right
        and all(isinstance(left, n.Name) and left.name == "_" for left in use.parent.left)
        for use in variable.uses
    )


def _cancelling(statement: n.Assign | n.Var, cancel: n.Name, taken: set[str]) -> Fix | None:
    """Return what has it cancelled at the end of the function, where the context is not kept.

    Args:
        statement: what makes the context.
        cancel: where its cancel function is thrown away.
        taken: names that other fixes of the function use; gets the one that this uses.
    """
    made = statement.left[0]
    if not isinstance(statement, n.Assign) or not isinstance(made, n.Name):
        return None
    name = free_name(statement, "cancel", taken)
    if made.variable is None or not name or _outlives(made.variable, statement.function):
        return None
    if any(isinstance(each, n.For) for each in n.inside(statement)):
        return None
    edits = [Edit(cancel.start, cancel.end, name)]
    if statement.operator == "=":
        if statement.parent is not statement.function.body or not _is_of(made.variable, statement):
            return None
        at = statement.text.find("=", cancel.start - statement.start)
        edits.append(Edit(statement.start + at, statement.start + at + 1, ":="))
    behind = line_after(statement, f"defer {name}()")
    if behind is None:
        return None
    taken.add(name)
    return Fix("cancel it at the end", (*edits, behind))


def _deferring(statement: n.Assign | n.Var, cancel: n.Name) -> Fix | None:
    """Return what defers the call of a cancel function in place of what only names it."""
    made, function = statement.left[0], statement.function
    variable = made.variable if isinstance(made, n.Name) else None
    uses = cancel.variable.uses if cancel.variable is not None else []
    named = uses[0].parent if len(uses) == 1 else None
    if variable is None or _outlives(variable, function) or not isinstance(named, n.Assign):
        return None
    is_beside = named.parent is statement.parent and isinstance(named.parent, n.Block)
    if (
        len(named.right) != 1
        or not is_beside
        or any(isinstance(each, n.For) for each in n.inside(named))
    ):
        return None
    edit = Edit(named.start, named.end, f"defer {cancel.name}()")
    return Fix("cancel it at the end", (edit,))


def _is_of(variable: Variable, statement: n.Assign) -> bool:
    """Tell whether ``:=`` in ``statement`` would set ``variable``, and make no other one."""
    if variable.kind is Kind.PARAMETER:
        return variable.function is statement.function
    declared = variable.declared
    around = declared.parent if declared is not None else None
    return around is not None and around.parent is statement.parent


def _outlives(variable: Variable, function: Function) -> bool:
    """Tell whether the context may be used after ``function`` has returned."""
    uses: Sequence[n.Name] = variable.uses
    for use in uses:
        if use.function is not function:
            return True
        for each in n.inside(use):
            if isinstance(each, n.Return | n.Go | n.Composite | n.Send):
                return True
            if isinstance(each, n.Assign) and any(
                not isinstance(left, n.Name) for left in each.left
            ):
                return True
    return False
