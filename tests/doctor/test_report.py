from __future__ import annotations

import json

from doctor._dumps import goroutine, look, of_file
from snowshed.doctor import diagnose, document, text
from snowshed.doctor._diagnose import Diagnosis
from snowshed.model import Cause, Finding, Frame, Related, Severity

LEAK = Finding(
    Cause.CHANNEL_CASCADE,
    "abandoned-sender",
    Severity.HIGH,
    0.93,
    4812,
    "chan send",
    Frame("billing.notify", "billing/notify.go", 88),
    Frame("billing.bill", "billing/notify.go", 71),
    evidence=("1,000 -> 4,812 in 375 s, +610 a minute",),
    against=("a receiver that is slow looks the same in a single look",),
    why="whoever should receive has returned early",
    advice="give the channel a buffer for every value that is sent, "
    "or send in a select that also waits for ctx.Done()",
    related=(Related(Frame("billing.wait", "billing/notify.go", 30), "the receiver returns here"),),
    goroutines=(17, 18),
)


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
        "\n"
        "5,000 goroutines, 1 finding\n"
    )


def test_a_patient_that_is_well_is_told_in_one_line() -> None:
    assert text(Diagnosis(12, ())) == "12 goroutines, nothing wrong\n"


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
    }


def test_who_made_them_may_not_be_known() -> None:
    for each in document(diagnose([of_file("leak.pb.gz")]))["findings"]:
        assert each["created_by"] is None
