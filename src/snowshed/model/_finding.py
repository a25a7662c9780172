"""What is wrong with a service or with its source: which cause, where, how sure, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model._stack import Frame


class Cause(StrEnum):
    """Why tasks pile up. There are five, and whoever finds one calls it by the same name."""

    DETACHED_SPAWN = "detached-spawn"
    """A handler starts work that nobody owns: no cancellation, no error path, no limit."""
    MISSING_DEADLINE = "missing-deadline"
    """Waits that nothing ever ends."""
    CHANNEL_CASCADE = "channel-cascade"
    """One side of a rendezvous never comes, and the waiters behind it pile up."""
    UNBOUNDED_FANOUT = "unbounded-fanout"
    """A loop that starts a task for each item."""
    UNRELEASED_RESOURCE = "unreleased-resource"
    """Pools, bodies, streams, tickers and loggers whose helpers never stop."""


class Severity(StrEnum):
    """How bad it is, as far as that is proven."""

    LOW = "low"
    """May be wrong, and nothing shows that it gets worse."""
    MEDIUM = "medium"
    """It grows, or lasts, or one request has more than fifty of it."""
    HIGH = "high"
    """It is proven that it never ends, or it grows and does not stop to."""

    @property
    def rank(self) -> int:
        """A number that is larger for what is worse, from 0."""
        return [*Severity].index(self)


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with it.

    Attributes:
        at: the place.
        message: what is there, such as ``the lock is held here``.
    """

    at: Frame
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        cause: which of the five.
        detail: what it is exactly, in a fixed word such as ``abandoned-sender``.
        severity: how bad it is.
        confidence: how sure that is, from 0 to 1.
        count: goroutines, tasks or threads that it has.
        state: what they do, in the words of their runtime.
        at: the line of the program where they stand.
        created_by: the line that started them; None if that is not known.
        evidence: what was seen that speaks for it, the strongest first.
        against: what speaks against it.
        why: how it comes about.
        advice: what to do.
        related: other places.
        goroutines: ids of some of them.
    """

    cause: Cause
    detail: str
    severity: Severity
    confidence: float
    count: int
    state: str
    at: Frame
    created_by: Frame | None = None
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    why: str = ""
    advice: str = ""
    related: tuple[Related, ...] = ()
    goroutines: tuple[int, ...] = ()
