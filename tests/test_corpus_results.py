"""What stands on the page of the corpus is what the tools say, and snowshed finds what it can."""

from __future__ import annotations

import pytest
from corpus import compare
from corpus._programs import Program, programs
from corpus._tools import TOOLS, Report, by_snowshed
from corpus.run import Evidence

from snowshed.lint.rules import rules

pytestmark = pytest.mark.house

RENEW = "renew it with `python -m corpus.compare snowshed`"
BAD = [one for one in programs() if one.side == "bad"]
GOOD = [one for one in programs() if one.side == "good"]
FOR_PYTHON = {id_ for id_, rule in rules().items() if rule.in_python is not None}
WITH_RULE = [one for one in BAD if any(label.rule in FOR_PYTHON for label in one.labels)]
WITHOUT = [one for one in BAD if all(label.rule is None for label in one.labels)]


@pytest.fixture(scope="module")
def now() -> compare.Results:
    """What snowshed says now."""
    results = compare.Results({})
    results.reports["snowshed"] = [*by_snowshed()]
    return results


@pytest.mark.parametrize("one", WITH_RULE, ids=str)
def test_a_bad_program_is_found_by_the_rule_that_has_to(one: Program, now: compare.Results) -> None:
    told = {each.rule for each in now.of("snowshed", one)}
    assert told & {label.rule for label in one.labels}


@pytest.mark.parametrize("one", GOOD, ids=str)
def test_nothing_is_told_of_a_good_program(one: Program, now: compare.Results) -> None:
    assert [each for each in now.of("snowshed", one) if not each.is_advice] == []


def test_a_mark_says_no_rule_only_as_long_as_there_is_none(now: compare.Results) -> None:
    found = [str(one) for one in WITHOUT if now.of("snowshed", one)]
    assert found == [], "name the rule in its marks"


def test_the_results_hold_what_snowshed_says_now(now: compare.Results) -> None:
    written = compare.read().as_document()["reports"]["snowshed"]
    assert written == now.as_document()["reports"]["snowshed"], RENEW


def test_the_page_shows_the_results() -> None:
    page = compare.PAGE.read_text(encoding="utf-8")
    assert compare.rendered(page, compare.read()) == page, RENEW


def test_the_results_know_all_tools_and_all_programs() -> None:
    written = compare.read()
    assert written.versions.keys() == written.reports.keys() == {tool.name for tool in TOOLS}
    assert written.evidence.keys() == {str(one) for one in programs()}
    for one in programs():
        assert written.evidence[str(one)].is_flooded is (one.side == "bad")


def test_of_a_bad_program_only_what_is_near_a_mark_counts_and_of_a_good_one_all() -> None:
    bad = next(one for one in BAD if one.twins == "semaphore_per_call")
    good = next(one for one in GOOD if one.twins == "semaphore_per_call")
    near = Report(bad.name, bad.labels[0].line + 3, "X1")
    far = Report(bad.name, bad.labels[0].line + 4, "X1")
    alarm = Report(good.name, 1, "X2", is_advice=True)
    results = compare.Results({})
    results.reports["ruff"] = [near, far, alarm]
    assert results.of("ruff", bad) == [near]
    assert results.of("ruff", good) == [alarm]
    assert results.of("pylint", bad) == []


def test_a_row_names_rules_once_and_says_what_is_advice() -> None:
    bad = next(one for one in BAD if one.twins == "semaphore_per_call")
    results = compare.Results({})
    line = bad.labels[0].line
    results.reports["ruff"] = [Report(bad.name, line, "X1"), Report(bad.name, line + 1, "X1")]
    results.reports["snowshed"] = [Report(bad.name, line, "SN1", is_advice=True)]
    good = bad.name.replace("bad", "good")
    results.reports["pylint"] = [Report(good, 1, "W1")]
    for side, value in (("bad", 100), ("good", 3)):
        name = f"semaphore_per_call/{side}"
        results.evidence[name] = Evidence(name, "calls", value, 3)
    page = compare.rendered(compare.PAGE.read_text(encoding="utf-8"), results)
    assert "| `semaphore_per_call` | X1 |  |  (the good: W1) | SN1 (advice) |" in page
    assert f"| `semaphore_per_call` | {bad.summary} | calls | 100 | 3 |" in page
    assert "| ruff  | 1 | 0 |" in page
    assert f"| snowshed  | 0, with advice 1 | 0 | `snowshed lint`{compare.MARKED} |" in page
    results.reports["snowshed"] = [Report(bad.name, line, "SN1")]
    assert "| snowshed  | 1 | 0 | `snowshed lint` |" in compare.rendered(page, results)


def test_a_page_without_a_place_for_a_table_is_told() -> None:
    with pytest.raises(ValueError, match="0 places for 'tools'; there must be one"):
        compare.rendered("# A page", compare.Results({}))
