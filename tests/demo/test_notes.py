from __future__ import annotations

from snowshed.demo._notes import logged_peak, read_notes

LINE = (
    'request over budget request="GET /report" route=/report budget=50 peak=50 spawned=500 '
    'refused=450 ended="" sites="/srv/my shop.py:198 report.\\"x\\" x50"'
)


def test_a_report_is_found_and_taken_apart_wherever_it_stands_in_a_line() -> None:
    printed = ["INFO: started", f"2026-01-01 WARNING snowshed.request: {LINE}", "bye"]
    [note] = read_notes(printed)
    assert note["request"] == "GET /report"
    assert note["refused"] == "450"
    assert note["ended"] == ""
    assert note["sites"] == '/srv/my shop.py:198 report."x" x50'


def test_the_peak_is_the_greatest_of_all_reports() -> None:
    assert logged_peak([LINE, LINE.replace("peak=50", "peak=49"), "peak=900"]) == 50
    assert logged_peak(["INFO: started"]) is None


def test_a_line_that_was_cut_off_gives_what_it_still_says() -> None:
    assert logged_peak([LINE[: LINE.index("spawned") + 20] + ' sites="/srv/my']) == 50
