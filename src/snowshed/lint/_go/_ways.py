"""The calls by which something is reached, and where on that way a finding stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed.lint._go._package import related

if TYPE_CHECKING:
    from snowshed.lint._finding import Related
    from snowshed.lint._go._nodes import Call, Node

__all__ = ["is_beside", "seen_from", "waits_beside", "way"]

_SCREEN = 80
"""So many lines can be seen together, or with a turn of the wheel."""


def way(chain: Sequence[Call]) -> Iterator[Related]:
    """Yield the calls of ``chain``, the outermost first."""
    for place, call in enumerate(chain):
        word = "called here" if place == 0 else "which calls this"
        yield related(call, f"{word}: `{call.path or 'func'}`")


def is_beside(one: Node, other: Node) -> bool:
    """Tell whether both stand in one file."""
    return one.function.file is other.function.file


def waits_beside(holder: Node, chain: Sequence[Call], end: Node) -> Node:
    """Return where what ``end`` does is best told to whom takes the lock at ``holder``.

    Where the goroutines will stand, if that is in the same file: else at the last call on the way
    that is. What has to be changed is mostly where the lock is held.
    """
    near = [each for each in (*chain, end) if is_beside(each, holder)]
    return near[-1] if near else end


def seen_from(holder: Node, chain: Sequence[Call], end: Node) -> Node:
    """Return the last place on the way to ``end`` that can be seen together with ``holder``.

    Two orders of locks are mended where the first is held, and hardly ever where the second is
    taken.
    """
    near = [
        each
        for each in (*chain, end)
        if is_beside(each, holder) and abs(each.line - holder.line) <= _SCREEN
    ]
    return near[-1] if near else (*chain, end)[0]
