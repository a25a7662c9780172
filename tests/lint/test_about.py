from __future__ import annotations

from dataclasses import replace

import pytest

from lint._told import RULES, these_rules
from snowshed.lint import Rule, Tier
from snowshed.lint._about import about, about_unused, languages, table
from snowshed.model import Cause

these = pytest.fixture(autouse=True)(these_rules)


def test_all_that_there_is_to_say_begins_with_the_facts() -> None:
    assert (
        about(RULES["SN902"].RULE)
        == """\
# SN902 task-in-handler

- cause: detached-spawn
- severity: medium
- looks at: Python, not at tests
- told: with --advice
- fix: no

A task of a handler that nobody owns.

## Why
It outlives it.
"""
    )


def test_a_rule_may_look_at_both_languages_and_at_tests() -> None:
    rule = Rule("SN901", "x", Cause.CHANNEL_CASCADE, in_go=lambda _: iter(()), in_tests=True)
    assert languages(rule) == "Go"
    assert "- looks at: Go, tests too\n- told: always\n" in about(rule)
    both = Rule("SN901", "x", rule.cause, in_go=rule.in_go, in_python=rule.in_go)  # type: ignore[arg-type]
    assert languages(both) == "Go and Python"
    assert rule.tier is Tier.DEFAULT


def test_a_rule_says_of_which_findings_it_tells_when_asked_and_what_applies_its_fixes() -> None:
    rule = replace(RULES["SN901"].RULE, asked="some", safe_fixes=False)
    said = about(rule)
    assert "- told: some with --advice, the others always\n" in said
    assert "- fix: with --unsafe-fixes\n" in said
    assert table([rule]).endswith("| Python | some with `--advice` | `--unsafe-fixes` |\n")
    safe = about(RULES["SN901"].RULE)
    assert "- fix: with --fix where it can only mend, else with --unsafe-fixes\n" in safe


def test_the_table_has_a_row_for_each_rule() -> None:
    assert table(each.RULE for each in RULES.values()).splitlines()[2:] == [
        "| [SN901](lint/SN901.md) | stuck-sender | channel-cascade | Python | always | `--fix` |",
        (
            "| [SN902](lint/SN902.md) | task-in-handler | detached-spawn | Python "
            "| with `--advice` |  |"
        ),
    ]


def test_what_is_of_no_rule_has_the_same_shape() -> None:
    first, facts, said, *_ = about_unused().split("\n\n")
    assert first == "# unused-suppression"
    assert [line.partition(":")[0] for line in facts.splitlines()] == [
        "- cause",
        "- severity",
        "- looks at",
        "- told",
        "- fix",
    ]
    assert said == "A comment silences nothing, or names what is no rule."
