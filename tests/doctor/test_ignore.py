"""What somebody found to be well is left out, and counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor._findings import LEAK, NIL, diagnosis
from snowshed.doctor import Ignore, leave_out, parse_ignore
from snowshed.doctor._ignore import silences
from snowshed.model import Finding, Frame


@pytest.mark.parametrize(
    "rule",
    [
        "abandoned-sender",
        "abandoned-sender=",
        "abandoned-sender=billing.notify",
        "abandoned-sender=billing.*",
        "abandoned-sender=billing/*.go",
        " abandoned-sender=*[n]otify ",
    ],
)
def test_a_rule_names_a_detail_and_perhaps_a_function_or_a_file(rule: str) -> None:
    left = leave_out(diagnosis(), [parse_ignore(rule)])
    assert left.findings == (NIL,)
    assert [count for _, count in left.ignored] == [1]


@pytest.mark.parametrize("rule", ["nil-channel=billing.notify", "abandoned-sender=Billing.notify"])
def test_another_detail_or_function_stays(rule: str) -> None:
    left = leave_out(diagnosis(), [parse_ignore(rule)])
    assert left.findings == (LEAK, NIL)
    assert left.ignored == ((rule, 0),)


def test_each_is_counted_by_the_first_rule_that_leaves_it_out() -> None:
    rules = [parse_ignore(each) for each in ("nil-channel", "nil-channel=*", "abandoned-sender")]
    assert leave_out(diagnosis(), rules).ignored == (("nil-channel", 1), ("abandoned-sender", 1))


@pytest.mark.parametrize("finding", [LEAK, NIL, replace(LEAK, at=Frame("", "a.py", 3))])
def test_the_rule_that_silences_a_finding_is_narrow_and_can_be_read_back(finding: Finding) -> None:
    rule = silences(finding)
    assert rule.matches(finding)
    assert parse_ignore(str(rule)) == rule
    assert rule.pattern != "*"


def test_an_unknown_detail_is_told_with_those_that_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"^'nil-chanel' is no detail \(did you mean nil-channel"
    ) as e:
        parse_ignore("nil-chanel=main.*")
    assert "there are abandoned-receiver, abandoned-sender, " in str(e.value)


def test_a_rule_without_a_pattern_is_written_short() -> None:
    assert str(Ignore("nil-channel")) == "nil-channel"
