"""Of two bounds the tighter holds, and none is looser than any."""

from __future__ import annotations

import pytest

from snowshed.shed._bounds import tighter


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(None, None, None), (2.0, None, 2.0), (None, 2.0, 2.0), (2.0, 3.0, 2.0), (3.0, 2.0, 2.0)],
)
def test_the_smaller_bound_holds(
    first: float | None, second: float | None, expected: float | None
) -> None:
    assert tighter(first, second) == expected


def test_nothing_left_is_tighter_than_no_bound() -> None:
    assert tighter(None, 0.0) == 0.0
    assert tighter(0, None) == 0
