"""What each rule says of itself is true: its examples, its names, its tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lint._wanted import blocks, go_findings, python_findings
from snowshed.lint import Rule, Tier, rules
from snowshed.lint import _go as go_model
from snowshed.lint import _python as python_model
from snowshed.lint._source import Source
from snowshed.lint.rules import Named, named, rule, told
from snowshed.model import Cause

HERE = Path(__file__).parent
FILES = {
    path.stem.partition("_")[0].upper(): path
    for path in (HERE.parents[1] / "src" / "snowshed" / "lint" / "rules").glob("sn[0-9]*.py")
}
RULES = [*rules().values()]
SECTIONS = ["What it does", "Why", "Bad", "Good", "Not reported", "Silence"]
OF_CAUSE = {
    Cause.DETACHED_SPAWN: "1",
    Cause.MISSING_DEADLINE: "2",
    Cause.CHANNEL_CASCADE: "3",
    Cause.UNBOUNDED_FANOUT: "4",
    Cause.UNRELEASED_RESOURCE: "5",
}


def by_id(rule: Rule) -> str:
    return rule.id


def examples(rule: Rule, heading: str) -> list[tuple[str, str]]:
    languages = [("python", rule.in_python), ("go", rule.in_go)]
    text = told(rule.id)
    return [
        (language, code)
        for language, looks in languages
        if looks is not None
        for code in blocks(text, heading, language)
    ]


def found_in(rule: Rule, language: str, code: str) -> int:
    if language == "python":
        compile(code, "example", "exec")
        return len(python_findings(rule.id, {"app/main.py": code}))
    return len(go_findings(rule.id, {"app/main.go": code}, go=version_of(code)))


def told_of(language: str, code: str) -> list[str]:
    """Return the rules that tell of an example without being asked for advice."""
    if language == "python":
        model = python_model.read([Source("app/main.py", code.encode())])
        return [
            each.rule
            for rule in RULES
            if rule.in_python is not None
            for each in rule.in_python(model)
            if each.tier is Tier.DEFAULT
        ]
    packages = go_model.read([Source("app/main.go", code.encode())], go=version_of(code))
    return [
        each.rule
        for package in packages
        for rule in RULES
        if rule.in_go is not None
        for each in rule.in_go(package)
        if each.tier is Tier.DEFAULT
    ]


def version_of(code: str) -> tuple[int, int]:
    """Return the Go that an example is for: what holds only before a release says which."""
    of = re.search(r"^// go (\d+)\.(\d+)$", code, flags=re.MULTILINE)
    return (int(of.group(1)), int(of.group(2))) if of else (1, 27)


def test_there_are_rules() -> None:
    assert RULES
    assert {rule.id for rule in RULES} == FILES.keys()
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=by_id)
def test_a_rule_is_named_like_its_file_and_its_test(rule: Rule) -> None:
    assert re.fullmatch(r"SN\d{3}", rule.id)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    assert FILES[rule.id].stem == f"{rule.id}_{rule.name}".lower().replace("-", "_")
    assert (HERE / "rules" / f"test_{FILES[rule.id].name}").exists()
    assert rule.id[2] == OF_CAUSE[rule.cause]
    assert rule.in_go is not None or rule.in_python is not None


@pytest.mark.parametrize("rule", RULES, ids=by_id)
def test_a_rule_says_what_it_is_about(rule: Rule) -> None:
    text = told(rule.id)
    assert re.findall(r"^## (.*)$", text, flags=re.MULTILINE) == SECTIONS
    summary, _, rest = text.partition("\n")
    assert 20 < len(summary) < 110
    assert summary.endswith(".")
    assert rest.startswith("\n## What it does\n")
    assert f"snowshed:ignore {rule.id}" in text or f"snowshed: ignore[{rule.id}]" in text


@pytest.mark.parametrize("rule", RULES, ids=by_id)
def test_a_rule_that_has_findings_of_both_tiers_says_which(rule: Rule) -> None:
    assert ("advice" in told(rule.id)) is (rule.asked != "" or rule.tier is Tier.ADVICE)
    assert rule.fixes or not rule.safe_fixes


@pytest.mark.parametrize("rule", RULES, ids=by_id)
def test_each_bad_example_is_reported_and_no_good_one(rule: Rule) -> None:
    for heading in ("Bad", "Good"):
        shown = examples(rule, heading)
        languages = {language for language, _ in shown}
        assert ("python" in languages) is (rule.in_python is not None)
        assert ("go" in languages) is (rule.in_go is not None)
        for language, code in shown:
            found = found_in(rule, language, code)
            assert (found > 0) is (heading == "Bad"), f"{heading}:\n{code}"


@pytest.mark.parametrize("rule", RULES, ids=by_id)
def test_no_other_rule_tells_of_a_good_example_either(rule: Rule) -> None:
    for language, code in examples(rule, "Good"):
        assert told_of(language, code) == [], code


@pytest.mark.parametrize("each", RULES, ids=by_id)
def test_one_rule_is_found_without_the_others(each: Rule) -> None:
    assert rule(each.id) is each


@pytest.mark.parametrize("each", RULES, ids=by_id)
def test_the_file_of_a_rule_is_called_what_it_is(each: Rule) -> None:
    assert named()[each.id] == Named(each.id, each.name, each.cause)


@pytest.mark.parametrize("id_", ["SN999", "unused-suppression", "SN", ""])
def test_what_is_no_rule_is_none(id_: str) -> None:
    assert rule(id_) is None


# What limits nothing, fills up, or is told to stop matters where there are many and for long.
NOT_IN_TESTS = {"SN311", "SN313", "SN323", "SN326"}
ALSO_IN_TESTS = {"SN208", "SN209", "SN401"}


@pytest.mark.parametrize("each", RULES, ids=by_id)
def test_what_hangs_is_told_of_tests_too(each: Rule) -> None:
    hangs = each.cause is Cause.CHANNEL_CASCADE and each.id not in NOT_IN_TESTS
    assert each.in_tests is (hangs or each.id in ALSO_IN_TESTS)
