"""What a limit said last, for as long as it says nothing that makes sense.

Limits can be exchanged, so the next one may be somebody else's, with a mistake in it. A limiter
asks its limit in the middle of each request; an error there would fail every request of the
service, and the limit is the last part of it that may do so.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from snowshed.shed._limits._limit import Limit, Sample, Tick

__all__ = ["LastGoodLimit"]

T = TypeVar("T")

logger = logging.getLogger("snowshed.shed")


class LastGoodLimit:
    """Passes on to a limit what happens, and keeps what it says if that is a limit.

    If it raises, or says what is no finite number of 1 or more, that is logged once, and it is told
    no more: the limit stays at what it said last.

    Args:
        of: whose limit it is, for the log.
        inner: the limit.

    Raises:
        ValueError: it says from the start what is no finite number of 1 or more.

    Attributes:
        limit: units that may be in flight at once.
        failed: whether it is told no more.
    """

    __slots__ = ("_inner", "_of", "failed", "limit")

    def __init__(self, of: str, inner: Limit) -> None:
        self._of = of
        self._inner = inner
        self.failed = False
        self.limit = _checked(inner)

    def on_sample(self, sample: Sample) -> None:
        """Pass on a request that has finished."""
        self._tell(self._inner.on_sample, sample)

    def on_leave(self, sample: Sample) -> None:
        """Pass on a request whose caller has left, to a limit that wants to know."""
        hear = getattr(self._inner, "on_leave", None)
        if hear is not None:
            self._tell(hear, sample)

    def on_tick(self, tick: Tick) -> None:
        """Pass on a period that has passed."""
        self._tell(self._inner.on_tick, tick)

    def __repr__(self) -> str:
        return f"<LastGoodLimit {self.limit:g}{' failed' * self.failed}, {self._inner!r}>"

    def _tell(self, hear: Callable[[T], None], what: T) -> None:
        if self.failed:
            return
        try:
            hear(what)
            self.limit = _checked(self._inner)
        except Exception:
            self.failed = True
            logger.exception(
                "%s: its limit failed and stays at %g from now on", self._of, self.limit
            )


def _checked(limit: Limit) -> float:
    said = limit.limit
    if not 1 <= said < math.inf:
        msg = f"{limit!r} says a limit of {said}; a limit is a finite number of 1 or more"
        raise ValueError(msg)
    return said
