"""Goroutines that a request handler starts and lets go: the half of SN101 that looks at Go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._handlers import has_handlers, lives_long, place_of, serving
from snowshed.lint._go._joins import Bond, spawns
from snowshed.lint._go._limits import is_limited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._handlers import Handler
    from snowshed.lint._go._joins import Spawn
    from snowshed.lint._go._package import Package

__all__ = ["detached"]


def detached(package: Package) -> Iterator[Finding]:
    """Yield what handlers of ``package`` start and let go."""
    if not has_handlers(package):
        return
    for spawn in spawns(package):
        handler = serving(spawn.function)
        if handler is None or handler.kind == "stream":
            continue
        tier = _tier(spawn, handler)
        if tier is not None:
            yield _found(spawn, handler, tier)


def _tier(spawn: Spawn, handler: Handler) -> Tier | None:
    if spawn.bond >= Bond.ENDED or is_limited(spawn):
        return None
    if lives_long(handler.function) or lives_long(spawn.function) or _stops(spawn):
        return None
    return Tier.ADVICE if spawn.bond is Bond.TRACKED else Tier.DEFAULT


_STOPS = re.compile(
    r"^(?:Graceful|graceful)?(?:[sS]hutdown|[sS]top|[eE]xit|[kK]ill)|^[rR]estart|^Quit$"
)


def _stops(spawn: Spawn) -> bool:
    """Tell whether all this is for is to stop the process: it is done once."""
    if spawn.call is not None and _STOPS.search(spawn.call.method):
        return True
    return any(isinstance(each, n.Call) and _STOPS.search(each.method) for each in spawn.body)


def _found(spawn: Spawn, handler: Handler, tier: Tier) -> Finding:
    name = handler.function.display or "the handler"
    if tier is Tier.ADVICE:
        message = f"`{spawn.words}` has no limit: each request to `{name}` starts one"
    else:
        message = (
            f"`{spawn.words}` outlives the request: `{name}` does not wait for it, "
            "and nothing limits how many there are"
        )
    other = []
    if handler.function is not spawn.function.outermost and handler.function.outer is None:
        other.append(place_of(handler))
    confidence = 0.9 if handler.function is spawn.function else 0.8
    return spawn.function.file.finding(
        "SN101", spawn.node, message, tier=tier, related=other, confidence=confidence
    )
