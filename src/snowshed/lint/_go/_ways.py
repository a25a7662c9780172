"""The calls by which something is reached, as the other places of a finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed.lint._go._package import related

if TYPE_CHECKING:
    from snowshed.lint._finding import Related
    from snowshed.lint._go._nodes import Call

__all__ = ["way"]


def way(chain: Sequence[Call]) -> Iterator[Related]:
    """Yield the calls of ``chain``, the outermost first."""
    for place, call in enumerate(chain):
        word = "called here" if place == 0 else "which calls this"
        yield related(call, f"{word}: `{call.path or 'func'}`")
