"""How wide requests were while a trace was taken, also those that are over.

A list shows who lives at one moment. A request that starts a thousand tasks and waits a tenth of
a second for them is rarely in it, and yet a thousand connections were opened, and closed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._family import BUDGET
from snowshed.doctor._looks import Group, Where
from snowshed.doctor._origin import serves
from snowshed.doctor._program import Whose, place_in, whose
from snowshed.model import Related

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.model import CreationPath, TracedGoroutine

__all__ = ["Wide", "wide_in"]

_OVER = "created in the trace"


class Wide:
    """A line at which a request has started too many at once.

    Args:
        path: all that were started there.
        maker: who has started the most.
        case: in which they may still be.
    """

    def __init__(self, path: CreationPath, maker: TracedGoroutine, case: Case) -> None:
        self.path = path
        self.maker = maker
        self.group = self._group(case)

    @property
    def evidence(self) -> tuple[str, ...]:
        """What was seen."""
        at = place_in(self.path.stack)
        most = (
            f"goroutine {self.maker.id} had {self.path.widest:,} at once that were started at {at}"
        )
        if self.path.makers > 1:
            return most, f"{self.path.makers:,} had more than {BUDGET} of them each"
        return (most,)

    @property
    def against(self) -> tuple[str, ...]:
        """What speaks against it."""
        ended = self.path.count - self.path.live
        if not ended:
            return ()
        return (f"{ended:,} of {self.path.count:,} ended within the trace",)

    @property
    def related(self) -> tuple[Related, ...]:
        """Where the request comes to the line, if a library is in between."""
        at = place_in(self.path.stack)
        return () if at == self.path.stack[0] else (Related(at, "they are started from here"),)

    def _group(self, case: Case) -> Group:
        made_at = self.path.stack[0]
        for group in case.groups:
            if group.created_by == made_at:
                return group
        at = place_in(self.path.stack)
        return Group(Where(_OVER, at), _OVER, (at,), made_at, self.path.widest)


def wide_in(case: Case) -> Iterator[Wide]:
    """Yield each line of the program at which one request has started more than `BUDGET` at once.

    Who is a request is told by where it started them: in a handler of a server, or in something
    that a handler has started.
    """
    traces = [look.trace for look in case.looks if look.trace is not None]
    for path in traces[-1].paths if traces else ():
        maker = path.maker
        if maker is None or path.widest <= BUDGET or not path.stack:
            continue
        if whose(place_in(path.stack)) is not Whose.PROGRAM:
            continue
        if serves(path.stack) or serves(maker.created_at):
            yield Wide(path, maker, case)
