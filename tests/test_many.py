from __future__ import annotations

import pytest

from snowshed._many import many


@pytest.mark.parametrize(
    ("count", "none", "said"),
    [
        (0, "", "0 tasks"),
        (0, "nothing found", "nothing found"),
        (1, "nothing found", "1 task"),
        (2, "", "2 tasks"),
        (24_000, "", "24,000 tasks"),
    ],
)
def test_a_number_is_told_with_what_it_is_of(count: int, none: str, said: str) -> None:
    assert many(count, "task", none) == said
