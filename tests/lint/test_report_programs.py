"""What programs read: JSON, SARIF, annotations of GitHub, code quality of GitLab."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _sarif import valid_run
from lint._told import (
    GO,
    LEAK,
    OTHER,
    PATH,
    PROBLEM,
    RULES,
    SPAWN,
    TEXTS,
    by,
    report,
    these_rules,
    told,
)
from snowshed.formats.sarif import RESULTS_AT_MOST
from snowshed.lint import Finding, Fix, Problem, Related, Span
from snowshed.lint._baseline import Known
from snowshed.lint._dump import Dump
from snowshed.lint._joined import Waiting
from snowshed.lint._outcome import Outcome
from snowshed.lint._report import document, github, gitlab, sarif
from snowshed.lint._suppress import UNUSED
from snowshed.lint._texts import Texts

pytestmark = pytest.mark.house
rules = pytest.fixture(autouse=True)(these_rules)

WAITING = Waiting(here=4812, related=2, created=1, state="chan send", lines=((6, 4812),))


def run_of(found: Outcome) -> dict[str, Any]:
    return valid_run(sarif(found, version="1.2.3"))


def test_json_has_the_promised_shape() -> None:
    found = document(told(LEAK))
    assert found["schema"] == 1
    assert json.loads(json.dumps(found))["findings"] == [
        {
            "rule": "SN901",
            "name": "stuck-sender",
            "cause": "channel-cascade",
            "tier": "default",
            "severity": "high",
            "confidence": 0.9,
            "path": PATH,
            "line": 6,
            "column": 3,
            "end_line": 6,
            "end_column": 15,
            "function": "notify",
            "message": LEAK.message,
            "related": [
                {
                    "path": PATH,
                    "line": 11,
                    "column": 2,
                    "end_line": 11,
                    "end_column": 20,
                    "message": "the case that leaves",
                }
            ],
            "fix": {
                "message": "give the channel a place for one element",
                "safe": True,
                "edits": [
                    {"line": 4, "column": 23, "end_line": 4, "end_column": 23, "text": ", 1"}
                ],
            },
        }
    ]


def test_json_has_what_was_left_out_and_what_could_not_be_read() -> None:
    found = told(replace(LEAK, fix=None), advice=3)
    told_ = document(replace(found, report=replace(found.report, problems=(PROBLEM,))))
    assert told_["problems"] == [{"path": "billing/bad.go", "line": 3, "message": PROBLEM.message}]
    assert told_["counts"]["advice"] == 3
    assert told_["findings"][0]["fix"] is None
    assert {"baseline", "dumps"}.isdisjoint(told_)
    assert "waiting" not in told_["findings"][0]


def test_json_has_the_baseline_and_the_dump_if_there_are() -> None:
    gone = {Known("a.go", "SN901", "f", "x <- y"): 2}
    dump = Dump("now.txt", (), ("line 3: cut off",))
    found = told(LEAK, SPAWN, known=4, gone=gone, joined=by({LEAK: WAITING}, 5), dumps=(dump,))
    told_ = document(found)
    assert told_["baseline"] == {
        "known": 4,
        "gone": [{"path": "a.go", "rule": "SN901", "function": "f", "code": "x <- y", "count": 2}],
    }
    assert told_["dumps"] == [
        {"source": "now.txt", "tasks": 0, "looked_at": 5, "warnings": ["line 3: cut off"]}
    ]
    assert [each["waiting"] and each["waiting"]["total"] for each in told_["findings"]] == [
        4815,
        None,
    ]
    assert told_["findings"][0]["waiting"]["lines"] == [{"line": 6, "count": 4812}]


def test_sarif_has_a_result_at_its_place_with_the_others_and_the_fix() -> None:
    (result,) = run_of(told(LEAK))["results"]
    assert (result["ruleId"], result["level"], result["rank"]) == ("SN901", "error", 90)
    (place,) = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": PATH, "uriBaseId": "SRCROOT"},
        "region": {"startLine": 6, "startColumn": 3, "endLine": 6, "endColumn": 15},
    }
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "notify"
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == "the case that leaves"
    assert related["physicalLocation"]["region"]["startLine"] == 11
    (fix,) = result["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 4, "startColumn": 23, "endLine": 4, "endColumn": 23},
            "insertedContent": {"text": ", 1"},
        }
    ]
    assert "baselineState" not in result


def test_sarif_has_each_rule_that_occurs_with_its_page() -> None:
    run = run_of(told(LEAK, SPAWN, replace(LEAK, span=Span(9, 1, 9, 2)), _unused()))
    rules = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == ["SN901", "SN902", UNUSED]
    assert [each["ruleIndex"] for each in run["results"]] == [0, 1, 0, 2]
    assert [each["defaultConfiguration"]["level"] for each in rules] == ["error", "warning", "note"]
    assert rules[0]["shortDescription"]["text"] == "A sender waits for a receiver that has left."
    assert [each["helpUri"].partition("/en/latest/reference/")[2] for each in rules] == [
        "lint/SN901.html",
        "lint/SN902.html",
        f"lint.html#{UNUSED}",
    ]
    assert rules[0]["help"]["markdown"] == RULES["SN901"].__doc__.strip()
    assert rules[0]["fullDescription"]["text"] == "It stays for ever."
    assert rules[0]["properties"]["tags"] == ["channel-cascade", "concurrency"]
    assert [each["properties"]["precision"] for each in rules] == ["high", "medium", "high"]


def _unused() -> Finding:
    return replace(SPAWN, rule=UNUSED, message="unused", fix=None)


def test_a_fingerprint_stays_when_lines_move_and_differs_for_what_differs() -> None:
    def prints(found: Outcome) -> list[str]:
        results = run_of(found)["results"]
        return [each["partialFingerprints"]["primaryLocationLineHash"] for each in results]

    moved = replace(LEAK, span=Span(8, 5, 8, 17), message="the select on line 10")
    texts = Texts({PATH: b"// one\n\n" + GO.replace(b"\t\tch", b"    ch")})
    assert prints(told(LEAK)) == prints(replace(told(moved), texts=texts))
    twice = replace(LEAK, span=Span(6, 6, 6, 15))
    others = [replace(LEAK, function="other"), replace(LEAK, rule="SN902"), twice]
    first, function, rule, second = prints(told(LEAK, *others))
    # What is alike, in one line, is told apart by its number only.
    alike = {each.partition(":")[0] for each in (first, second)}
    assert len(alike) == 1
    assert first != second
    assert len({first.partition(":")[0], function.partition(":")[0], rule.partition(":")[0]}) == 3


def test_sarif_has_the_baseline_the_dump_and_the_problems() -> None:
    gone = {Known("a.go", "SN901", "f", "x"): 1}
    dump = Dump("now.txt", (), ("cut off",))
    found = told(LEAK, known=4, gone=gone, joined=by({LEAK: WAITING}, 5), dumps=(dump,))
    run = run_of(
        replace(found, report=replace(found.report, problems=(PROBLEM, Problem("b", "x"))))
    )
    (result,) = run["results"]
    assert result["baselineState"] == "new"
    assert result["properties"]["waiting"]["here"] == 4812
    assert result["message"]["text"].splitlines()[0] == (
        "4,812 goroutines are waiting on this line now (chan send)."
    )
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [(each["level"], each["message"]["text"]) for each in notes] == [
        ("warning", PROBLEM.message),
        ("warning", "x"),
        ("warning", "now.txt: cut off"),
        ("note", "4 findings in the baseline left out."),
        ("note", "SN901 in a.go is gone."),
    ]
    place = notes[0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == (
        "billing/bad.go",
        {"startLine": 3},
    )


def test_sarif_has_no_more_than_is_shown() -> None:
    many = [replace(LEAK, message=str(number)) for number in range(RESULTS_AT_MOST + 2)]
    run = run_of(told(*many))
    assert len(run["results"]) == RESULTS_AT_MOST
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "2 more findings left out."


def test_an_annotation_of_github_is_a_line_with_its_escapes() -> None:
    odd = replace(LEAK, path="a,b:c%.go", message="100%\r\nof it")
    assert github(told(odd)) == (
        "::error file=a%2Cb%3Ac%25.go,line=6,endLine=6,col=3,endColumn=15,"
        "title=SN901 stuck-sender::100%25\\r\\nof it%0A"
        "billing/notify.go:11: the case that leaves%0A"
        "fix: give the channel a place for one element\n"
    )


def test_an_annotation_of_several_lines_has_no_columns_and_one_below_a_folder_is_found() -> None:
    long = replace(SPAWN, span=Span(1, 1, 3, 4), fix=None)
    line = github(told(long, joined=by({long: WAITING})), below="services/shop")
    assert line.startswith(
        "::warning file=services/shop/shop/app.py,line=1,endLine=3,title=SN902 task-in-handler::"
        "4,812 tasks are waiting at line 6 now (chan send)%0A"
    )
    absolute = github(told(replace(long, path="/srv/app.py")), below="services")
    assert "file=/srv/app.py," in absolute


def test_gitlab_gets_a_list_with_fingerprints() -> None:
    first, second = gitlab(told(LEAK, SPAWN, joined=by({LEAK: WAITING})))
    assert first.pop("fingerprint") != second["fingerprint"]
    assert first == {
        "description": f"SN901 stuck-sender: {LEAK.message}; "
        "4,812 goroutines are waiting on this line now (chan send)",
        "check_name": "SN901",
        "severity": "critical",
        "location": {"path": PATH, "lines": {"begin": 6, "end": 6}},
    }


texts = st.text(max_size=20)
spans = st.builds(Span, *[st.integers(1, 10**6)] * 4)
findings = st.builds(
    Finding,
    st.sampled_from(["SN901", "SN902", UNUSED, "SN999"]),
    st.sampled_from([PATH, OTHER]) | texts.filter(lambda text: "\0" not in text),
    spans,
    texts,
    function=texts,
    related=st.lists(st.builds(Related, texts, spans, texts), max_size=2).map(tuple),
    fix=st.none() | st.builds(Fix, texts, st.just(())),
)


@given(st.lists(findings, max_size=4, unique=True), st.lists(texts, max_size=2))
def test_whatever_is_found_is_valid(found: list[Finding], problems: list[str]) -> None:
    lines = tuple(Problem(each, each) for each in problems)
    outcome = Outcome(tuple(found), report(*found, problems=lines), TEXTS)
    run_of(outcome)
    json.dumps(document(outcome))
    assert len(gitlab(outcome)) == len(found)
    assert len(github(outcome).split("\n")) == len(found) + 1
