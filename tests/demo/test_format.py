from __future__ import annotations

import pytest

from snowshed.demo import _format


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 3, "33.3 %"),
        (1, 100_000, "0.1 %"),
        (99_999, 100_000, "99.9 %"),
        (0, 0, "-"),
    ],
)
def test_a_share_is_none_or_all_only_when_it_really_is(part: int, whole: int, written: str) -> None:
    assert _format.share(part, whole) == written


@pytest.mark.parametrize(
    ("seconds", "limit", "written"),
    [
        (0.0234, None, "23 ms"),
        (0.9994, None, "999 ms"),
        (0.9996, None, "1.00 s"),
        (2.004, 2.0, "≥ 2.00 s"),
        (1.99, 2.0, "1.99 s"),
        (None, 2.0, "-"),
    ],
)
def test_a_wait_that_was_cut_off_says_at_least(
    seconds: float | None, limit: float | None, written: str
) -> None:
    assert _format.duration(seconds, limit) == written


def test_what_was_not_measured_is_a_dash() -> None:
    assert (_format.count(None), _format.memory(None)) == ("-", "-")
    assert (_format.count(12_345), _format.memory(2**20 * 64), _format.rate(58.25)) == (
        "12,345",
        "64 MiB",
        "58.2/s",
    )
