"""From paths to what is wrong in them: one call, which no single file or rule can make fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Problem
    from snowshed.lint._settings import Settings
    from snowshed.lint._suppress import Unused

__all__ = ["Report", "lint"]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and what was not looked at.

    Attributes:
        findings: those of all tiers that settings select and no comment silences, by path, line,
            column and rule. Which of them are told is up to `Selection.tells`.
        unused: comments that silence nothing, in the same order: each counts as a finding.
        problems: what could not be looked at, or not whole; a line of stderr each.
        read: the files that were read, as findings name them, sorted.
        lines: how many lines these have.
        suppressed: findings that a comment silences.
        ignored: findings that the settings leave out.
        generated: files that are left out because a program has written them.
        known: files of which the cache knew what is in them.
        unread: how many paths and files could not be read at all.
    """

    findings: tuple[Finding, ...] = ()
    unused: tuple[Unused, ...] = ()
    problems: tuple[Problem, ...] = ()
    read: tuple[str, ...] = ()
    lines: int = 0
    suppressed: int = 0
    ignored: int = 0
    generated: int = 0
    known: int = 0
    unread: int = 0

    @property
    def files(self) -> int:
        """How many files were read."""
        return len(self.read)

    @property
    def failed(self) -> bool:
        """Whether nothing could be read of what was asked for."""
        return not self.read and self.unread > 0


def lint(
    paths: Sequence[str],
    *,
    settings: Settings | None = None,
    jobs: int | None = None,
    cache: Path | None = None,
    overlay: Mapping[str, bytes] | None = None,
    force_exclude: bool = False,
) -> Report:
    """Return what is wrong in ``paths``.

    Args:
        paths: files, which are read whatever they are called, and folders, which are walked.
        settings: what is selected and left out; None is all.
        jobs: how many processes look at it; None is one for each core if there is enough to do.
        cache: folder of what is known from earlier runs; None is none.
        overlay: content that stands in the place of a file's, by path: of an editor, or a fix that
            is not written yet. The file need not exist.
        force_exclude: also leave out files that are named, if they are excluded or generated.
    """
    raise NotImplementedError
