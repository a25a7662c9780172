"""Less than the given share of a budget left is light, nothing left exhausted."""

from __future__ import annotations

import pytest

from snowshed.core._level import budget_level, worse


@pytest.mark.parametrize(
    ("live", "limit", "light_below", "expected"),
    [
        (0, 1, 0.25, "normal"),
        (1, 1, 0.25, "exhausted"),
        (75, 100, 0.25, "normal"),
        (76, 100, 0.25, "light"),
        (99, 100, 0.0, "normal"),
        (1, 100, 1.0, "light"),
        (0, 100, 1.0, "normal"),
        (120, 100, 0.25, "exhausted"),
    ],
)
def test_the_level_of_a_budget(live, limit, light_below, expected):
    assert budget_level(live, limit, light_below) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("normal", "normal", "normal"),
        ("light", "normal", "light"),
        ("normal", "exhausted", "exhausted"),
        ("exhausted", "light", "exhausted"),
    ],
)
def test_the_worse_counts(first, second, expected):
    assert worse(first, second) == expected
