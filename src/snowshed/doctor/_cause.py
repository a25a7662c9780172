"""What a file under ``causes`` has to say of a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from snowshed.doctor._case import Case, Growth

if TYPE_CHECKING:
    from snowshed.doctor._looks import Group
    from snowshed.model import Cause, Related

__all__ = ["Detail", "Looks", "Suspicion"]


@dataclass(frozen=True, slots=True)
class Detail:
    """A kind of fault that the doctor knows.

    Attributes:
        name: the fixed word for it.
        cause: which of the five it is.
        why: how it comes about, in half a sentence.
        go: what to do about it in Go.
        python: what to do about it in Python.
    """

    name: str
    cause: Cause
    why: str
    go: str
    python: str = ""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """That a group has a fault.

    Attributes:
        detail: which.
        group: who has it.
        confidence: how sure, from 0 to 1, by the shape alone: growth and proof are added by
            `snowshed.doctor.diagnose`.
        proven: whether the shape alone proves that they wait for ever.
        waiting_is_wrong: whether nobody who is well stands like that for long.
        awaited: whether who made them waits for them, so that more of them may just be more work.
        lasts: whether the cause itself has seen in two looks that it goes on.
        of_one_request: how many the same request has, where the cause counts more than its group.
        growth: what grows, where that is something that the looks do not count; None: they do.
        evidence: what speaks for it.
        against: what speaks against it.
        related: other places.
    """

    detail: Detail
    group: Group
    confidence: float
    proven: bool = False
    waiting_is_wrong: bool = False
    awaited: bool = False
    lasts: bool = False
    of_one_request: int = 0
    growth: Growth | None = None
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()


Looks: TypeAlias = Callable[[Case], Iterator[Suspicion]]
