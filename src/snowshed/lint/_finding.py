"""What a rule reports: which rule, where, in which words, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Edit", "Finding", "Fix", "Problem", "Related", "Span", "Tier"]


class Tier(StrEnum):
    """Whether a finding is told without being asked for."""

    DEFAULT = "default"
    """Nearly always worth acting on."""
    ADVICE = "advice"
    """Worth a look, and often well as it is: told with ``--advice``."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file, as editors count: lines and columns from 1, columns in characters.

    Attributes:
        line: the line that it begins in.
        column: the column that it begins at.
        end_line: the line that it ends in.
        end_column: the column behind its last character.
    """

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with it.

    Attributes:
        path: the file.
        span: where in it.
        message: what is there, such as ``the other case, which leaves``.
    """

    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of bytes.

    Attributes:
        start: offset of the first byte that goes, from 0.
        end: offset behind the last byte that goes; ``start`` where something is put in only.
        text: what stands there instead.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the file that mends it.

    Attributes:
        message: what is done, such as ``give the channel a place for one element``.
        edits: the changes, none of which overlap.
        safe: whether it can only mend. Of others somebody has to look at what comes out.
    """

    message: str
    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in a source where one of the five causes begins.

    Attributes:
        rule: id of the rule, such as ``SN301``.
        path: the file, as it was named or found.
        span: where in it.
        message: what is wrong at that place, with its names: one line, no full stop.
        function: the function it stands in, such as ``(*Server).handle``; empty outside of any.
        tier: whether it is told without being asked for.
        confidence: how sure, from 0 to 1.
        related: other places.
        fix: what would mend it, if that can be said.
        waits_at: lines of the file at which tasks stand when it happens, if they are others than
            those of the span: a dump names these.
        alike: what makes many of these in one file one fault, such as what they all start; empty
            if each is one of its own.
    """

    rule: str
    path: str
    span: Span
    message: str
    function: str = ""
    tier: Tier = Tier.DEFAULT
    confidence: float = 0.9
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    waits_at: tuple[int, ...] = ()
    alike: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be looked at, or not whole: it is told on stderr.

    Attributes:
        path: the file or folder.
        message: what is wrong with it, and what was left out: one line, no full stop.
        line: where in it, from 1; 0 if that is not a matter of a line.
    """

    path: str
    message: str
    line: int = 0
