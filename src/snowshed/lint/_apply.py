"""``--fix``: changes files so that what was found is no longer there, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from snowshed.lint._engine import Report
    from snowshed.lint._finding import Finding, Problem

__all__ = ["UNUSED", "Again", "Change", "Fixed", "diff", "fixed", "write"]

UNUSED = "unused-suppression"
"""What comments that silence nothing are counted as, beside the ids of rules."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a file.

    Attributes:
        path: the file.
        before: its bytes as they were read.
        after: its bytes with the fixes.
    """

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Fixed:
    """What fixes come to; nothing is written yet.

    Attributes:
        report: what is left to find when they are written.
        changes: the files that change, by path.
        counts: how many fixes of each rule there are, by id or `UNUSED`.
        problems: fixes that were refused, because the file would not parse with them.
    """

    report: Report
    changes: tuple[Change, ...]
    counts: Mapping[str, int]
    problems: tuple[Problem, ...]


class Again(Protocol):
    """Looks again: `lint` with the same settings, ``partial(lint, settings=..., cache=...)``."""

    def __call__(self, paths: Sequence[str], /, *, overlay: Mapping[str, bytes]) -> Report: ...


def fixed(
    report: Report,
    again: Again,
    *,
    tells: Callable[[Finding], bool],
    unsafe: bool = False,
    overlay: Mapping[str, bytes] | None = None,
) -> Fixed:
    """Return what the fixes of ``report`` come to, and those of what is found after them.

    Args:
        report: what was found.
        again: looks at files once more.
        tells: whether a finding is one to fix: `Selection.tells`.
        unsafe: also apply fixes after which somebody has to look.
        overlay: what was given to `lint` as such.
    """
    raise NotImplementedError


def write(changes: Sequence[Change]) -> tuple[Problem, ...]:
    """Write ``changes``, each file at once or not at all; return what could not be written.

    A file that is no longer as it was read is left alone.
    """
    raise NotImplementedError


def diff(changes: Sequence[Change]) -> str:
    """Return ``changes`` as a unified diff."""
    raise NotImplementedError
