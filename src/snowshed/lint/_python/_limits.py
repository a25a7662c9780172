"""What has the name of something that limits how many run at once."""

from __future__ import annotations

import ast
import re

from snowshed.lint._python._nodes import written

__all__ = ["is_limiter"]

# Whole words: a `block` and a `clock` limit nothing.
_NAMES = re.compile(
    r"(?:^|[^a-z])(?:sem|limit\w*|throttl\w*|r?lock|mutex|slots?|bulkhead|capacity)(?:$|[^a-z])"
    r"|semaphore|limiter",
    re.IGNORECASE,
)


def is_limiter(node: ast.AST) -> bool:
    """Tell whether ``node`` is named as a semaphore, a limiter or a lock."""
    return _NAMES.search(written(node)) is not None
