from __future__ import annotations

from snowshed.model import Cause, Severity


def test_severities_can_be_compared_by_rank() -> None:
    assert [each.rank for each in Severity] == [0, 1, 2]
    assert Severity.HIGH.rank > Severity.MEDIUM.rank > Severity.LOW.rank


def test_the_five_causes_have_fixed_names() -> None:
    assert [*map(str, Cause)] == [
        "detached-spawn",
        "missing-deadline",
        "channel-cascade",
        "unbounded-fanout",
        "unreleased-resource",
    ]
