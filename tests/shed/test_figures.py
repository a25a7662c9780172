"""Figures that are wrong fail where they are written."""

from __future__ import annotations

import math

import pytest

from snowshed.shed import _figures


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (_figures.share, [0.001, 0.5, 1], [0, -0.1, 1.01, 50, math.nan]),
        (_figures.positive, [1e-9, 5], [0, -1, math.inf, math.nan]),
        (_figures.count, [1, 10**9], [0, -1, 1.5, math.inf, math.nan]),
    ],
)
def test_a_figure_is_returned_or_refused_with_its_value_and_owner(check, good, bad):
    for value in good:
        assert check("breaker 'db'", "probes", value) == value
    for value in bad:
        with pytest.raises(ValueError, match=rf"breaker 'db': probes must be .*{value!r}"):
            check("breaker 'db'", "probes", value)


def test_a_range_includes_its_ends_and_may_be_open():
    assert _figures.within("t", "k", 1, 1, 10) == 1
    assert _figures.within("t", "k", 10, 1, 10) == 10
    assert _figures.within("t", "k", math.inf, 0, math.inf) == math.inf
    with pytest.raises(ValueError, match="t: k must be 1 to 10, not 0"):
        _figures.within("t", "k", 0, 1, 10)
    with pytest.raises(ValueError, match="t: k must be 0 or more, not nan"):
        _figures.within("t", "k", math.nan, 0, math.inf)
