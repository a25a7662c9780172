"""What a file under ``rules`` says of itself, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.model import Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._python import Folder
    from snowshed.model import Cause

__all__ = ["Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault in a source that can be seen before it runs.

    Attributes:
        id: what it is called by in settings and comments, such as ``SN301``: the first figure is
            the number of the cause.
        name: the same in words, such as ``sender-stuck-on-abandoned-select``.
        cause: which of the five it leads to.
        in_go: yields what it finds in a package of Go; None for a rule of Python only.
        in_python: yields what it finds in the modules of one folder; None for a rule of Go only.
        tier: whether its findings are told without being asked for; a finding may say otherwise.
        asked: which of them are told only if asked for, in a word, where not all are alike.
        severity: how bad it is when it happens.
        in_tests: whether it looks at tests, too. What never ends is wrong there as well; that
            nothing limits it mostly is not.
        fixes: whether it may offer a fix.
        safe_fixes: whether some of these can only mend, so that `--fix` applies them.
    """

    id: str
    name: str
    cause: Cause
    in_go: Callable[[Package], Iterator[Finding]] | None = None
    in_python: Callable[[Folder], Iterator[Finding]] | None = None
    tier: Tier = Tier.DEFAULT
    asked: str = ""
    severity: Severity = Severity.MEDIUM
    in_tests: bool = False
    fixes: bool = False
    safe_fixes: bool = False
