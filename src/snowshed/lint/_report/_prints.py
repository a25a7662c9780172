"""What a finding is known by where results are kept: it stays when lines move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.formats.sarif import fingerprints
from snowshed.lint._baseline import code_of

if TYPE_CHECKING:
    from snowshed.lint._outcome import Outcome

__all__ = ["prints"]


def prints(outcome: Outcome) -> list[dict[str, str]]:
    """Return the fingerprints of each finding of ``outcome``."""
    return fingerprints(
        [
            (
                (each.rule, each.path, each.function, code_of(each, outcome.texts)),
                each.span.line,
            )
            for each in outcome.findings
        ]
    )
