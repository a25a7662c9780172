"""Comments that say a finding was looked at and is well as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.lint._finding import Fix, Span

__all__ = ["Unused"]


@dataclass(frozen=True, slots=True)
class Unused:
    """A comment of ours that silences nothing, or names what is no rule.

    Attributes:
        path: the file.
        span: where the comment stands.
        message: what of it is of no use, such as ``unused suppression of SN301``.
        fix: takes it away, or those of its ids that are of no use; it is safe.
    """

    path: str
    span: Span
    message: str
    fix: Fix
