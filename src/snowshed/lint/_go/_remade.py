"""Clients and pools that are made again for each request, or in each turn of a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._handlers import lives_long, place_of, serving
from snowshed.lint._go._limits import is_guarded, is_once
from snowshed.lint._go._origins import Origin, origin_of
from snowshed.lint._go._pools import CLIENTS, WORKERS, fate_of, made_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._handlers import Handler
    from snowshed.lint._go._package import Package
    from snowshed.lint._go._pools import Fate, Made

__all__ = ["clients", "workers"]


def clients(package: Package) -> Iterator[Finding]:
    """Yield the clients that are made again and again: what SN503 says of Go."""
    for made in made_in(package, CLIENTS):
        fate = fate_of(made)
        if fate.kept or fate.returned or is_once(made.node) or is_guarded(made.node):
            continue
        handler = serving(made.node.function)
        loop = _turn(made)
        if handler is not None and handler.kind != "stream" and not lives_long(handler.function):
            yield _of_request(made, fate, handler)
        elif loop is not None:
            message = (
                f"`{made.what}` opens another pool of connections in each turn of the loop on line "
                f"{loop.line}: make it once, before the loop"
            )
            yield made.node.function.file.finding("SN503", made.node, message, confidence=0.8)


def _of_request(made: Made, fate: Fate, handler: Handler) -> Finding:
    name = handler.function.display
    closed = _is_closed(fate)
    end = "" if closed else ", and nothing closes it"
    message = f"`{made.what}` opens connections of its own for each request to `{name}`{end}"
    asked = any(Origin.REQUEST in origin_of(each) for each in made.arguments)
    tier = Tier.ADVICE if asked and closed else Tier.DEFAULT
    others = []
    if handler.function is not made.node.function.outermost and handler.function.outer is None:
        others.append(place_of(handler))
    return made.node.function.file.finding(
        "SN503", made.node, message, tier=tier, related=others, confidence=0.85
    )


def _is_closed(fate: Fate) -> bool:
    variable = fate.variable.variable if fate.variable is not None else None
    if variable is None:
        return False
    closing = {"Close", "Disconnect", "CloseIdleConnections", "Drain", "Shutdown"}
    return any(
        isinstance(use.parent, n.Selector) and use.parent.field_ in closing for use in variable.uses
    )


def _turn(made: Made) -> n.For | None:
    """Return the loop that makes the same one in each turn, and lets go of it there."""
    fate = fate_of(made)
    held = fate.variable.variable if fate.variable is not None else None
    if held is None or fate.variable is None or made.helper:
        return None
    if any(use.function is not made.node.function for use in held.uses):
        return None  # a goroutine, or what is deferred, has it
    loop = next((each for each in n.inside(made.node) if isinstance(each, n.For)), None)
    if loop is None or not loop.start <= fate.variable.start < loop.end:
        return None
    if any(_is_of_turn(each, loop) for each in made.arguments) or _leaves_after(loop, made.node):
        return None
    return loop


def _is_of_turn(argument: n.Expression, loop: n.For) -> bool:
    """Tell whether ``argument`` is another in each turn."""
    for each in n.walk(argument):
        if isinstance(each, n.Name) and each.variable is not None:
            declared = each.variable.declared
            if declared is not None and loop.start <= declared.start < loop.end:
                return True
            if any(loop.start <= use.start < loop.end and _sets(use) for use in each.variable.uses):
                return True
    return False


def _sets(use: n.Name) -> bool:
    at: n.Node = use
    while isinstance(at.parent, n.Selector | n.Index) and at.parent.operand is at:
        at = at.parent
    parent = at.parent
    return isinstance(parent, n.Increment) or (isinstance(parent, n.Assign) and at in parent.left)


def _leaves_after(loop: n.For, node: n.Node) -> bool:
    """Tell whether what is made is what the loop is for: it is tried again until it works."""
    for each in n.walk(loop.body):
        leaves = isinstance(each, n.Return) or (
            isinstance(each, n.Branch) and each.keyword in {"break", "goto"}
        )
        if each.start > node.start and leaves and not _is_of_failure(each, loop):
            return True
    return False


def _is_of_failure(node: n.Node, loop: n.For) -> bool:
    """Tell whether ``node`` is only done if something has failed."""
    for each in n.inside(node):
        if each is loop:
            return False
        if isinstance(each, n.If) and "err" in each.condition.text and "!=" in each.condition.text:
            return True
    return False


def workers(package: Package) -> Iterator[Finding]:
    """Yield the pools of workers that are made for each request: what SN103 says of Go."""
    for made in made_in(package, WORKERS):
        fate = fate_of(made)
        handler = serving(made.node.function)
        if handler is None or fate.kept or fate.returned or handler.kind == "stream":
            continue
        if is_once(made.node) or is_guarded(made.node):
            continue
        name = handler.function.display
        message = f"`{made.what}` makes a pool for each request to `{name}`: it limits none of them"
        yield made.node.function.file.finding("SN103", made.node, message)
