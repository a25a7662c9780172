"""What tests of lint have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def these_rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let there be the rules of `lint._told`, and no others."""
    from lint._told import RULES
    from snowshed.lint._report._words import kind

    # By its name: the package has a function of the same.
    monkeypatch.setattr(sys.modules["snowshed.lint.rules"], "_modules", lambda: RULES)
    kind.cache_clear()
    yield
    kind.cache_clear()
