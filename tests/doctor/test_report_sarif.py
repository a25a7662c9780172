"""SARIF: valid by the schema, and what code scanning asks for beyond it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _sarif import valid_run
from doctor._dumps import of_file
from doctor._findings import LEAK, NIL, diagnosis
from snowshed.doctor import Diagnosis, compare, diagnose, document, leave_out, parse_ignore, sarif
from snowshed.formats.sarif import RESULTS_AT_MOST
from snowshed.model import Finding, Frame, RequestsOver, RequestTasks, Severity

pytestmark = pytest.mark.house


def run_of(found: Diagnosis, root: Path | None = None) -> dict[str, Any]:
    """Return the only run of the report, which is valid as it has gone through a file."""
    return valid_run(sarif(found, version="1.2.3", root=root and str(root)))


def uri(file: str, root: Path | None = None, function: str = "main.f") -> tuple[str, str | None]:
    run = run_of(diagnosis(replace(NIL, at=Frame(function, file, 7), created_by=None)), root)
    place = run["results"][0]["locations"][0]["physicalLocation"]
    return place["artifactLocation"]["uri"], place["artifactLocation"].get("uriBaseId")


def test_each_finding_is_a_result_at_its_line() -> None:
    result = run_of(diagnosis(LEAK))["results"][0]
    assert (result["ruleId"], result["level"], result["rank"]) == ("abandoned-sender", "error", 93)
    assert result["message"]["text"].splitlines() == [
        "4,812 goroutines in 'chan send': abandoned-sender, high.",
        f"Seen: {LEAK.evidence[0]}; created at billing/notify.go:71 billing.bill.",
        "Why: whoever should receive has returned early.",
        "Against: a receiver that is slow looks the same in a single look.",
        f"Do: {LEAK.advice}.",
    ]
    (place,) = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "billing/notify.go", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 88},
    }
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "billing.notify"
    told = [(each["id"], each["message"]["text"]) for each in result["relatedLocations"]]
    assert told == [(1, "they are created here"), (2, "the receiver returns here")]
    assert result["properties"]["count"] == 4812


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.HIGH, "error"), (Severity.MEDIUM, "warning"), (Severity.LOW, "note")],
)
def test_the_level_is_the_severity(severity: Severity, level: str) -> None:
    assert run_of(diagnosis(replace(LEAK, severity=severity)))["results"][0]["level"] == level


def test_each_detail_that_occurs_is_a_rule_with_help() -> None:
    run = run_of(diagnosis(LEAK, NIL, LEAK))
    rules = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == ["abandoned-sender", "nil-channel"]
    assert [each["ruleIndex"] for each in run["results"]] == [0, 1, 0]
    for rule in rules:
        # Without these GitHub refuses the file, or shows an alert that says nothing.
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["fullDescription"]["text"].endswith(".")
        assert "In Go: " in rule["help"]["text"]
        assert "**Looks for:**" in rule["help"]["markdown"]
        assert len(rule["properties"]["tags"]) <= 20


def test_a_detail_that_is_not_known_here_is_told_as_it_is() -> None:
    (rule,) = run_of(diagnosis(replace(LEAK, detail="of-later")))["tool"]["driver"]["rules"]
    assert (rule["id"], rule["help"]["text"]) == ("of-later", LEAK.advice)


def test_a_fingerprint_stays_when_lines_move_and_differs_for_what_differs() -> None:
    def prints(*findings: Finding) -> list[str]:
        results = run_of(diagnosis(*findings))["results"]
        return [each["partialFingerprints"]["primaryLocationLineHash"] for each in results]

    moved = replace(
        LEAK, at=replace(LEAK.at, line=300), count=1, created_by=Frame("billing.bill", "x", 2)
    )
    assert prints(LEAK) == prints(moved)
    other = replace(LEAK, at=replace(LEAK.at, function="billing.other"))
    second = replace(LEAK, at=replace(LEAK.at, line=100))
    assert len({*prints(LEAK, NIL, other, second)}) == 4
    assert prints(second, LEAK) == prints(LEAK, second)[::-1]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("./states.go", ("states.go", "SRCROOT")),
        ("shop/a b#?%.go", ("shop/a%20b%23%3F%25.go", "SRCROOT")),
        ("/srv/shop/main.go", ("file:///srv/shop/main.go", None)),
        ("C:\\shop\\main.py", ("file:///C:/shop/main.py", None)),
        ("<frozen runpy>", ("%3Cfrozen%20runpy%3E", "SRCROOT")),
        ("a:b.go", ("a%3Ab.go", "SRCROOT")),
        ("\ud800.go", ("%3F.go", "SRCROOT")),
    ],
)
def test_a_file_is_a_uri(file: str, expected: tuple[str, str | None]) -> None:
    assert uri(file) == expected


@pytest.mark.parametrize(
    "file",
    ["/build/17/shop/cart/add.go", "example.com/shop/cart/add.go", "cart/add.go", "./cart/add.go"],
)
def test_a_file_of_the_project_is_found_wherever_it_was_built(file: str, tmp_path: Path) -> None:
    (tmp_path / "cart").mkdir()
    (tmp_path / "cart" / "add.go").touch()
    (tmp_path / "add.go").touch()
    assert uri(file, tmp_path) == ("cart/add.go", "SRCROOT")


@pytest.mark.parametrize(
    "file",
    [
        "/go/pkg/mod/example.com/lib@v1.2.3/add.go",
        "/venv/lib/python3.12/site-packages/lib/add.py",
        "/build/other.go",
        "/build/../add.go",
        "/" + "x" * 5000 + "/add.go",
        "/x\0/add.go",
    ],
)
def test_what_is_not_of_the_project_stays_where_it_is(file: str, tmp_path: Path) -> None:
    (tmp_path / "add.go").touch()
    (tmp_path / "add.py").touch()
    assert uri(file, tmp_path)[0].startswith("file:///")


def test_a_finding_without_a_file_is_shown_where_its_makers_are() -> None:
    nowhere = replace(LEAK, at=Frame("not begun", "", 0))
    run = run_of(diagnosis(nowhere, replace(nowhere, created_by=None, related=())))
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert places[0]["artifactLocation"]["uri"] == "billing/notify.go"
    assert places[1]["artifactLocation"]["uri"] == "unknown"
    assert places[1]["region"] == {"startLine": 1}


def test_a_finding_in_a_library_is_shown_where_the_program_made_it() -> None:
    inside = replace(LEAK, at=Frame("net/http.(*persistConn).readLoop", "/go/src/net/http/t.go", 7))
    run = run_of(diagnosis(inside, replace(inside, created_by=None, related=())))
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    uris = [each["artifactLocation"]["uri"] for each in places]
    assert uris == ["billing/notify.go", "file:///go/src/net/http/t.go"]


def test_what_is_left_out_or_could_not_be_read_is_a_notification() -> None:
    many = [replace(LEAK, at=replace(LEAK.at, line=line)) for line in range(RESULTS_AT_MOST + 2)]
    found = leave_out(
        replace(diagnosis(*many, NIL), warnings=("cut off",)), [parse_ignore("nil-channel")]
    )
    run = run_of(found)
    assert len(run["results"]) == RESULTS_AT_MOST
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [(each["level"], each["message"]["text"]) for each in notes] == [
        ("warning", "cut off"),
        ("warning", "2 more findings left out, the least severe."),
        ("note", "1 finding ignored by nil-channel."),
    ]


def test_requests_that_hold_too_much_are_a_notification() -> None:
    worst = RequestTasks(1204, 612, Frame("main.bill", "bill.go", 71))
    run = run_of(replace(diagnosis(), requests=RequestsOver(50, 40, 4, (worst,))))
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("4 requests hold more than 50 goroutines each; ")


def test_tasks_of_python_are_called_so() -> None:
    finding = replace(LEAK, at=Frame("notify", "/srv/shop/main.py", 88))
    text = run_of(diagnosis(finding))["results"][0]["message"]["text"]
    assert text.startswith("4,812 tasks in 'chan send'")


def test_how_a_result_stands_to_the_baseline() -> None:
    gone = replace(LEAK, detail="lock-order")
    before = diagnosis(LEAK, gone, replace(NIL, count=1, severity=Severity.LOW))
    old = json.dumps({"schema": 1, **document(before)}).encode()
    now = diagnosis(LEAK, replace(NIL, count=50), replace(LEAK, detail="double-lock"))
    run = run_of(compare(now, "old.json", old))
    assert [each["baselineState"] for each in run["results"]] == ["unchanged", "updated", "new"]
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [each["message"]["text"] for each in notes] == ["lock-order in billing.notify is gone."]


def test_names_make_no_links_and_command_no_terminal() -> None:
    evil = "main.F[x](https://evil.example)\x1b[2J"
    found = diagnosis(replace(LEAK, at=replace(LEAK.at, function=evil), evidence=(evil,)))
    told = json.dumps(run_of(found)["results"][0]["message"])
    assert "](" not in told
    assert "\\u001b" not in told


def test_a_real_dump_and_an_empty_one_are_valid() -> None:
    run = run_of(diagnose([of_file("leak2.txt")]))
    assert len(run["results"]) == 4
    empty = run_of(Diagnosis(0, ()))
    assert (empty["results"], empty["tool"]["driver"]["rules"]) == ([], [])


texts = st.text(max_size=30)
frames = st.builds(Frame, texts, texts, st.integers(-5, 2**40))
findings = st.builds(
    replace,
    st.sampled_from([LEAK, NIL]),
    at=frames,
    created_by=st.none() | frames,
    state=texts,
    why=texts,
    advice=texts,
    evidence=st.lists(texts, max_size=3).map(tuple),
)


@given(st.lists(findings, max_size=5), st.lists(texts, max_size=2))
def test_whatever_is_found_is_valid(found: list[Finding], warnings: list[str]) -> None:
    run_of(Diagnosis(3, tuple(found), tuple(warnings)))
