"""Pages on which the prose is by hand, and what stands between two marks is from the results."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

__all__ = ["replaced", "rewrite"]

_BETWEEN = "(<!-- {name}: from the results -->\n).*?(<!-- {name}: end -->)"


def replaced(page: str, name: str, part: str) -> str:
    """Return the page with ``part`` between the two marks of that name.

    Raises:
        ValueError: the page has no such marks, or has them more than once.
    """
    found = re.findall(_BETWEEN.format(name=name), page, re.DOTALL)
    if len(found) != 1:
        msg = f"the page has {len(found)} places for {name!r}; there must be one"
        raise ValueError(msg)
    before, after = found[0]
    head, _, rest = page.partition(before)
    return f"{head}{before}{part}\n{after}{rest.partition(after)[2]}"


def rewrite(file: Path, renewed: Callable[[str], str]) -> None:
    """Write what ``renewed`` makes of the text of ``file`` in its place."""
    file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")
