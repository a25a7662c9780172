"""Where a task comes from: told by whoever saw it being made, asked for by whoever shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import asyncio

    from snowshed.model import Frame

# The line that made it, whose work it does, for which request, in which scope, for how many seconds
# it has lived. Each as in `TaskSnapshot`.
Origin: TypeAlias = "tuple[Frame | None, str, str, str, float | None]"

UNKNOWN_ORIGIN: Origin = (None, "user", "", "", None)


class Provenance(Protocol):
    """What knows where tasks come from."""

    def of(self, task: asyncio.Task[Any]) -> Origin | None:
        """Tell where ``task`` comes from; None: not known. From any thread, and quickly."""
        ...
