from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from doctor._dumps import goroutine, look, of_file
from doctor._findings import LEAK, NIL, diagnosis
from snowshed.doctor import Diagnosis, compare, diagnose, document, leave_out, parse_ignore, text
from snowshed.model import Frame, RequestsOver, RequestTasks, Severity

GONE, NEW = (replace(LEAK, detail=detail) for detail in ("lock-order", "double-lock"))

WHO = "4,812 goroutines in 'chan send' at billing/notify.go:88 billing.notify"
WHO_ELSE = "3 goroutines in 'chan send' at /srv/shop/run.go:5 main.(*Server).run[...]"


def test_text_says_what_was_seen_what_is_against_it_and_what_to_do() -> None:
    assert text(Diagnosis(5000, (LEAK,))) == (
        "abandoned-sender  high  4,812 goroutines in 'chan send' "
        "at billing/notify.go:88 billing.notify\n"
        "  cause    channel-cascade, 93% sure\n"
        "  seen     1,000 -> 4,812 in 375 s, +610 a minute\n"
        "           created at billing/notify.go:71 billing.bill\n"
        "  why      whoever should receive has returned early\n"
        "  against  a receiver that is slow looks the same in a single look\n"
        "  see also the receiver returns here: billing/notify.go:30 billing.wait\n"
        "  do       give the channel a buffer for every value that is sent, "
        "or send in a select that also\n"
        "           waits for ctx.Done()\n"
        "  silence  --ignore abandoned-sender=billing.notify\n"
        "\n"
        "5,000 goroutines, 1 finding\n"
    )


def test_a_patient_that_is_well_is_told_in_one_line() -> None:
    assert text(Diagnosis(12, ())) == "12 goroutines, nothing wrong\n"


def test_what_silences_a_finding_can_be_copied_into_a_shell() -> None:
    told = text(diagnosis(NIL))
    assert "  silence  --ignore 'nil-channel=main.(*Server).run[...]'\n" in told


def test_what_is_ignored_is_counted_and_said() -> None:
    left = leave_out(diagnosis(), [parse_ignore("nil-channel=main.*")])
    assert text(left).endswith("5,000 goroutines, 1 finding, 1 ignored by nil-channel=main.*\n")
    assert document(left)["ignored"] == {"nil-channel=main.*": 1}


def test_beside_a_baseline_what_is_known_takes_one_line() -> None:
    before = diagnosis(
        replace(LEAK, severity=Severity.LOW, count=4000), replace(NIL, count=1), GONE
    )
    old = json.dumps({"schema": 1, **document(before)}).encode()
    now = compare(diagnosis(LEAK, NIL, NEW), "old.json", old)
    told = text(now).splitlines()
    assert told[0].startswith("abandoned-sender  high  worse  4,812 goroutines in 'chan send'")
    assert told[2:4] == ["  seen     low in the baseline", "           4,000 in the baseline"]
    assert [each for each in told if each.startswith("double-lock")] == [
        f"double-lock  high  new  {WHO}"
    ]
    assert told[-4:] == [
        f"known  nil-channel  low  {WHO_ELSE}",
        "gone   lock-order  high  4,812 goroutines at billing/notify.go:88 billing.notify",
        "",
        "5,000 goroutines, 3 findings, 1 known, 1 new, 1 worse, 1 gone",
    ]


def test_programs_get_how_each_stands_to_the_baseline() -> None:
    old = json.dumps({"schema": 1, **document(diagnosis(LEAK, GONE))}).encode()
    found = document(compare(diagnosis(LEAK, NEW), "old.json", old))
    assert [each["baseline"] for each in found["findings"]] == ["known", "new"]
    assert found["baseline"] == {
        "known": 1,
        "new": 1,
        "worse": 0,
        "gone": [
            {
                "detail": "lock-order",
                "severity": "high",
                "count": 4812,
                "function": "billing.notify",
                "file": "billing/notify.go",
                "line": 88,
                "created_by": {"function": "billing.bill"},
            }
        ],
    }


def test_after_a_hundred_findings_the_others_are_counted() -> None:
    many = [replace(LEAK, at=replace(LEAK.at, line=line)) for line in range(1003)]
    told = text(diagnosis(*many))
    assert told.count("  silence") == 100
    assert "\nand 903 more findings; --format json has them all\n" in told
    assert len(document(diagnosis(*many))["findings"]) == 1003


def test_what_most_do_is_told_also_if_nothing_speaks_against_it() -> None:
    workers = [goroutine(number, "select", "main.work:5") for number in range(2, 202)]
    main = goroutine(1, "select", "main.main:9", created="")
    most, summary = text(diagnose([look(main, *workers)])).split("\n\n")
    assert most.startswith("most are 200 goroutines in 'select' at /srv/shop/main.go:5 main.work:")
    assert summary == "201 goroutines, nothing wrong\n"
    stuck = [goroutine(number, "chan send", "main.notify:5") for number in range(2, 202)]
    assert "most are" not in text(diagnose([look(main, *stuck)]))
    assert "most are" not in text(diagnose([look(main, *workers[:50])]))


def test_names_do_not_steer_the_terminal() -> None:
    evil = look(goroutine(2, "chan send", "main.\x1bcnotify:5", created="main.\x1b]0;x"))
    assert "\x1b" not in text(diagnose([evil]))
    assert "main.\\x1bcnotify" in text(diagnose([evil]))


def test_programs_get_each_field_under_a_name_that_stays() -> None:
    found = json.loads(json.dumps(document(Diagnosis(5000, (LEAK,), ("cut off",)))))
    assert found == {
        "total": 5000,
        "findings": [
            {
                "cause": "channel-cascade",
                "detail": "abandoned-sender",
                "severity": "high",
                "confidence": 0.93,
                "count": 4812,
                "state": "chan send",
                "function": "billing.notify",
                "file": "billing/notify.go",
                "line": 88,
                "created_by": {
                    "function": "billing.bill",
                    "file": "billing/notify.go",
                    "line": 71,
                },
                "related": [
                    {
                        "file": "billing/notify.go",
                        "line": 30,
                        "message": "the receiver returns here",
                    }
                ],
                "evidence": ["1,000 -> 4,812 in 375 s, +610 a minute"],
                "against": ["a receiver that is slow looks the same in a single look"],
                "why": "whoever should receive has returned early",
                "advice": LEAK.advice,
                "goroutines": [17, 18],
            }
        ],
        "warnings": ["cut off"],
        "ignored": {},
        "requests": None,
    }


def test_who_made_them_may_not_be_known() -> None:
    for each in document(diagnose([of_file("leak.pb.gz")]))["findings"]:
        assert each["created_by"] is None


def over(count: int, *, gone: bool = False) -> Diagnosis:
    worst = RequestTasks(4711, 812, Frame("shop.(*API).search", "/srv/shop/search.go", 71), gone)
    return Diagnosis(5000, (), requests=RequestsOver(50, 90, count, (worst,) if count else ()))


def test_requests_that_hold_too_much_come_first() -> None:
    assert text(over(12)) == (
        "12 requests hold more than 50 goroutines each; the worst is goroutine 4711 "
        "(shop.(*API).search,\nsearch.go:71): 812\n"
        "\n"
        "5,000 goroutines, nothing wrong\n"
    )
    assert text(over(1, gone=True)).startswith(
        "1 request holds more than 50 goroutines: goroutine 4711 "
        "(shop.(*API).search, search.go:71), which\nhas ended: 812\n"
    )
    assert text(over(0)) == "5,000 goroutines, nothing wrong\n"


def test_programs_get_the_requests_too() -> None:
    assert document(over(12, gone=True))["requests"] == {
        "budget": 50,
        "seen": 90,
        "over": 12,
        "worst": [
            {
                "goroutine": 4711,
                "request": "",
                "count": 812,
                "ended": True,
                "function": "shop.(*API).search",
                "file": "/srv/shop/search.go",
                "line": 71,
            }
        ],
    }
    assert document(Diagnosis(5, ()))["requests"] is None


def test_the_headline_does_not_steer_the_terminal() -> None:
    worst = RequestTasks(4, 812, Frame("main.\x1bc", "a\x1b[2J/b\x1b[1m.go", 71))
    assert "\x1b" not in text(Diagnosis(5, (), requests=RequestsOver(50, 1, 1, (worst,))))


@pytest.mark.house
def test_each_field_of_the_json_is_on_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "doctor.md").read_text()
    told = page.partition("\n## JSON\n")[2].partition("\n## ")[0]
    worst = RequestTasks(1204, 612, Frame("main.bill", "bill.go", 71))
    found = replace(diagnosis(LEAK, NIL), requests=RequestsOver(50, 40, 4, (worst,)))
    old = json.dumps({"schema": 1, **document(diagnosis(LEAK, GONE))}).encode()
    content = document(compare(found, "old.json", old))
    missing = [name for name in names_in(content) if f"`{name}`" not in told]
    assert missing == []


def names_in(content: object) -> set[str]:
    if isinstance(content, list):
        return {name for each in content for name in names_in(each)}
    if not isinstance(content, dict):
        return set()
    return {*content, *(name for each in content.values() for name in names_in(each))}
