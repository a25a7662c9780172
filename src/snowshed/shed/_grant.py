"""The leave to handle one request: what it was charged, and how it is given back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from snowshed.errors import DeadlineExceeded

if TYPE_CHECKING:
    from types import TracebackType

    from snowshed.core._hooks import Level

__all__ = ["Grant"]


class Granting(Protocol):
    """Whoever has granted it."""

    def _begun(self, grant: Grant) -> None: ...

    def _finished(self, grant: Grant, *, dropped: bool) -> None: ...

    def _cancelled(self, grant: Grant) -> None: ...


class Grant:
    """The leave to handle one request; to be given back when the request has ended.

    A context manager: a block that ends gives it back with what it has learned, one that is
    cancelled without. Giving back twice does nothing.

    The limiter learns from the time until the answer begins. An answer that goes on after that for
    longer than the objective and a second is a stream: it gives back what it was charged then, as
    it is a connection rather than a request.

    Attributes:
        units: what the request was charged.
        level: ``light`` if it should give a light answer.
    """

    __slots__ = ("_admitted", "_at", "_counts", "_deadline", "_limiter", "_load", "level", "units")

    def __init__(
        self,
        limiter: Granting,
        units: float,
        level: Level,
        *,
        at: float,
        waited: float,
        deadline: float,
        inflight: float,
        counts: bool,
    ) -> None:
        self._limiter: Granting | None = limiter
        self.units = units
        self.level = level
        self._at = at
        self._admitted = at - waited
        self._deadline = deadline
        self._load = inflight
        self._counts = counts

    def answered(self) -> None:
        """Take note that the answer begins now; what comes after it may take its time."""
        if self._limiter is not None and self._counts:
            self._counts = False
            self._limiter._begun(self)

    def finish(self, *, dropped: bool = False) -> None:
        """Give it back: the request has been answered, well or not.

        Args:
            dropped: True if its own deadline has ended it.
        """
        limiter, self._limiter = self._limiter, None
        if limiter is not None:
            limiter._finished(self, dropped=dropped)

    def cancel(self) -> None:
        """Give it back: the request has ended for reasons that say nothing about the service."""
        limiter, self._limiter = self._limiter, None
        if limiter is not None:
            limiter._cancelled(self)

    def __enter__(self) -> Grant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if isinstance(error, asyncio.CancelledError):
            self.cancel()
        else:
            self.finish(dropped=isinstance(error, DeadlineExceeded))

    def __repr__(self) -> str:
        state = "given back" if self._limiter is None else "open"
        return f"<Grant {self.units:g} units {self.level} {state}>"
